import time
import unicodedata

import pytest

from index.cleaning import drop_clutter, is_clutter, normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ko\u0308ln", "Köln"),
        ("a\r\nb\rc\u2028d\u2029e\x85f\fg\vh", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("a \n \t \n\n  b  ", "a\n\nb"),
        ("\n\na\n\n", "a"),
        ("\ufeffBun\xaddes\u200btag\u2060", "Bundestag"),
        ("a\0b\x1bc\x7fd\x9be", "abcde"),
        ("a\ud800b", "ab"),
        ("\u202egeheim\u202c \u2066x\u2069", "geheim x"),
        ("a\U000e0041\U000e0042b", "ab"),
        ("30\xa0000\u202f€\tund\u3000mehr", "30 000 € und mehr"),
        ("zwei  Leerzeichen   bleiben", "zwei  Leerzeichen   bleiben"),
        ("links\u200erechts\u200f", "links\u200erechts\u200f"),
        ("Familie \U0001f469\u200d\U0001f467 und \u2764\ufe0f\u200d\U0001f525", None),
        ("Ver\u200dbinder \U0001f469\u200d weg", "Verbinder \U0001f469 weg"),
        ("x" + "\u0316" * 40 + "y", "x" + "\u0316" * 30 + "y"),
        ("", ""),
        (" \n\t", ""),
    ],
)
def test_normalise(text, expected):
    assert normalise(text) == (text if expected is None else expected)


@pytest.mark.parametrize(
    "text",
    [
        "a\u200d\u0308\u200b\n \n\u200b\n\nb",
        "\u0344" * 31 + "\ufe0f\u200d\U0001f469",
        "\U0001f469\u200d\u2329",
        "\U0001f469\u200d\u2192\u0338",
        "e" + "\u0301\u0327" * 40 + "\u200d\U0001f469",
        "a\xa0\n\u2003\n\x0b\n\u2028b",
        "\u1100\u200b\u1161\u11a8",
    ],
)
def test_normalise_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)


@pytest.mark.parametrize(
    "line",
    [
        "Lesen Sie auch: Neue Fähre für Rügen – Inselrat ist zufrieden >>",
        "Lesen sie auch",
        "Lesen Sie hier, wie der Hafen wuchs.",
        "Mehr zum Thema",
        "Mehr zum Thema: Der lange Weg zur Brücke",
        "Mehr Bilder vom Hafenfest finden Sie in unserer Galerie.",
        "Weitere Nachrichten aus Musterstadt lesen Sie auf unserer Themenseite",
        "Auch interessant: So wird der Garten winterfest",
        "Das könnte Sie auch interessieren:",
        "Zum Thema: Was die Reform bringt",
        "Weiterlesen",
        "→ Weiterlesen",
        "Anzeige",
        "- Anzeige -",
        "[Anzeige_2]",
        "WERBUNG",
        "Foto: Karla Muster/dpa",
        "(Foto: dpa)",
        "Bild: Stadtarchiv Musterstadt",
        "Bildrechte: dpa",
        "Foto: dpa.",
        "© 2025 Musterverlag",
        "Kommentar (0)",
        "Kommentare (17)",
        "12 Kommentare",
        "Teilen",
        "Teilen Drucken Merken",
        "Facebook | WhatsApp | E-Mail",
        "Newsletter abonnieren",
        "Jetzt unseren Newsletter bestellen",
        "Melden Sie sich hier für unseren kostenlosen Newsletter an.",
        "Jetzt abonnieren!",
        "Diese Website verwendet Cookies, um Inhalte anzuzeigen.",
        "Alle Cookies akzeptieren",
        "Quelle: https://beispiel.example/artikel-1.html",
        "https://beispiel.example/artikel-1.html",
        "<https://beispiel.example/a>",
        "Zur Startseite",
        "Startseite > Politik > Inland",
        "Artikel anhören",
        "Lesezeit: 3 Minuten",
        "4 Min. Lesezeit",
        "Ein Kran steht am alten Hafen (Archivbild).",
        "Ein Kran steht am alten Hafen. Foto: K. Muster",
        "Ein Kran steht am alten Hafen. (Foto: Muster/dpa)",
        "Ein Kran am alten Hafen (Symbolbild). AFP/Karla Muster",
    ],
)
def test_is_clutter_knows_leftovers_of_web_pages(line):
    assert is_clutter(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Anzeige erstattet hat der Mann noch am selben Abend.",
        "Foto und Video zeigen den Brand.",
        "Fotos: Das Museum zeigt erstmals Bilder aus dem Nachlass der Malerin.",
        "Werbung für Tabak wird verboten.",
        "Kommentare der Opposition kamen prompt.",
        "12 Kommentare gingen bei der Stadt ein.",
        "Zum Thema Rente sagte die Ministerin nichts.",
        "Mehr zum Thema erfuhr der Rat nicht.",
        "Mehr Bäume sehen Sie in unserer Stadt kaum. Das will der Rat ändern.",
        "Weitere Helfer finden sie in unseren Nachbarorten nicht, sagt er, und das Geld fehlt. Nun hilft der Kreis.",
        "Zum Thema: Die Ministerin wollte sich nicht äußern.",
        "Teilen wollte er den Gewinn nicht.",
        "Newsletter der Stadt erreichen 3000 Haushalte.",
        "Cookies schmecken im Advent besonders gut.",
        "Quelle: https://beispiel.example/a ist laut Gericht keine.",
        "Das Archivbild zeigt den Hafen im Jahr 1950.",
        "Der Mann (Symbolbild) wurde festgenommen, sagte die Polizei.",
        "„Lesen Sie auch das Kleingedruckte“, riet er.",
        "Die Lesezeit: Kinder im Wald",
        "Startseiten großer Medien fielen am Montag aus.",
        "Foto: " + "Ein langer Absatz ist keine Bildzeile " * 8,
    ],
)
def test_is_clutter_leaves_prose(line):
    assert not is_clutter(line)


def test_drop_clutter_removes_lines_and_keeps_paragraphs_apart():
    text = "Der Hafen wächst.\n\nLesen Sie auch: Neue Fähre >>\n\nAnzeige\n\nDer Rat stimmte zu.\nTeilen"
    assert drop_clutter(text) == "Der Hafen wächst.\n\nDer Rat stimmte zu."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ein Kran im Hafen.\nEin Kran im Hafen. KNA/Karla Muster\n\nDer Hafen wächst.", "Der Hafen wächst."),
        ("Ein Kran im Hafen\n\nEin Kran im Hafen\nDer Hafen wächst.", "Ein Kran im Hafen\n\nDer Hafen wächst."),
        ("Ja\nJa, AC/DC spielt", "Ja\nJa, AC/DC spielt"),
        ("Der Hafen wächst.\nDer Hafen wächst. Und die Stadt.", "Der Hafen wächst.\nDer Hafen wächst. Und die Stadt."),
    ],
)
def test_drop_clutter_and_captions_that_stand_there_twice(text, expected):
    assert drop_clutter(text) == expected


def test_drop_clutter_of_nothing_but_clutter_is_empty():
    assert drop_clutter("Anzeige\n\nTeilen") == ""
    assert drop_clutter("") == ""


@pytest.mark.parametrize("unit", [" ", "\n", "a: ", "\u0301\u0327", "\u200d", "newsletter ", "Foto: dpa\n", "teilen "])
def test_cleaning_time_grows_with_the_length_only(unit):
    start = time.perf_counter()
    drop_clutter(normalise(unit * 100_000 + "x"))
    assert time.perf_counter() - start < 2  # about 0.05 s; a quadratic step would take minutes
