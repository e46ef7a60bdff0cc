"""Reads what an article says about itself: title, publisher, date and address, from a header or its first lines."""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from index.cleaning import is_clutter, join_lines
from index.dates import date_in_dateline, date_in_url, leading_date, split_at_dates, written_day
from index.source_line import Source, is_dated_name, source_in_two_lines, source_line


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about an article, and the text that remains when that is taken out."""

    title: str | None
    publisher: str | None
    date: str | None  # YYYY-MM-DD
    url: str | None
    body: str
    date_source: str | None = None  # where the date stands: "header", "text", "dateline" or "address"


def read_metadata(text: str, *, title: str | None = None) -> Metadata:
    """The metadata of a normalised text: from a header of `Key: value` lines, else from lines at the top and the end.

    Only what stands there is taken: nothing is guessed from an address, and a date that does not exist is no date.
    Where the `title` is known, no line is taken for it but the one that repeats it.
    """
    return _from_header(text) or _from_lines(text, title)


def sources_below_title(lines: list[str], title: str) -> dict[int, Source]:
    """Outlet and day that lines below a title name, before the text or right after its lead, by the lines' numbers."""
    filled = [number for number, line in enumerate(lines) if line]
    told = _told(lines, filled, title)
    top = list(_top(lines, filled, told))
    return {number: source for number, source in _source_lines(lines, filled, top, told).items() if number in top}


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
    publisher = values.get("publisher")
    if publisher and (source := source_line(f"Quelle: {publisher}")):  # "Quelle: Elbblatt, 3. Mai 2024"
        publisher, date = source.publisher, date or source.date
    return Metadata(
        title=values.get("title"),
        publisher=publisher,
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


def _from_lines(text: str, title: str | None) -> Metadata:
    lines = text.split("\n")
    filled = [number for number, line in enumerate(lines) if line]
    publisher = url = None
    dated: dict[int, str] = {}  # the date that a line tells
    taken: set[int] = set()

    told = _told(lines, filled, title)
    top = list(_top(lines, filled, told))
    sources = _source_lines(lines, filled, top, told)
    for number in [*top, *filled[-_LAST_LINES:]]:
        line = lines[number]
        if found := _URL_LINE.fullmatch(line):
            url = url or _as_url(found[1])
            taken.add(number)
        elif found := _PUBLISHER_LINE.fullmatch(line):
            publisher = publisher or found[1]
            taken.add(number)
        elif number in sources:
            publisher = publisher or sources[number].publisher
            dated[number] = sources[number].date
            taken.add(number)
    if not _is_chronicle(lines):
        for number in top:
            if found_date := written_day(lines[number]):
                dated[number] = found_date
                taken.add(number)
    candidates = [n for n in top if n not in taken and not is_clutter(lines[n])]
    if title is None and (headline := _headline(lines, candidates, taken)) is not None:
        title = lines[headline]
    if any(n not in taken and lines[n] != title for n in filled):
        taken.update(n for n in candidates if lines[n] == title)
    else:
        title = None  # the only line is the text
    body = join_lines(line for number, line in enumerate(lines) if number not in taken)
    dates = {
        "text": dated[min(dated)] if dated else None,
        "address": date_in_url(url) if url else None,
        "dateline": date_in_dateline(body) or _date_of_first_line(body),
    }
    source = next((source for source, found in dates.items() if found), None)
    return Metadata(
        title=title,
        publisher=publisher,
        date=dates[source] if source else None,
        url=url,
        body=body,
        date_source=source,
    )


def _told(lines: list[str], filled: list[int], title: str | None) -> dict[int, Source]:
    """The lines far up that may name outlet and day, by number: one that names both, or two, one below the other.

    Two count only where there is a title besides, above or right below, for the name could be the title.
    """
    near = filled[:_TOP_LINES]
    told = {number: source for number in near if (source := source_line(lines[number]))}
    pairs = {place: source_in_two_lines(*(lines[n] for n in near[place : place + 2])) for place in range(len(near) - 1)}
    if any(pairs.values()) and (_is_chronicle(lines) or _is_collection(lines)):
        return told
    for place, source in pairs.items():
        around = (lines[number] for number in [*near[:place], *near[place + 2 : place + 3]])
        titles = [title] if title else filter(_may_be_title, around)
        if source and any(known != source.publisher for known in titles):
            told.update(dict.fromkeys(near[place : place + 2], source))
    return told


def _may_be_title(line: str) -> bool:
    return " " in line and _may_be_under_kicker(line) and not written_day(line) and not is_clutter(line)


def _source_lines(lines: list[str], filled: list[int], top: list[int], told: dict[int, Source]) -> dict[int, Source]:
    """The lines that name outlet and day, by number: at the top and, where a label says what they are, at the end."""
    if len(filled) < 2:
        return {}  # it would be all there is
    found = {number: told[number] for number in top if number in told}
    at_end = {number: source for number in filled[-_LAST_LINES:] if (source := source_line(lines[number]))}
    labelled = {number: source for number, source in {**found, **at_end}.items() if source.is_labelled}
    if found.keys() <= labelled.keys() or _is_collection(lines):
        return labelled
    return {**found, **labelled}


def _top(lines: list[str], filled: list[int], told: Container[int]) -> Iterator[int]:
    """The numbers of the lines before the text proper begins, and of what stands right after its first paragraph."""
    paragraphs = 0
    for number in filled[:_TOP_LINES]:
        if paragraphs and number not in told and not written_day(lines[number]):
            return
        yield number
        paragraphs += _is_prose(lines[number])


def _is_prose(line: str) -> bool:
    return not is_clutter(line) and not _is_headline(line) and not written_day(line) and not _URL_LINE.fullmatch(line)


_LONGEST_HEADLINE = 140
_LONGEST_KICKER = 45
_QUOTED = re.compile('[„“»«"‚\'][^„“»«"]+[“”»«"‘\']')
_BYLINE = re.compile(r"(?:von|by|text|autor|autorin)[: ]+\w[\w.-]*(?: [\w.-]+){1,3}", re.IGNORECASE)


def _headline(lines: list[str], candidates: list[int], taken: Container[int]) -> int | None:
    """The number of the line that is the headline: the first that looks like one, or the one right under a kicker."""
    for place, number in enumerate(candidates):
        line = lines[number]
        if not _is_headline(line) or _is_wrapped(lines, number, taken):
            return None  # the text has begun
        below = candidates[place + 1] if place + 1 < len(candidates) else None
        if below is not None and _may_be_under_kicker(lines[below]):
            adjacent = below == number + 1
            kicker = len(line) <= _LONGEST_KICKER and len(line) < len(lines[below])
            if line.endswith(":") or " " not in line or (adjacent and kicker) or is_dated_name(line):
                return below
        if _BYLINE.fullmatch(line) or " " not in line:
            continue
        return number
    return None


def _may_be_under_kicker(line: str) -> bool:
    return _is_headline(line) and not line.startswith(("Von ", "Text: ")) and not is_dated_name(line)


def _is_wrapped(lines: list[str], number: int, taken: Container[int]) -> bool:
    """Whether the line is cut off in the middle of a sentence, as in text that is broken at a fixed width."""
    for below, line in enumerate(lines[number + 1 : number + 6], start=number + 1):
        if not line or below in taken or source_line(line):  # "dpa, 3. Mai 2024"
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


def _date_of_first_line(body: str) -> str | None:
    """The date of a first line that is only a dateline, or an author and a day; it stays, for it may name a place."""
    lines = body.split("\n")
    if len(lines) == 1 or not is_dated_name(lines[0]) or _is_collection(lines):
        return None
    date, _ = split_at_dates(lines[0])
    return date


def _is_chronicle(lines: list[str]) -> bool:
    """Whether several dates stand on lines of their own without a label, as headings of a chronicle do."""
    return len({date for line in lines if line[:1].isdigit() and (date := written_day(line))}) > 1


def _is_collection(lines: list[str]) -> bool:
    """Whether several lines name somebody and a day, as in a press review or a list of sources."""
    named: set[str | Source] = set()
    above = ""  # "": it has been told with the line above it
    for line in filter(None, lines):
        source = source_line(line)
        pair = source_in_two_lines(above, line)
        if told := pair or (None if source is None or source.is_labelled else source):
            named.add(told)
        elif is_dated_name(line):
            named.add(line)
        if len(named) > 1:
            return True
        above = "" if pair else line
    return False
