import pytest

from index.dates import date_in_dateline, date_in_url, leading_date, split_at_dates, written_day, written_period


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2024-05-03T08:00:00Z", "2024-05-03"),
        ("Fr., 3.5.24, 8 Uhr", "2024-05-03"),
        ("3. Mai 2024 und 4. Mai 2024", "2024-05-03"),
        ("29 Feb. 2024", "2024-02-29"),
        ("3. Maı 2024", None),  # ı matches an i where case is ignored
        ("29. Februar 2023", None),
        ("1. Mai 1799", None),
        ("Stand: 3. Mai 2024", None),
        ("", None),
    ],
)
def test_leading_date(text, date):
    assert leading_date(text) == date


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("(Stand: Freitag, den 3. Mai 2024)", "2024-05-03"),
        ("3. Mai 2024 / 4. Mai 2024, 14:05 Uhr", "2024-05-03"),
        ("31. April 2024 | 4. Mai 2024", None),
        ("3. Mai 2024 | Neustadt", None),
        ("3. Mai", None),
        ("2024", None),
        (" | ".join(["3. Mai 2024"] * 9), None),
        ("", None),
    ],
)
def test_written_day(line, date):
    assert written_day(line) == date


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("3. Mai 2025", ("2025-05-03", "2025-05-03")),
        ("3.5.25", ("2025-05-03", "2025-05-03")),
        ("2025-05-03", ("2025-05-03", "2025-05-03")),
        ("Mai 2025", ("2025-05-01", "2025-05-31")),
        ("  mai\t 2025 ", ("2025-05-01", "2025-05-31")),
        ("May 2025", ("2025-05-01", "2025-05-31")),
        ("Sept. 2025", ("2025-09-01", "2025-09-30")),
        ("MÄRZ 2025", ("2025-03-01", "2025-03-31")),
        ("5/2025", ("2025-05-01", "2025-05-31")),
        ("05/2025", ("2025-05-01", "2025-05-31")),
        ("05.2025", ("2025-05-01", "2025-05-31")),
        ("12. 2025", ("2025-12-01", "2025-12-31")),
        ("2025-05", ("2025-05-01", "2025-05-31")),
        ("2025/5", ("2025-05-01", "2025-05-31")),
        ("Februar 2024", ("2024-02-01", "2024-02-29")),
        ("2-2023", ("2023-02-01", "2023-02-28")),
        ("2025", ("2025-01-01", "2025-12-31")),
        ("31. April 2025", None),
        ("13/2025", None),
        ("0/2025", None),
        ("Maı 2025", None),
        ("Maien 2025", None),
        ("Mai 25", None),
        ("5/25", None),
        ("Mai", None),
        ("1799", None),
        ("5 2025", None),
        ("52025", None),
        ("20255", None),
        ("Mai 2025 Neustadt", None),
        ("heute", None),
        (" ", None),
    ],
)
def test_written_period_is_first_and_last_day_of_a_day_a_month_or_a_year(text, period):
    assert written_period(text) == period


@pytest.mark.parametrize(
    ("line", "split"),
    [
        ("Neustadt, 3. Mai 2024", ("2024-05-03", ["Neustadt, ", ""])),
        ("Erschienen am 3.5.2024, 8:00 Uhr (Neustadt)", ("2024-05-03", ["", " (Neustadt)"])),
        ("Von 2024-05-03 bis 2024-05-04 in Bern", ("2024-05-03", ["Von ", " bis ", " in Bern"])),
        ("Neustadt, 31. Februar 2024", (None, ["Neustadt, ", ""])),
        ("Nr. 33. Mai 2024", (None, ["Nr. ", ""])),
        ("Seite 5", (None, ["Seite 5"])),
        ("Neustadt", (None, ["Neustadt"])),
        ("", (None, [""])),
        ("3. Mai 2024" + " und" * 28, (None, ["3. Mai 2024" + " und" * 28])),
    ],
)
def test_split_at_dates(line, split):
    assert split_at_dates(line) == split


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("Bern, Freitag, den 3. Mai 2024 (nha). – Der Rat tagt.", "2024-05-03"),
        ("Bern, 31. April 2024 – Der Rat tagt.", None),
        ("Bern, 3. Mai 2024. Der Rat tagt.", None),
        ("3. Mai 2024 – Der Rat tagt.", None),
    ],
)
def test_date_in_dateline(text, date):
    assert date_in_dateline(text) == date


@pytest.mark.parametrize(
    ("url", "date"),
    [
        ("https://elbblatt.example/2024-05-03_bau", "2024-05-03"),
        ("https://elbblatt.example/20241399/2024/05/03/", "2024-05-03"),
        ("https://elbblatt.example/2024/0503/", None),
        ("https://elbblatt.example/?2024-05-03", None),
    ],
)
def test_date_in_url(url, date):
    assert date_in_url(url) == date
