"""Reads what an article says about itself: title, publisher, date and address, from a header or its first lines."""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.cleaning import is_clutter, join_lines


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about an article, and the text that remains when that is taken out."""

    title: str | None
    publisher: str | None
    date: str | None  # YYYY-MM-DD
    url: str | None
    body: str
    date_source: str | None = None  # where the date stands: "header", "text", "dateline" or "address"


def read_metadata(text: str) -> Metadata:
    """The metadata of a normalised text: from a header of `Key: value` lines, else from lines at the top and the end.

    Only what stands there is taken: nothing is guessed from a domain, and a date that does not exist is no date.
    """
    return _from_header(text) or _from_lines(text)


# ---- a header ----

_IGNORED = ""
_KEYS = {
    **dict.fromkeys(("titel", "title", "überschrift", "headline"), "title"),
    **dict.fromkeys(("quelle", "medium", "zeitung", "publisher", "source", "herausgeber"), "publisher"),
    **dict.fromkeys(("datum", "date", "veröffentlicht", "erschienen", "stand", "published"), "date"),
    **dict.fromkeys(("url", "link", "adresse"), "url"),
    **dict.fromkeys(("autor", "autorin", "autoren", "von", "author", "by"), _IGNORED),
}


def _from_header(text: str) -> Metadata | None:
    lines = text.split("\n")
    fenced = lines[0] == "---" and "---" in lines[1:]
    if fenced:
        end = lines.index("---", 1)
        header, body_start = lines[1:end], end + 1
    else:
        end = lines.index("") if "" in lines else len(lines)
        header, body_start = lines[:end], 0

    values: dict[str, str] = {}
    known = 0
    for number, line in enumerate(header, start=1):
        key, colon, value = line.partition(":")
        if not colon or len(key) > 30:
            if fenced:
                continue
            break
        field = _KEYS.get(key.strip(" *_").casefold())
        if field is None:
            continue  # "Ressort: Politik" between known keys is passed over, after the last one it is text
        known += 1
        if not fenced:
            body_start = number
        value = value.strip(" *_")
        if fenced and len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        if field == "publisher" and _as_url(value):
            field = "url"
        if value:
            values.setdefault(field, value)
    if known < 2 and "title" not in values:
        return None
    while body_start < len(lines) and lines[body_start] in ("", values.get("title")):
        body_start += 1  # the headline again, under the header
    date = leading_date(values.get("date", ""))
    return Metadata(
        title=values.get("title"),
        publisher=values.get("publisher"),
        date=date,
        url=_as_url(values.get("url", "")),
        body=join_lines(lines[body_start:]),
        date_source="header" if date else None,
    )


# ---- no header ----

_TOP_LINES = 10  # how far down a date or an address may stand; fewer where the text begins earlier
_LAST_LINES = 5
_URL = r"<?(https?://[^\s<>]+)>?"
_URL_LINE = re.compile(rf"(?:(?:quelle|source|link|url|adresse|original(?:artikel)?) ?: ?)?{_URL}", re.IGNORECASE)
_PUBLISHER_LINE = re.compile(r"(?:quelle|medium|zeitung|publisher|source) ?: ?([^.!?:/]{2,60})", re.IGNORECASE)


def _from_lines(text: str) -> Metadata:
    lines = text.split("\n")
    filled = [number for number, line in enumerate(lines) if line]
    title = publisher = date = url = None
    taken: set[int] = set()

    top = list(_top(lines, filled))
    for number in [*top, *filled[-_LAST_LINES:]]:
        line = lines[number]
        if found := _URL_LINE.fullmatch(line):
            url = url or _as_url(found[1])
            taken.add(number)
        elif found := _PUBLISHER_LINE.fullmatch(line):
            publisher = publisher or found[1]
            taken.add(number)
    if not _is_chronicle(lines):
        for number in top:
            if found_date := _date_only(lines[number]):
                date = date or found_date
                taken.add(number)
    candidates = [n for n in top if n not in taken and not is_clutter(lines[n])]
    headline = _headline(lines, candidates)
    if headline is not None and any(n not in taken and n != headline for n in filled):
        title = lines[headline]
        taken.update(n for n in candidates if lines[n] == title)
    body = join_lines(line for number, line in enumerate(lines) if number not in taken)
    dates = {"text": date, "address": _date_in_url(url), "dateline": _date_of_dateline(body)}
    source = next((source for source, found in dates.items() if found), None)
    return Metadata(
        title=title,
        publisher=publisher,
        date=dates[source] if source else None,
        url=url,
        body=body,
        date_source=source,
    )


def _top(lines: list[str], filled: list[int]) -> Iterator[int]:
    """The numbers of the lines before the text proper begins, and of what stands right after its first paragraph."""
    paragraphs = 0
    for number in filled[:_TOP_LINES]:
        if paragraphs and not _date_only(lines[number]):
            return
        yield number
        paragraphs += _is_prose(lines[number])


def _is_prose(line: str) -> bool:
    return not is_clutter(line) and not _is_headline(line) and not _date_only(line) and not _URL_LINE.fullmatch(line)


_LONGEST_HEADLINE = 140
_LONGEST_KICKER = 45
_QUOTED = re.compile('[„“»«"‚\'][^„“»«"]+[“”»«"‘\']')
_BYLINE = re.compile(r"(?:von|by|text|autor|autorin)[: ]+\w[\w.-]*(?: [\w.-]+){1,3}", re.IGNORECASE)


def _headline(lines: list[str], candidates: list[int]) -> int | None:
    """The number of the line that is the headline: the first that looks like one, or the one right under a kicker."""
    for place, number in enumerate(candidates):
        line = lines[number]
        if not _is_headline(line) or _is_wrapped(lines, number):
            return None  # the text has begun
        below = candidates[place + 1] if place + 1 < len(candidates) else None
        if below is not None and _is_headline(lines[below]) and not lines[below].startswith(("Von ", "Text: ")):
            adjacent = below == number + 1
            kicker = len(line) <= _LONGEST_KICKER and len(line) < len(lines[below])
            if line.endswith(":") or " " not in line or (adjacent and kicker):
                return below
        if _BYLINE.fullmatch(line) or " " not in line:
            continue
        return number
    return None


def _is_wrapped(lines: list[str], number: int) -> bool:
    """Whether the line is cut off in the middle of a sentence, as in text that is broken at a fixed width."""
    for line in lines[number + 1 : number + 6]:
        if not line:
            return False
        if line[0].islower():
            return True
    return False


def _is_headline(line: str) -> bool:
    if len(line) > _LONGEST_HEADLINE or line.startswith(("- ", "* ", "• ")):
        return False
    if _QUOTED.fullmatch(line):
        return True
    return not line.endswith((".", ",", ";", "…", ".“", '."', ",“", ".)")) and any(c.isalpha() for c in line)


def _as_url(value: str) -> str | None:
    found = re.fullmatch(_URL, value)
    return found[1] if found and len(found[1]) <= 2000 else None


# ---- dates ----

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
_DATE = (
    r"(?:(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)"
    r"|(?P<day2>\d\d?)\. ?(?P<month2>\d\d?)\. ?(?P<year2>\d{4}|\d\d)(?!\d)"
    rf"|(?P<day3>\d\d?)\.? ?(?P<month3>{_MONTH}) (?P<year3>\d{{4}})"
    rf"|(?P<month4>{_MONTH}) (?P<day4>\d\d?), (?P<year4>\d{{4}}))"
)
_WEEKDAY = r"(?:(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|mo|di|mi|do|fr|sa|so)\.?,? )?"
_LABEL = (
    r"(?:(?:stand|datum|date|erstellt|update|(?:zuletzt )?aktualisiert|veröffentlicht|erschienen|publiziert|erstmals"
    r" veröffentlicht|artikel vom|vom|am)(?: am| vom)? ?:? )?"
)
_TIME = r"(?:T|[ ,|–-]{1,4})?(?:um )?(?:\d\d?[:.]\d\d(?:[:.]\d\d)?(?:[+-]\d\d:\d\d|Z)?)?(?: uhr)?"
_LEADING_DATE = re.compile(rf"{_WEEKDAY}(?:den )?{_DATE}", re.IGNORECASE)
_DATE_ONLY = re.compile(rf"{_LABEL}{_WEEKDAY}(?:den )?{_DATE}{_TIME}", re.IGNORECASE)
_DATELINE = re.compile(
    rf"[A-ZÄÖÜ][^.\n–—]{{2,40}}, {_WEEKDAY}(?:den )?{_DATE} ?(?:\([^()\n]{{2,30}}\) ?)?\.? ?[–—-] ", re.I
)
_DATE_IN_PATH = re.compile(r"/(\d{4})([/-]?)(\d\d)\2(\d\d)(?=[/_.-]|$)")


def leading_date(value: str) -> str | None:
    """The date that a text begins with, in German, English or ISO spelling, as YYYY-MM-DD."""
    found = _LEADING_DATE.match(value)
    return _date_of(found) if found else None


def _date_of_dateline(text: str) -> str | None:
    """The date in a dateline that opens the text: "Bern, 3. Mai 2024 (nha) – Der Rat hat …"."""
    found = _DATELINE.match(text)
    return _date_of(found) if found else None


def _date_only(line: str) -> str | None:
    """The date of a line that says nothing but a date, with a label or a time; of several parts the first counts."""
    if len(line) > 120:
        return None
    dates = [_DATE_ONLY.fullmatch(part.strip(" ()")) for part in re.split(r" [|·•] | / ", line)]
    matches = [found for found in dates if found]
    return _date_of(matches[0]) if len(matches) == len(dates) else None


def _date_of(found: re.Match[str]) -> str | None:
    for suffix in ("", "2", "3", "4"):
        if year := found[f"year{suffix}"]:
            month = found[f"month{suffix}"]
            number = int(month) if month.isdigit() else _MONTHS[month.rstrip(".").casefold()]
            return _valid_date(int(year) + (2000 if len(year) == 2 else 0), number, int(found[f"day{suffix}"]))
    return None


def _valid_date(year: int, month: int, day: int) -> str | None:
    if not 1800 <= year <= 2200:
        return None
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return None


def _date_in_url(url: str | None) -> str | None:
    for found in _DATE_IN_PATH.finditer(url or ""):
        if date := _valid_date(int(found[1]), int(found[3]), int(found[4])):
            return date
    return None


def _is_chronicle(lines: list[str]) -> bool:
    """Whether several dates stand on lines of their own without a label, as headings of a chronicle do."""
    return len({date for line in lines if line[:1].isdigit() and (date := _date_only(line))}) > 1
