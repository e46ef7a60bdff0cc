"""Find the short answer to a question inside a sentence, by rule: a number, a time, a name, a place or a quotation."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from qa.questions import AnswerKind, expected_kind, expected_unit

_UNITS = {
    "percent": "prozent % prozentpunkte prozentpunkten promille",
    "money": "euro € cent dollar $ franken kronen pfund rubel yen yuan lira rupien pesos naira schilling zloty bitcoin",
    "duration": "sekunde sekunden minute minuten stunde stunden tag tage tagen woche wochen monat monate monaten jahr "
    "jahre jahren",
    "distance": "meter metern kilometer kilometern km m zentimeter zentimetern cm millimeter millimetern mm",
    "weight": "gramm kilogramm kilo kg tonne tonnen",
    "area": "hektar quadratmeter quadratmetern quadratkilometer quadratkilometern",
    "temperature": "grad",
    "measure": "liter litern kubikmeter kubikmetern megawatt kilowatt gigawatt gigabyte terabyte volt watt dezibel "
    "stundenkilometer punkte punkten",
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_MONTHS = "Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
_WEEKDAYS = "Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonnabend|Sonntag"
_SEASONS = "Frühjahr|Frühling|Sommer|Herbst|Winter"

_NUMBER_WORD = (
    r"(?:(?:ein|zwei|drei|vier|fünf|sechs?|sieb(?:en)?|acht|neun)und(?:zwan|drei|vier|fünf|sech|sieb|acht|neun)(?:z|ß)ig|"
    r"(?:drei|vier|fünf|sech|sieb|acht|neun)zehn|(?:zwan|vier|fünf|sech|sieb|acht|neun)zig|dreißig|"
    r"(?:zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf)(?:einhalb|hundert|tausend)?|eineinhalb|anderthalb|"
    r"(?:ein)?hundert|(?:ein)?tausend|Hunderte|Tausende|Dutzende?|(?:ein|zwei|drei|vier|acht|zehn)mal|"
    r"(?:einem |ein |zwei |drei )(?:Drittel|Viertel|Fünftel)|die Hälfte)\b"
)
_DIGITS = r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:[,:]\d+)?"
_AMOUNT = rf"(?:(?:{_DIGITS})|\b(?i:{_NUMBER_WORD}))"
_MODIFIER = (
    r"(?i:(?:\b(?:mehr als|weniger als|rund|etwa|ca\.|circa|zirka|knapp|gut|fast|mindestens|höchstens|bis zu|ungefähr|"
    r"schätzungsweise|maximal|über|beinahe|nahezu)) )?"
)
_WORD = re.compile(r"\w+(?:[-’']\w+)*\.?")
_SCALE = r"(?: (?:Mio\.|Mrd\.|Million(?:en)?|Milliarden?|Dutzend|Tausend))?"
_RANGE = rf"(?: (?:bis|und|zu|oder) {_AMOUNT})?"
_NUMBER = re.compile(
    rf"(?<![\w.,-])(?:zwischen )?{_MODIFIER}(?P<amount>{_AMOUNT})(?![\w-]){_RANGE}{_SCALE}"
    rf"(?: ?(?P<unit>[%€$]|[A-ZÄÖÜa-zäöü]\w*)(?: und {_AMOUNT} (?:Monate?n?|Tage?n?|Minuten?|Sekunden?)\b)?)?"
)

_ORDINAL = re.compile(r"\.\s*\S")  # after the digits
_FRACTION = re.compile("(?:Drittel|Viertel|Fünftel|Hälfte)$")
_WHOLE = re.compile(r"(?i)\b(?:von|der|den|aller|statt) $")  # "31 der 52": a part is asked for, rarely the whole

_MONTH = rf"(?:{_MONTHS})"
_DAY = rf"(?i:{_WEEKDAYS})(?:morgen|vormittag|mittag|nachmittag|abend|nacht)?s?"
_CLOCK = r"(?:\d{1,2}(?:[.:]\d\d)?(?: (?:und|bis) \d{1,2}(?:[.:]\d\d)?)? Uhr)"
_YEAR = r"(?:1[5-9]\d\d|20\d\d)"
_LEAD = r"(?i:(?:bis zum|bis zur|bis|seit dem|seit|ab dem|ab|vor|nach|zwischen|gegen|von) )?"
_NEAR = r"(?:kommenden?|nächsten?[rs]?|vergangenen?|vorigen?|letzten?|dieses|diesem|diesen|dieser|folgenden?)"
_COUNT = rf"(?:\d+|\b(?:einer|einem|{_NUMBER_WORD}))"
_SPAN = r"(?:Sekunden|Minuten?|Stunden?|Tage?n?|Wochen?|Monate?n?|Jahre?n?|Jahrzehnten)"
_TIME = re.compile(
    rf"\b{_LEAD}(?:"
    rf"(?:{_DAY},? (?:(?:dem|den) )?)?\d{{1,2}}\.(?: (?:bis|und) (?:zum )?\d{{1,2}}\.)? {_MONTH}(?: {_YEAR}\b)?"
    rf"(?:,? um {_CLOCK})?"
    rf"|(?:(?:Anfang|Mitte|Ende) )?{_MONTH}\b(?: {_YEAR}\b)?"
    rf"|(?:{_NEAR} )?{_DAY}\b(?: um {_CLOCK})?"
    rf"|(?:{_NEAR} )?(?:{_SEASONS})(?:s|es)?\b(?: {_YEAR}\b)?"
    rf"|{_CLOCK}"
    rf"|(?:(?:im Jahr|Anfang|Mitte|Ende) )?{_YEAR}\b(?! [A-ZÄÖÜ]\w+en\b)(?![\w.,]\d)"
    rf"|(?:im )?Jahr \d{{3,4}}\b"
    rf"|(?:Ostern|Pfingsten|Weihnachten|Silvester|Neujahr)\b"
    rf"|{_NEAR} (?:Jahr|Jahres|Monat|Monats|Woche)\b"
    rf"|(?:vorgestern|gestern|heute|übermorgen)\b"
    rf")"
    rf"|\b(?P<span>(?:vor|in|nach|binnen) {_COUNT} {_SPAN})\b"
)

# What a question about a time may name, and how the answer then looks.
_TIME_FORMS = (
    (re.compile(r"\buhr|what time|во сколько|о котрій"), re.compile("Uhr")),
    (re.compile(r"\bjahr|\byear|\bгод|\bро[кц]"), re.compile(_YEAR)),
    (re.compile("wochentag"), re.compile(_DAY)),
    (re.compile("bis wann|until when|by when"), re.compile("^(?i:bis)")),
    (re.compile("seit wann|since when"), re.compile("^(?i:seit)")),
    (re.compile("ab wann"), re.compile("^(?i:ab|seit)")),
)
_INSTEAD = re.compile(r"(?i)\b(?:statt|nicht(?: wie \w+)?)(?: \w+)? $")
_SAID = re.compile(r"\b(?:sagte|sagt|teilte|mitteilte|erklärte|bestätigte|berichtete|hieß|betonte)\b")

# Words that stand with a capital without being a name: what opens a sentence, units, times, and nouns of speech.
_CAPITALISED = (
    "der die das den dem des dessen deren ein eine einen einem einer eines kein keine mein meine sein seine seiner "
    "seinem seinen ihr ihre ihrer ihrem ihren unser unsere dieser diese dieses diesem diesen jeder jede jedes am im "
    "in an auf aus bei beim mit nach von vom zu zum zur vor für um über unter durch gegen ohne seit bis ab als wie "
    "wenn weil da dass ob und oder aber doch denn auch noch nur schon so dann dort hier heute gestern morgen zuletzt "
    "bisher inzwischen später zunächst danach davor dazu dabei damit er sie es wir ich man wer was wo sich nicht laut "
    "trotz wegen während statt nun jetzt derzeit zudem außerdem allerdings dennoch deshalb darum rund etwa knapp mehr "
    "viele alle beide zwischen neben hinter allein anfang mitte ende millionen million milliarde milliarden uhr "
    "angaben ansicht sicht worten grund kraft haft höhe folge zukunft regel betrieb frage zeit teil zahl internet "
    "zusammenarbeit anschluss meinung anspruch ordnung gefahr form verbindung bezug rechnung einschätzung auffassung "
    "informationen recherchen schätzung schätzungen auskunft darstellung wirklichkeit mio mrd foto abend nacht"
)
_NO_NAME = frozenset(_CAPITALISED.split()) | frozenset(f"{_MONTHS}|{_WEEKDAYS}|{_SEASONS}".lower().split("|"))
_ROLE = re.compile(  # "Richter Jan Behn", "Vereinschefin Ute Lorenz": what stands before the name
    r"(?:\w*(?:chef|rat|rät|vorstand|vize|sekretär|kapitän|vorsitzende|ärzt|arzt|anwalt|anwält|bruder|mutter|frau|mann|"
    r"sohn|tochter|intendant|produzent|wirt|er|ist|ent|ant|or|om|oge|ege|är)(?:in|r)?|\w{4,}in)"
)
_CAPITAL = r"[A-ZÄÖÜŠČŽŁØÅÉÁÓÞİŞÇ][\w’']*(?:-\w+)*"
_NAME_PART = rf"(?:(?:Prof|Dr)\.(?:-Ing\.)? )*{_CAPITAL}"
_PARTICLES = ("van", "von", "de", "di", "da", "del", "bin", "á")
_NAME = re.compile(rf"\b{_NAME_PART}(?: (?:(?:{'|'.join(_PARTICLES)}) (?:de[rn] )?)?{_NAME_PART})*")
_ARTICLE = re.compile(r"(?i)\b(?:de[rmns]|die|das|ein|eine[mnrs]?|[avi]m|vom|zu[mr]) $")
_TOKEN = re.compile(r"\S+")
_PLACE_NOUN = re.compile(r"\w*(?:stadt|dorf|orte?s?|gemeinde|insel|kreis|bezirk|region|provinz|straße|fluss)")
_PLACE = re.compile(
    rf"\b(?:[Ii]n|[Aa]us|[Nn]ach|[Bb]ei|[Bb]is|[Vv]on|[Aa]uf|[Vv]or|[Ii]m|[Ii]ns|[Aa]m|[Zz]um|[Zz]ur)"
    rf"(?P<article> (?:der|dem|den|die|das|einer?|einem|einen|seine[rmn]?|ihre[rmn]?)\b)?"
    rf"(?P<adjective> [a-zäöü]\w+e[nrms]?)? (?P<place>{_CAPITAL}(?: {_CAPITAL})*(?: (?:der|des) {_CAPITAL})?)"
)
_DATELINE = re.compile(rf"^(?P<place>{_CAPITAL}(?: {_CAPITAL})?)(?: \([^)]*\))? [–-] ")
_QUOTATION = re.compile(r"„([^“”„]+)[“”]|»([^«»]+)«|“([^“”]+)”|\"([^\"]+)\"")
_CAUSE = re.compile(
    r"(?i)\b(?:weil|denn|da|wegen|deshalb|deswegen|daher|darum|aufgrund|dank|grund|gründen?|ursache|um .{1,120} zu|"
    r"damit|nachdem|begründe\w*|infolge|schuld)\b"
)

# One rough Latin spelling for German and for Cyrillic questions, so that a name agrees with its transcription.
_CYRILLIC = str.maketrans("абвгґдеєжзиіклмнопрстуфхцчшщыэюя", "abvggdeezsiiklmnoprstufhscssieua", "ьъ'")
_FOLDS = (("tsch", "c"), ("sch", "s"), ("ch", "h"), ("ph", "f"), ("w", "v"), ("z", "s"), ("ß", "s"), ("j", "i"))

_MARGIN = 0.08  # by how much the best candidate must lead the next one
_REACH = 250  # characters around a candidate in which words of the question count


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int
    end: int
    prior: float  # what speaks for it before the question's words are looked at
    core: str  # the part that must not be in the question


def find_short_answer(question: str, sentence: str) -> tuple[int, int] | None:
    """Span of the short answer in `sentence`; None where none is evident, as a wrong one is worse than none."""
    kind = expected_kind(question)
    keys = _keys(question)
    scored = [(_score(found, keys, sentence), found) for found in _open_candidates(kind, question, sentence)]
    if not scored:
        return None
    (best, found), *rest = sorted(scored, key=lambda pair: -pair[0])
    if best < 0 or (rest and best - rest[0][0] < _MARGIN):
        return None
    return found.start, found.end


def mentions_kind(kind: AnswerKind, sentence: str, question: str) -> bool:
    """Whether the sentence holds something of that kind which is not already in the question.

    Kinds that show no form of their own (yes or no, lists, other) are never ruled out.
    """
    if kind is AnswerKind.REASON:
        return _CAUSE.search(sentence) is not None
    if kind in (AnswerKind.YESNO, AnswerKind.LIST, AnswerKind.OTHER):
        return True
    return bool(_open_candidates(kind, question, sentence))


def _open_candidates(kind: AnswerKind, question: str, sentence: str) -> list[_Candidate]:
    """The candidates of a kind that the question does not contain."""
    keys = _keys(question)
    return [
        found for found in _candidates(kind, question, sentence) if not _keys(found.core) or _keys(found.core) - keys
    ]


def _candidates(kind: AnswerKind, question: str, sentence: str) -> Iterator[_Candidate]:
    if kind is AnswerKind.NUMBER:
        yield from _numbers(question, sentence)
    elif kind is AnswerKind.TIME:
        yield from _times(question, sentence)
    elif kind is AnswerKind.PERSON:
        yield from _names(sentence)
    elif kind is AnswerKind.PLACE:
        yield from _places(sentence)
    elif kind is AnswerKind.QUOTE:
        for found in _QUOTATION.finditer(sentence):
            group = found.lastindex or 0
            yield _Candidate(found.start(group), found.end(group), len(found[group]) / 100, found[group])


def _numbers(question: str, sentence: str) -> Iterator[_Candidate]:
    expected = expected_unit(question)
    counted = _counted(question)
    dates = {place for found in _TIME.finditer(sentence) if not found["span"] for place in range(*found.span())}
    numbers = [
        found
        for found in _NUMBER.finditer(sentence)
        if found.start("amount") not in dates and not _ORDINAL.match(sentence, found.end("amount"))
    ]
    inherited = 0.0
    for found in numbers:
        word = found["unit"] or ""
        unit = _UNIT_OF.get(word.lower())
        if expected == "age" and word in ("Jahre", "Jahren"):
            unit = "age"
        noun = unit is None and word[:1].isupper()
        if _FRACTION.search(found["amount"]):
            prior = 0.8 if expected == "percent" else -0.3
        elif unit or noun:
            if expected is None:
                prior = 0.2 if unit else 0.0
            elif expected == "count":
                prior = -1.0 if unit else 0.3
            else:
                prior = 1.0 if unit == expected else -1.0
            inherited = prior = prior + (1.0 if _keys(word) & counted else 0.0)
        else:
            prior = inherited  # "78 Cent, zuvor waren es 31": the unit is not said twice
        before = sentence[max(0, found.start() - 12) : found.start()]
        if before == "umgerechnet " or (len(numbers) > 1 and _WHOLE.search(before)):
            prior -= 0.6
        if prior > -0.7:
            end = found.end() if unit or noun or not word else found.start("unit") - 1
            yield _Candidate(found.start(), end, prior, found["amount"])
    if expected == "age":
        for found in re.finditer(r"(\d{1,3})-?[Jj]ährig|, (\d{1,3}),|\((\d{1,3})\)", sentence):
            group = found.lastindex or 0
            yield _Candidate(*found.span(group), 0.5, found[group])


def _counted(question: str) -> set[str]:
    """Keys of the words right after "wie viele", which name what is counted."""
    found = re.search(r"(?i)\b(?:wie ?viele?n?|wie ?vieler|how many|how much|anzahl(?: der)?)((?: \w+){1,2})", question)
    return _keys(found[1]) if found else set()


def _times(question: str, sentence: str) -> Iterator[_Candidate]:
    lowered = question.lower()
    for found in _TIME.finditer(sentence):
        text = found[0]
        prior = 0.1 if re.search(r"\d", text) else 0.0
        for asked, form in _TIME_FORMS:
            if asked.search(lowered):
                prior += 0.6 if form.search(text) else 0.0
        before, after = sentence[max(0, found.start() - 40) : found.start()], sentence[found.end() : found.end() + 40]
        if _INSTEAD.search(before):
            prior -= 0.5
        if re.fullmatch(rf"(?i:am )?{_DAY}", text) and (_SAID.search(before) or _SAID.match(after.lstrip())):
            prior -= 0.3  # the day on which it was said
        yield _Candidate(found.start(), found.end(), prior, text)


def _names(sentence: str) -> Iterator[_Candidate]:
    for found in _NAME.finditer(sentence):
        words = list(_TOKEN.finditer(found[0]))
        while words and (_plain(words[0]) or words[0][0] in _PARTICLES):
            words.pop(0)
        role = len(words) >= 3 and _ROLE.fullmatch(words[0][0]) is not None
        if role:
            words.pop(0)
        # "Ursula von der Leyen", but "Liza Montefalco von der Küstenwache" and "der Markt von Tamessa"
        first = 1 if words and _ARTICLE.search(sentence[: found.start() + words[0].start()][-8:]) else 2
        first += sum(word[0].endswith(".") for word in words)  # titles
        words = words[: next((n for n, word in enumerate(words) if n >= first and word[0] in _PARTICLES), len(words))]
        while words and _plain(words[-1]):
            words.pop()
        if len(words) < 2 or _PLACE_NOUN.fullmatch(words[0][0].lower()):
            continue
        if any(_plain(word) and word[0] not in (*_PARTICLES, "der", "den") for word in words):
            continue
        start, end = found.start() + words[0].start(), found.start() + words[-1].end()
        yield _Candidate(start, end, 0.2 if role else 0.0, sentence[start:end])


def _plain(word: re.Match[str]) -> bool:
    lowered = word[0].lower().rstrip(".")
    return lowered in _NO_NAME or lowered in _UNIT_OF


def _places(sentence: str) -> Iterator[_Candidate]:
    line = _DATELINE.match(sentence)
    if line:
        yield _Candidate(line.start("place"), line.end("place"), 0.0, line["place"])
    for found in _PLACE.finditer(sentence):
        first = _WORD.match(found["place"])
        if first is None or _plain(first) or re.search("(?:ung|heit|keit|schaft|ion)(?:en)?$", first[0]):
            continue
        bare = not (found["article"] or found["adjective"])
        prior = 0.3 if bare and found[0].split()[0].lower() in ("in", "aus", "nach", "bei") else 0.0
        start = found.start("place") if bare else found.start()
        yield _Candidate(start, found.end("place"), prior, found["place"])


def _keys(text: str) -> set[str]:
    return {_key(word[0]) for word in _WORD.finditer(text) if _telling(word[0])}


def _telling(word: str) -> bool:
    return len(word) > 3 or word[0].isdigit() or (word[0].isupper() and word.lower() not in _NO_NAME)


def _key(word: str) -> str:
    """The start of a word without accents and in Latin letters, so that inflected and transcribed forms agree."""
    letters = unicodedata.normalize("NFKD", word.lower().rstrip("."))
    latin = "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(_CYRILLIC)
    for old, new in _FOLDS:
        latin = latin.replace(old, new)
    return latin if latin[:1].isdigit() else latin[:5]


def _score(candidate: _Candidate, keys: set[str], sentence: str) -> float:
    """Prior plus nearness: each word of the question near the candidate adds up to a third, less across commas."""
    nearness = 0.0
    for word in _WORD.finditer(sentence, max(0, candidate.start - _REACH), candidate.end + _REACH):
        if not _telling(word[0]) or _key(word[0]) not in keys:
            continue
        if word.end() <= candidate.start:
            gap = sentence[word.end() : candidate.start]
        elif word.start() >= candidate.end:
            gap = sentence[candidate.end : word.start()]
        else:
            nearness += 0.3
            continue
        distance = gap.count(" ") + 4 * sum(gap.count(mark) for mark in ",;:–")
        nearness += 1 / (2 + distance)
    return candidate.prior + nearness
