"""Splits an article into sentences that remember where they stand in its text.

sentencex proposes the ends; the rules here correct it where German news text is harder than its list of
abbreviations: ordinals, initials, quotations, brackets, and missing spaces.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

import sentencex

from index.types import Article, Sentence

MAX_SENTENCE = 1000  # characters; longer ones are tables, lists or text without punctuation

_CLOSERS = "\"“”«»›‹‘’')\\]"
_OPENERS = "\"„“”»«›‹‚‘'(\\["

# sentencex does not look for ends inside quotations and brackets, and its search for their partners takes quadratic
# time; so it sees spaces in their place, which moves no offset.
_MASK = str.maketrans(dict.fromkeys("\"„“”‟»«›‹'`´’‚‘‛()[]{}「」『』《》〈〉\n", " "))

_END = re.compile(
    rf"(?P<mark>[.!?…]+)(?P<closers>[{_CLOSERS}]*)(?P<gap>\s*)(?P<lead>[{_OPENERS}\s–—-]*)(?=(?P<word>\w{{0,40}}))"
)
_TOKEN = re.compile(r"\b(?P<dotted>(?:[^\W\d_]\.\s?){0,4})(?P<last>\w+)$")  # "Mio", "14", "z. B"
_PREVIOUS = re.compile(r"(\w+)\s+$")
_ADDRESS = re.compile(r"(?:@|/|www\.)\S*$", re.IGNORECASE)
_NEVER_FIRST = ".!?…,;:)]"
_DASHES = ("–", "—", "-")
_BEFORE_ITEM = "\"„“”»«›‹‚‘'([ \t–—-•*"  # what may stand before the number of a list item
_LOOK_BACK = 60  # characters that are read before a mark; bounded, so that the time stays linear

# A quotation or bracket that is short enough to be a title or a remark within a sentence.
_SPAN = re.compile(
    r"„[^„“”\"]{1,150}[“”\"]|»[^»«]{1,150}«|«[^»«]{1,150}»|“[^“”]{1,150}”|‚[^‚‘]{1,150}‘"
    r"|\"(?=\S)[^\"]{1,150}(?<=\S)\"|\([^()]{1,150}\)|\[[^\[\]]{1,150}\]"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that, with a capital, hardly stand anywhere but at the beginning of a sentence.
_STARTERS = frozenset(
    word.capitalize()
    for word in _words(
        """
        der die das den dem des ein eine einen einem einer er sie es wir ihr ich du man dies diese dieser dieses diesen
        diesem jene jener jenes jede jeder jedes alle viele manche einige mehrere etliche wenige kein keine keiner
        keinen sein seine seiner seinen ihre ihrer ihren ihrem unser unsere mein meine beide niemand jemand nichts
        in im ins am an auf aus bei beim bis durch für gegen hinter mit nach neben ohne seit über um unter vom von vor
        während wegen zu zum zur zwischen trotz laut aber und oder doch denn sondern auch nur noch schon nun jetzt
        heute gestern damals dann danach da dabei dafür dagegen daher damit daran darauf daraus darin darum darunter
        darüber davon davor dazu deshalb deswegen dort hier hinzu als wenn weil ob obwohl nachdem bevor sobald solange
        wer wen wem was wie wo wann warum weshalb wieso welche welcher welches woher wohin so somit sogar zudem
        außerdem allerdings jedoch dennoch trotzdem insgesamt zunächst zuvor zuletzt zugleich später schließlich
        bisher bislang bereits erst immer nie nicht ja nein hat hatte ist war sind waren wird wurde wurden kann
        mehr weniger etwa rund fast knapp gut weitere weiter anders andere anschließend inzwischen mittlerweile
        dadurch dementsprechend demnach ebenso ferner genau gerade gleichzeitig hingegen indes natürlich offenbar
        seither seitdem stattdessen teils vielleicht vielmehr wobei womit ansonsten sonst indem falls derzeit
        """
    )
)

# Abbreviations that something must follow, so they end no sentence. As in the lists below, one in lower case may also
# be written with a capital, but not the reverse: "mag." is a verb, "Mag." a degree.
_OPEN_ABBREVIATIONS = _words(
    """
    Dr Prof Mag Dipl Ing med phil pharm bzw ca nr sog ggf vgl evtl inkl exkl einschl Frhr Frh Bgm hrsg zzgl abzgl insb
    insbes bspw resp St hl geb gest verst vs Fa Gebr Az ev z.B d.h i.d.R v.a i.V.m z.T v.l.n.r
    """
)

# Abbreviations that may end a sentence; then the next one begins with a starter.
_ABBREVIATIONS = _words(
    """
    Mio Mrd Tsd Jh Jhd Jhdt Std Sek Co Corp Inc Ltd jr Sr Aufl Anm Red Hbf Bhf zit
    Jän Feb Febr Apr Jun Jul Aug Sep Sept Okt Nov Dez
    """
)

# Abbreviations, or words that look like one, that a number follows.
_BEFORE_NUMBER = _words("Abs art tel Kap Bd Abb Tab Ziff lit Rn Zi Jan")

# Abbreviations that close what they stand in, so any capital after them begins a sentence.
_CLOSING_ABBREVIATIONS = _words("usw etc usf u.s.w o.Ä o.ä u.Ä u.ä u.a.m Chr")

# Words that sentencex takes for abbreviations, many of them English (Michigan, Maine, …).
_NO_ABBREVIATIONS = _words("mich mag me ok op ps sc sa id pa cl dc la al di bart ida ken kan art yahoo miss con re")

# An ordinal, not a number at the end of its sentence, stands after these …
_BEFORE_ORDINAL = _words(
    """
    am im zum vom beim der die das den dem des ein eine einen einem eines einer als und jeder jeden jede jedem sein
    seinen seinem seine seiner ihr ihren ihrem ihre ihrer unser unserem dieser diesem diese kein keine
    """
)
# … or before these (also as the end of a compound).
_AFTER_ORDINAL = re.compile(
    r"(?:Jänner|Januar|Februar|Feber|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
    r"|Jan|Feb|Apr|Jun|Jul|Aug|Sept?|Okt|Nov|Dez"
    r"|\w{0,20}(?:[Jj]ahrhunderts?|[Jj]ahrtausends?|[Mm]al|[Ll]iga|[Pp]latz|[Rr]ang|[Rr]unde|[Mm]inute|[Bb]ezirks?"
    r"|[Ss]tock|[Ss]tockwerk|[Tt]ag|[Ss]pieltages|[Kk]lasse|[Ww]eltkriegs?|[Aa]uflage|[Ee]tage|[Oo]bergeschoss"
    r"|[Ee]tappe|[Kk]ammer|[Ss]enats?|[Jj]ahr|[Ww]oche|[Ii]nstanz|[Ll]esung|[Bb]ürgermeister(?:in)?"
    r"|[Ss]ekretär|[Hh]albzeit|[Ss]atz|[Dd]rittel|[Vv]iertel|[Gg]rad|[Kk]lässler)"
    r"|Vorsitzende[rn]?|FC|SC|SV|BC|TC|FFC|OG|UG|Auflage|Division|Armee|Brigade)"
)

_ROMAN = re.compile(r"[IVX]{1,7}")
_LETTERED = _words("Gruppe Plan Vitamin Klasse Typ Kategorie Block Hepatitis Teil Punkt Haus Tor Halle Variante Note")
_TOP_LEVEL = _words("Com De At Ch Net Org Eu Info Io Tv Js Pdf")


def split_sentences(article: Article) -> list[Sentence]:
    """The sentences of `article.text` in order, none longer than `MAX_SENTENCE`.

    They do not overlap, have no white space around them, and leave out nothing but white space. A quotation that
    stands as a sentence of its own is split inside; a short one within a sentence (a title, a motto) is not.
    """
    text = article.text
    return [
        Sentence(article_id=article.id, start=start, end=end, text=text[start:end])
        for first, last in _paragraphs(text)
        for opening, closing in pairwise([first, *(first + cut for cut in _ends(text[first:last])), last])
        for start, end in _limit(text, opening, closing)
    ]


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each line, or of each block of lines that was wrapped at a fixed width."""
    block: list[tuple[int, int]] = []
    start = 0
    for line in [*text.split("\n"), ""]:
        if line.strip():
            block.append((start, start + len(line)))
        elif block:
            if _is_wrapped([text[first:last] for first, last in block]):
                yield block[0][0], block[-1][1]
            else:
                yield from block
            block = []
        start += len(line) + 1


def _is_wrapped(lines: list[str]) -> bool:
    """Whether a program broke the lines: none had room for the next one's first word, one breaks a sentence."""
    width = max(map(len, lines))
    if len(lines) < 2 or not 50 <= width <= 100:
        return False
    pairs = list(pairwise(lines))
    return all(len(line) + 1 + len(following.split(maxsplit=1)[0]) > width for line, following in pairs) and any(
        line.rstrip()[-1] not in ".!?:…" and following.lstrip()[0].islower() for line, following in pairs
    )


def _ends(paragraph: str) -> list[int]:
    """Offsets just past each sentence of a paragraph, the last one left out."""
    proposed = _proposed_ends(paragraph)
    spans = [(match.start(), match.end()) for match in _SPAN.finditer(paragraph) if _is_embedded(paragraph, match)]
    ends: list[int] = []
    sentence_start = 0
    span = 0
    for match in _END.finditer(paragraph):
        cut = match.end("closers")
        while span < len(spans) and spans[span][1] < cut:
            span += 1
        within = span < len(spans) and spans[span][0] < match.start()
        if within and cut < spans[span][1]:
            continue
        if _is_end(paragraph, match, sentence_start, proposed=match.start() in proposed, closes=within):
            ends.append(cut)
            sentence_start = cut
    return ends


def _proposed_ends(paragraph: str) -> set[int]:
    """Where the marks stand that end a sentence according to sentencex."""
    masked = paragraph.translate(_MASK)
    ends = set()
    for boundary in sentencex.get_sentence_boundaries("de", masked):
        end = boundary["start_index"] + len(boundary["text"].rstrip())
        while end > boundary["start_index"] and masked[end - 1] in ".!?…":
            end -= 1
        ends.add(end)
    return ends


def _is_embedded(paragraph: str, span: re.Match[str]) -> bool:
    """Whether a quotation or bracket stands within a sentence: after a word or a comma."""
    before = paragraph[max(0, span.start() - 3) : span.start()].rstrip()
    return bool(before) and (before[-1].isalnum() or before[-1] in ",%&")


def _is_end(paragraph: str, match: re.Match[str], sentence_start: int, *, proposed: bool, closes: bool) -> bool:
    """Whether the mark that `match` found ends a sentence; `closes` says it is the last of an embedded span."""
    mark, closers, lead, word = match["mark"], match["closers"], match["lead"], match["word"]
    before = paragraph[max(sentence_start, match.start() - _LOOK_BACK) : match.start()]
    rest = paragraph[match.end("word") : match.end("word") + 2]
    starts = word in _STARTERS
    if not word:  # "Danke! 😀", but not ". . ."
        return proposed and bool(match["gap"]) and bool(rest) and rest[0] not in _NEVER_FIRST
    if word.islower() or before.endswith(("(", "[")):  # "(!)", "[…]"
        return False
    if not match["gap"]:
        return "-" not in lead and _is_missing_space(before, word, rest, marked=bool(closers or lead))
    if sentence_start == 0 and match.start() < _LOOK_BACK and lead.startswith(_DASHES):  # "Ulm, 3. Mai 2024. – Die"
        return False
    if closes and mark[-1] in "!?":  # the title „Wer kommt?“, the remark (kein Witz!)
        return starts and closers[-1] not in ")]"
    if mark != "." and not mark.strip(".…") and before[-1:].isspace():  # "Das … Haus"
        return starts
    token = _TOKEN.search(before)
    if mark != "." or closers or token is None:
        return True
    previous = _PREVIOUS.search(before, 0, token.start())
    is_first = match.start() - sentence_start < _LOOK_BACK and not before[: token.start()].strip(_BEFORE_ITEM)
    return _ends_after(token, previous[1] if previous else "", word, rest, is_first=is_first, proposed=proposed)


def _is_missing_space(before: str, word: str, rest: str, *, marked: bool) -> bool:
    """Whether a space was left out after a mark: "später.Angriff", but not in names such as "Node.Js"."""
    if not word[0].isupper() or word in _TOP_LEVEL or _ADDRESS.search(before) or not before[-1:].isalnum():
        return False
    if rest[:1] == "." and rest[1:].isalpha():  # "Www.Seeblick.At"
        return False
    return word in _STARTERS or marked or (word[1:].islower() and before[-2:].islower() and before[-2:].isalpha())


def _ends_after(token: re.Match[str], previous: str, word: str, rest: str, *, is_first: bool, proposed: bool) -> bool:
    """Whether the sentence ends with the full stop after `token`.

    `previous` is the word before it, `word` the one after it, `rest` what follows that; `is_first` says that the
    token begins its sentence, as the number of a list item does.
    """
    last = token["last"]
    written = "".join(token[0].split()) if len(last) == 1 else last
    abbreviation = {written, written[0].lower() + written[1:]}
    starts = word in _STARTERS
    if abbreviation & _CLOSING_ABBREVIATIONS:
        return not word[0].isdigit()
    if abbreviation & _OPEN_ABBREVIATIONS:
        return False
    if abbreviation & _ABBREVIATIONS:
        return starts
    if (abbreviation & _BEFORE_NUMBER or last.endswith("str")) and (word[0].isdigit() or _ROMAN.fullmatch(word)):
        return False
    if len(last) == 1 and last.isalpha() and last != "I":
        return not is_first and (starts or (previous in _LETTERED and not token["dotted"]))
    if _ROMAN.fullmatch(last) or (last.isdigit() and len(last) <= 3):
        if is_first:  # "1. Die Stadt zahlt": an item of a list
            return False
        if word[0].isdigit():  # "3. 4. 2021", but "Es waren 20. 15 davon gingen."
            return not rest.startswith(".") and len(word) != 4
        return starts or not (previous.casefold() in _BEFORE_ORDINAL or _AFTER_ORDINAL.fullmatch(word))
    return proposed or starts or not word[0].isupper() or last.casefold() in _NO_ABBREVIATIONS


def _limit(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span without the white space around it, in pieces of at most `MAX_SENTENCE` characters."""
    end = start + len(text[start:end].rstrip())
    while start < end:
        if text[start].isspace():
            start += 1
            continue
        stop = start + _cut(text[start : start + MAX_SENTENCE]) if end - start > MAX_SENTENCE else end
        yield start, start + len(text[start:stop].rstrip())
        start = stop


def _cut(piece: str) -> int:
    """The best place to cut a piece that is too long: the last one of the best kind, not too near its start."""
    for kind in (r";(?=\s)", r",(?=\s)", r"\s[–—-](?=\s)", r"\s"):
        cuts = [match.end() for match in re.finditer(kind, piece) if match.end() > MAX_SENTENCE // 3]
        if cuts:
            return cuts[-1]
    return len(piece)
