"""Reads dates in German, English or ISO spelling, all as YYYY-MM-DD; a day that does not exist is no date."""

import calendar
import datetime
import re

_LONGEST_LINE = 120  # a longer one is a paragraph


def leading_date(text: str) -> str | None:
    """The date that a text begins with."""
    found = _DAY.match(text)
    return _date_of(found) if found else None


def written_day(line: str) -> str | None:
    """The day of a line that says nothing but a day, with a label or a time; of several parts the first counts."""
    if len(line) > _LONGEST_LINE:
        return None
    days = [_DAY_IN_LINE.fullmatch(part.strip(" ()")) for part in re.split(r" [|·•] | / ", line)]
    first = days[0]
    return _date_of(first) if first and all(days) else None


def written_period(text: str) -> tuple[str, str] | None:
    """First and last day of what a person typed for a day, a month or a year: "3.5.2025", "Mai 2025", "2025"."""
    text = " ".join(text.split())
    if day := written_day(text):
        return day, day
    found = _MONTH_OR_YEAR.fullmatch(text)
    if not found:
        return None
    year, month = int(found["year"] or found["year2"]), found["name"] or found["number"] or found["number2"]
    first_month, last_month = (_month_number(month),) * 2 if month else (1, 12)
    first_day = _existing_date(year, first_month, 1)
    if first_day is None:
        return None
    last_day = datetime.date(year, last_month, calendar.monthrange(year, last_month)[1])
    return first_day, last_day.isoformat()


def split_at_dates(line: str) -> tuple[str | None, list[str]]:
    """The first date in a line, and the pieces before, between and after its dates; a paragraph stays in one piece.

    Spelled like a date is enough to split: at "31. Februar 2024" there are two pieces and no date.
    """
    if len(line) > _LONGEST_LINE or not any(map(str.isdigit, line)):
        return None, [line]
    days = list(_DAY_IN_LINE.finditer(line))
    starts = [0, *(day.end() for day in days)]
    ends = [*(day.start() for day in days), len(line)]
    pieces = [line[start:end] for start, end in zip(starts, ends, strict=True)]
    return _date_of(days[0]) if days else None, pieces


def date_in_dateline(text: str) -> str | None:
    """The date in a dateline that opens the text: "Bern, 3. Mai 2024 (nha) – Der Rat hat …"."""
    found = _DATELINE.match(text)
    return _date_of(found) if found else None


def date_in_url(url: str) -> str | None:
    """The first date in a path such as "/2024/05/03/" or "/20240503/"."""
    for found in _DATE_IN_PATH.finditer(url):
        if date := _existing_date(int(found[1]), int(found[3]), int(found[4])):
            return date
    return None


_MONTHS = {
    **dict.fromkeys(("januar", "jänner", "jan", "january"), 1),
    **dict.fromkeys(("februar", "feber", "feb", "february"), 2),
    **dict.fromkeys(("märz", "mär", "mrz", "march", "mar"), 3),
    **dict.fromkeys(("april", "apr"), 4),
    **dict.fromkeys(("mai", "may"), 5),
    **dict.fromkeys(("juni", "jun", "june"), 6),
    **dict.fromkeys(("juli", "jul", "july"), 7),
    **dict.fromkeys(("august", "aug"), 8),
    **dict.fromkeys(("september", "sept", "sep"), 9),
    **dict.fromkeys(("oktober", "okt", "october", "oct"), 10),
    **dict.fromkeys(("november", "nov"), 11),
    **dict.fromkeys(("dezember", "dez", "december", "dec"), 12),
}
_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_LABEL = (
    r"(?:(?:stand|datum|date|erstellt|update|(?:zuletzt )?aktualisiert|veröffentlicht|erschienen|publiziert|erstmals"
    r" veröffentlicht|artikel vom|vom|am)(?: am| vom)? ?:? )?"
)
_WRITTEN = (
    r"(?:(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|mo|di|mi|do|fr|sa|so)\.?,? )?"
    r"(?:den )?"
    r"(?:(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)"
    r"|(?P<day2>\d\d?)\. ?(?P<month2>\d\d?)\. ?(?P<year2>\d{4}|\d\d)(?!\d)"
    rf"|(?P<day3>\d\d?)\.? ?(?P<month3>{_MONTH}) (?P<year3>\d{{4}})"
    rf"|(?P<month4>{_MONTH}) (?P<day4>\d\d?), (?P<year4>\d{{4}}))"
)
_MONTH_OR_YEAR = re.compile(
    rf"(?:(?P<name>{_MONTH}) |(?P<number>\d\d?)(?: ?/ ?|\. ?|-))?(?P<year>\d{{4}})"
    r"|(?P<year2>\d{4})[-/](?P<number2>\d\d?)",
    re.IGNORECASE,
)
_TIME = r"(?:T|[ ,|–-]{1,4})?(?:um )?(?:\d\d?[:.]\d\d(?:[:.]\d\d)?(?:[+-]\d\d:\d\d|Z)?)?(?: uhr)?"
_DAY = re.compile(_WRITTEN, re.IGNORECASE)
_DAY_IN_LINE = re.compile(rf"(?<!\w){_LABEL}{_WRITTEN}{_TIME}(?!\w)", re.IGNORECASE)
_DATELINE = re.compile(rf"[a-zäöü][^.\n–—]{{2,40}}, {_WRITTEN} ?(?:\([^()\n]{{2,30}}\) ?)?\.? ?[–—-] ", re.IGNORECASE)
_DATE_IN_PATH = re.compile(r"/(\d{4})([/-]?)(\d\d)\2(\d\d)(?=[/_.-]|$)")


def _date_of(found: re.Match[str]) -> str | None:
    for suffix in ("", "2", "3", "4"):
        if year := found[f"year{suffix}"]:
            month = found[f"month{suffix}"]
            day = int(found[f"day{suffix}"])
            return _existing_date(int(year) + (2000 if len(year) == 2 else 0), _month_number(month), day)
    return None


def _month_number(month: str) -> int:
    return int(month) if month.isdigit() else _MONTHS.get(month.rstrip(".").casefold(), 0)  # "Maı"


def _existing_date(year: int, month: int, day: int) -> str | None:
    if not 1800 <= year <= 2200:
        return None
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None
