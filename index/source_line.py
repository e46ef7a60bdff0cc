"""Reads lines that name where and when an article appeared, such as "Von Anna Berg, Elbblatt, 3. Mai 2024"."""

import re
from dataclasses import dataclass

from index.dates import split_at_dates, written_day


@dataclass(frozen=True, slots=True)
class Source:
    """Where and when an article appeared."""

    publisher: str
    date: str  # YYYY-MM-DD
    is_labelled: bool  # "Quelle: …"


def source_line(line: str) -> Source | None:
    """Outlet and date of a line that says nothing besides but names and pages.

    The outlet has to be known, or be called what newspapers and stations are called; after a label any name will do.
    "Neustadt, 3. Mai 2024" is therefore none: whether that is a place, an author or an outlet cannot be told.
    """
    date, pieces = split_at_dates(line)
    if date is None:
        return None
    rest = "|".join(pieces)
    label = _LABEL.match(rest)
    if label:
        rest = rest[label.end() :]
    parts = [stripped for part in _SEPARATOR.split(rest) if (stripped := part.strip(" :–—-"))]
    names = [_BEFORE_OUTLET.sub("", part, count=1) for part in parts]
    outlets = [name for name in names if _is_outlet(name)]
    if label and not outlets and parts and _NAME.fullmatch(parts[0]):
        outlets = parts[:1]
    if not outlets:
        return None
    if not all(name in outlets or _BESIDE_OUTLET.fullmatch(part) for name, part in zip(names, parts, strict=True)):
        return None
    papers = [name for name in outlets if name.casefold() not in _AGENCIES]  # "dpa" may stand there for the author
    return Source((papers or outlets)[0], date, label is not None)


def source_in_two_lines(first: str, second: str) -> Source | None:
    """Outlet and date of two lines of which one says nothing but an outlet, the other nothing but a day.

    The outlet has to be called what hardly anything else is: "Freitag" or "Regionalnachrichten" above a day is none.
    """
    for outlet, day in ((first, second), (second, first)):
        if _is_surely_outlet(outlet) and (date := written_day(day)):
            return Source(outlet, date, is_labelled=False)
    return None


def is_dated_name(line: str) -> bool:
    """Whether a line is nothing but one to three names and a date after them, as in "Von Anna Berg, 3. Mai 2024"."""
    _, pieces = split_at_dates(line)
    return len(pieces) == 2 and not pieces[1] and _NAMES_BEFORE_DATE.fullmatch(pieces[0]) is not None


def _listed(names: str) -> list[str]:
    return re.split(r",\s*", names)


def _names(*links: str) -> str:
    """A pattern of one to five capitalised words, with or without one of the links between them."""
    word = r"[A-ZÄÖÜ][\w&.'’-]*"
    return rf"{word}(?: (?:(?:{'|'.join(links)}) )?{word}){{0,4}}"


_LONGEST_OUTLET = 60
_LABEL = re.compile(r"(?:quelle|medium|zeitung|publisher|source|erschienen in|in) ?: ?", re.IGNORECASE)
_SEPARATOR = re.compile(r"[,;|·•()\[\]/]| [–—-] ")
_BEFORE_OUTLET = re.compile(r"^(?:erschienen )?(?:von|aus|in|im)(?: der| dem)? ", re.IGNORECASE)
_NAME = re.compile(_names("und", "von", "van", "de", "zu", "am", "an der", "ob der"))
_NAMES_BEFORE_DATE = re.compile(rf"(?:Von |Text: )?{_NAME.pattern}(?:, {_NAME.pattern}){{0,2}}(?:,| \|| ·| [–—-]) ")
# The author, a place or a section; the page; somebody's initials.
_BESIDE_OUTLET = re.compile(
    rf"(?:(?:[Vv]on|VON|By|BY|Text:|Autor:|Autorin:) (?:unserem |unserer )?)?{_NAME.pattern}"
    r"|(?i:(?:(?:seite|s\.|nr\.|ausgabe|heft|page|no\.) ?)?(?:\d{1,6}|ausgabe))"
    r"|[a-zäöü]{2,4}"
)

_AGENCIES = frozenset(_listed("dpa, dpa-afx, afp, ap, apa, reuters, epd, kna, sid, sda, keystone-sda, ddp, dts, tass"))
_OUTLETS = _AGENCIES.union(
    _listed(
        """ard, zdf, ndr, wdr, mdr, swr, rbb, br24, hessenschau, tagesschau, ntv, n-tv, rtl, arte, phoenix, dw,
        deutschlandfunk, deutsche welle, orf, srf, bbc, bbc news, cnn, euronews, bloomberg, t-online, heise,
        heise online, spiegel, spiegel online, stern, focus, focus online, zeit, zeit online, welt, welt am sonntag,
        bild, bild am sonntag, faz, f.a.z., fas, frankfurter allgemeine, süddeutsche, sz, taz, tageszeitung, fr,
        handelsblatt, tagesspiegel, rheinische post, rnd, redaktionsnetzwerk deutschland, correctiv, freitag, nd,
        neues deutschland, junge welt, jungle world, cicero, capital, wirtschaftswoche, standard, presse, kurier,
        krone, falter, profil, nzz, blick, watson, 20 minuten, guardian, le monde, new york post, washington post"""
    )
)
_PRESS_WORDS = tuple(
    _listed(
        """blatt, zeitung, bote, kurier, courier, anzeiger, nachrichten, rundschau, presse, echo, merkur, journal,
        magazin, morgenpost, abendpost, tagespost, wochenpost, sonntagspost, rundfunk, radio, fernsehen, tribüne,
        volksfreund, stimme, allgemeine, depesche, telegramm, tagesspiegel, gazette, herald, tribune, times, news,
        online, presseagentur, nachrichtenagentur"""
    )
)
_NO_PRESS = re.compile(
    r"(?:.* )?(?:(?:flug|merk|daten|info|arbeits|bei|deck|klee|lebens|noten|kalender|titel|falt|säge|feigen)blatt"
    r"|(?:kurz|lokal|sport|todes|hiobs|lokale|kurze|letzte|neue|gute|schlechte|aktuelle|weitere|regionale) ?nachrichten"
    r"|\S*(?:ge|ver)bote|(?:post|paket)bote|(?:drogen|fahrrad|paket|geld)kurier|(?:schüler|abi|hochzeits)zeitung"
    r"|(?:press|sport)\S*rundschau"
    r"|druckerpresse|weinpresse|presseecho|medienecho|erststimme|zweitstimme)",
    re.IGNORECASE,
)
_OUTLET_NAME = re.compile(_names("am", "an der", "im", "und", "&"))
_DOMAIN = re.compile(r"(?:[\w-]{1,60}\.){1,3}(?:de|at|ch|li|lu|com|net|org|eu|info|news|tv|uk)", re.IGNORECASE)

# Outlets, and words for a day, a place, a section or a reading time; "Die Welt" is an outlet.
_ALSO_WORDS = frozenset(
    _listed(
        """20 minuten, bild, blick, capital, fas, fr, freitag, krone, kurier, phoenix, presse, profil, standard,
        tageszeitung, watson, welt, zeit"""
    )
)
_MAYBE_SECTION = re.compile(
    r"\S*(?:nachrichten|presse|echo|journal|magazin|rundfunk|radio|fernsehen|stimme|tribüne|depesche|telegramm|times"
    r"|news)"
    r"|.* (?:magazin|online|news)|(?:ein|mein|kein|unser) .*",
    re.IGNORECASE,
)


def _is_surely_outlet(name: str) -> bool:
    """Whether a name is that of an outlet even where nothing beside it says so."""
    if len(name) > _LONGEST_OUTLET or not _is_outlet(name):
        return False
    bare = _without_article(name)
    if bare.casefold() in _OUTLETS or _DOMAIN.fullmatch(name):
        return name.casefold() not in _ALSO_WORDS
    words = bare.casefold().split(" ")
    return (words[0].endswith(_PRESS_WORDS) or words[-1].endswith(_PRESS_WORDS)) and not _MAYBE_SECTION.fullmatch(bare)


def _is_outlet(name: str) -> bool:
    bare = _without_article(name)
    folded = bare.casefold()
    if folded in _OUTLETS or _DOMAIN.fullmatch(name):
        return True
    if folded in _PRESS_WORDS:  # "Nachrichten" alone is a section, or the beginning of anything
        return False
    is_press_name = any(word.endswith(_PRESS_WORDS) for word in folded.split(" "))
    return is_press_name and _OUTLET_NAME.fullmatch(bare) is not None and not _NO_PRESS.fullmatch(bare)


def _without_article(name: str) -> str:
    return re.sub(r"^(?:der|die|das|the) ", "", name, flags=re.IGNORECASE)
