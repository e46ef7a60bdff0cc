"""What a question asks for: its language, the kind of its answer, the unit of an expected number."""

import re
from enum import StrEnum


class AnswerKind(StrEnum):
    """What a short answer would have to be."""

    PERSON = "person"
    PLACE = "place"
    TIME = "time"
    NUMBER = "number"
    QUOTE = "quote"
    REASON = "reason"
    YESNO = "yesno"
    LIST = "list"
    OTHER = "other"


_ENGLISH = re.compile(
    r"(?:the|of|is|are|does|did|do|how|many|much|what|when|where|who|why|which|by|to|for|and|has|have|will|with)"
)
_GERMAN = re.compile(
    r"(?:der|die|das|den|dem|des|eine?|wer|was|wann|wo|wie|warum|welche[rnms]?|und|ist|im|von|zu|mit|für|hat|bei)"
)
_UKRAINIAN_ONLY = re.compile(r"[іїєґ]|\b(?:хто|що|як|де|коли|чому|який|яка|та)\b")
_CYRILLIC = re.compile(r"[а-яёіїєґ]")
_WORD = re.compile(r"\w+(?:-\w+)*")

# Question words that settle the kind alone; the one that stands first in the question counts, so that a relative
# clause ("... die Stadt, in der ...") does not overrule the main question.
_QUESTION_WORDS: tuple[tuple[AnswerKind, str], ...] = (
    (AnswerKind.TIME, r"wann|(?:um )?wie ?viel uhr|when|what time|когда|во сколько|коли|о котрій"),
    (
        AnswerKind.NUMBER,
        r"wie ?viele?[nrs]?|wie (?:hoch|gro(?:ß|ss)|lange?|alt|teuer|oft|weit|schwer|schnell|stark|dick|tief|breit|"
        r"warm|kalt|häufig|wenige?|nah|schnel|voll|deutlich|knapp)|wie ?viel\w+|wievielten?|"
        r"was (?:kostet\w*|kosten|zahl\w+|verdien\w+)|was (?=.{1,80}\b(?:gekostet|kosten)\b)|"
        r"how (?:many|much|long|old|high|big|"
        r"large|often|far|fast|tall|heavy|strong|expensive|deep|wide)|what (?=.{1,80}\b(?:cost|percentage)\b)|сколько|"
        r"скольк\w+|наскільки|насколько|скільк\w+|як (?:довго|часто)|как (?:долго|часто)",
    ),
    (AnswerKind.PERSON, r"wer|wem|wen|wessen|who|whom|whose|кто|кого|кому|кем|хто|ким|wie hei(?:ß|ss)t (?:der|die)"),
    (AnswerKind.PLACE, r"wo|woher|wohin|where|где|куда|откуда|де|куди|звідки"),
    (
        AnswerKind.QUOTE,
        r"was (?:sagt|sagte|antwortete?|meinte?) |wie (?:bezeichnete?|nannte|nennt|kommentierte?|äu(?:ß|ss)erte?|"
        r"beschreibt|beschrieb|lautete?)|mit welche[nm] (?:worten?|satz|spruch)|what did .{1,40} (?:say|call)|"
        r"что (?:сказал|ответил)\w*|що (?:сказа|відпові)\w*|как (?:назвал|прокомментировал)\w*|"
        r"як (?:назва|прокоменту)\w*",
    ),
    (
        AnswerKind.REASON,
        r"warum|weshalb|weswegen|wieso|aus welche[nm] gr[uü]nde?n?|why|почему|зачем|по какой причине|чому|"
        r"навіщо|з якої причини",
    ),
    (AnswerKind.LIST, r"nenne(?:n sie)?|welche (?:zwei|drei|vier|fünf|beiden)|list"),
    (
        AnswerKind.OTHER,
        r"welche[mnrs]?|was|wie|wo(?:für|mit|durch|von|ran|rin|raus|rauf|rüber|nach|zu|bei|gegen|rum)|what|which|how|как\w*|"
        r"что|чем|чего|як\w*|що|чим|чого",
    ),
)
_FIRST_QUESTION_WORD = re.compile("|".join(rf"(?P<{kind.name}>\b(?:{words})\b)" for kind, words in _QUESTION_WORDS))

# Nouns that tell the kind after "welche/which/какой" and in keyword queries. German ones close a compound
# ("Eröffnungstermin"), the others open an inflected word.
_NOUNS: tuple[tuple[AnswerKind, re.Pattern[str]], ...] = (
    (
        AnswerKind.TIME,
        re.compile(
            r"\w*(?:termin|datum|zeitpunkt|uhrzeit|frist|fristende|startzeit|baubeginn|beginn|tage?|stichtag|jahr|inkrafttreten|"
            r"inbetriebnahme)|(?:jahren?|jahres|monat|woche|tageszeit)|years?|day|date|times?|month|week|deadline|год[ау]?|"
            r"году|дн[яю]|день|месяц\w*|числа|дат[аыиуоі]\w*|термін\w*|рок[уі]|році|рік|місяц\w*"
        ),
    ),
    (
        AnswerKind.NUMBER,
        re.compile(
            r"\w*(?:anzahl|summe|betrag|anteil|höhe|preise?|kosten|prozentsatz|quote|fläche|gewicht|temperatur|menge|zahl|"
            r"geschwindigkeit|tempo|abstand|entfernung|dauer|wartezeit|einarbeitungszeit|obergrenze|alter|strafe|strafmaß|"
            r"gehalt|endergebnis|umsatz|gewinn|verlust|miete|gebühr|einnahmen|ausgaben|entschädigung|defizit|budget|rang|"
            r"tabellenplatz|länge|größe|grösse|provision|lösegeld|geldbuße|ersparnis|kapazität|prämie|prozent|wert|"
            r"schaden|bedarf)|wieviel|percentage|share|amount|sum|price|speed|number|fine|fee|margin|процент\w*|"
            r"дол[яюіиею]+|сумм\w*|част[ьи]\w*|частк\w*|частин\w*|відсот\w*|сум[аиуі]\w*|скорост\w*|длин[ау]|"
            r"цен[ауыой]+|цін[ауиою]+|убытки|количеств\w*|кількіст\w*"
        ),
    ),
    (
        AnswerKind.PLACE,
        re.compile(
            r"(?:bundes|groß|klein|haupt|nachbar|heimat|spiel|tat|stand|stadt|urlaubs|stadt)?(?:stadt|städten|orte?n?|land|insel|"
            r"gemeinde|bezirk|teil|teilen|viertel|dorf|staat|region|straße|länder|ländern)|"
            r"(?:stellen?|flughafen|hafen|kanton|schauplatz|gegend|gebäude|hochschule)|city|town|country|place|village|island|"
            r"state|location|район\w*|город\w*|стран[аеуы]\w*|остров\w*|больниц\w*|міст[оіау]\w*|країн[аіуи]\w*|"
            r"острів\w*|місц[еія]\w*|мест[оеа]\w*"
        ),
    ),
    (
        AnswerKind.PERSON,
        re.compile(
            r"\w*(?:politiker|minister|trainer|richter|jurist|anwält|anwalt|spieler|leiter|künstler|forscher|chef|sprecher|"
            r"sänger|autor|schauspieler|regisseur|kapitän|direktor|präsident|professor|experte|expert|ärzt|arzt|sieger|"
            r"gegner|fachmann)(?:in)?|person|mensch|frau|mann|name|"
            r"vorsitzende|man|woman|judge|lawyer|player|minister"
        ),
    ),
)
_YESNO_START = re.compile(
    r"(?:ha(?:t|ben|tten?)|ist|sind|waren?|wird|werden|wurden?|k(?:ann|önnen|onnten?)|darf|dürfen|muss|müssen|soll(?:en)?|"
    r"will|wollen|gibt|gab|bleibt|is|are|was|were|has|have|had|did|does|do|can|could|will|would|should|есть|чи|є)\b"
)

# How a question shows the unit of its number, most specific first.
_UNIT_CUES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("percent", re.compile(r"prozent|anteil|quote\b|percent|\bshare\b|процент|\bдол[яюи]|відсот|частк")),
    (
        "age",
        re.compile(r"wie alt|how old|\balter\b|mindestalter|rentenalter|сколько (?:\S+ )?лет|скільки (?:\S+ )?років"),
    ),
    (
        "count",
        re.compile(
            r"(?:wie ?viele[nr]?|how many) (?!euro|cent|dollar|franken|kilo|meter|tonnen|quadrat|hektar|grad|jahr|"
            r"monat|woche|tag|stunde|minute|sekunde|year|month|week|day|hour|minute|second)"
        ),
    ),
    ("area", re.compile(r"fläche|quadrat|hektar|\barea\b|площ")),
    ("temperature", re.compile(r"\bgrad\b|temperatur|wie (?:warm|kalt|heiß)")),
    ("weight", re.compile(r"wie schwer|gewicht|kilogramm|\btonnen\b|\bwieg|how heavy|\bweigh|вес[аи]т|важит")),
    (
        "duration",
        re.compile(
            r"wie lange\b|dauer|wartezeit|wie ?viele[rn]? (?:jahren?|monaten?|wochen?|tagen?|stunden?|minuten?|"
            r"sekunden?)\b|how long|how many (?:years|months|weeks|days|hours|minutes|seconds)|как долго|як довго|"
            r"сколько (?:времени|дней|часов|минут|месяцев)|скільки (?:часу|днів|годин|хвилин|місяців)"
        ),
    ),
    (
        "distance",
        re.compile(
            r"wie (?:weit|lang|tief|breit|dick)\b|kilomet|\bmetern?\b|how (?:far|tall|deep|wide)|entfern|"
            r"километр|кіломет"
        ),
    ),
    (
        "money",
        re.compile(
            r"kosten?\b|kostet|teuer|preis|euro|\bgeld|summe|betrag|\bzahl(?:t|te|en|ten|st)\b|miete|gehalt|lohn|umsatz|"
            r"gewinn\b|verlust|verdien|entschädigung|schaden|geldstrafe|geldbu|gebühr|ausgaben|einnahmen|budget|etat\b|"
            r"\bcosts?\b|money|euros|\bpa(?:y|id)\b|price|earn|sum\b|стои|денег|цен[ауы]\b|сумм|евро|плат|штраф|кошту|"
            r"грош|цін[ауи]\b|\bсум[аиу]\b|євро|зароб"
        ),
    ),
    (
        "count",
        re.compile(r"wie ?viele[nr]?\b|anzahl|how many|сколько|скольк|скільк|wie oft|number of|кількіст|количеств"),
    ),
)


def detect_language(question: str) -> str:
    """Return "de", "en", "ru" or "uk"; whatever is not clearly another language is German, as the articles are."""
    lowered = question.lower()
    words = _WORD.findall(lowered)
    letters = len(_CYRILLIC.findall(lowered))
    if letters and 2 * letters > sum(character.isalpha() for character in lowered):
        return "uk" if _UKRAINIAN_ONLY.search(lowered) else "ru"
    english = sum(_ENGLISH.fullmatch(word) is not None for word in words)
    german = sum(_GERMAN.fullmatch(word) is not None for word in words)
    return "en" if english > german else "de"


def expected_kind(question: str) -> AnswerKind:
    """Tell from question words, else from the nouns of a keyword query, what kind of answer is asked for."""
    lowered = " ".join(question.lower().split())
    found = _FIRST_QUESTION_WORD.search(lowered)
    if found is None:
        if _YESNO_START.match(lowered):
            return AnswerKind.YESNO
        kind = _kind_of_nouns(_WORD.findall(lowered))
        return AnswerKind.YESNO if kind is AnswerKind.OTHER and lowered.endswith("?") else kind
    kind = AnswerKind[found.lastgroup or "OTHER"]
    if kind is not AnswerKind.OTHER:
        return kind
    following = _WORD.findall(lowered[found.end() :])[:3]
    kind = _kind_of_nouns(following)
    if kind is AnswerKind.PLACE and found.start() == 0 and found[0].startswith("welche"):
        return AnswerKind.OTHER  # "Welches Land vermittelte?" asks who, "Aus welchem Land ...?" asks where
    return kind


def expected_unit(question: str) -> str | None:
    """Class of the unit that a number in the answer should have, e.g. "money"; None where the question leaves it open.

    "count" means a number of things: whatever is counted, but no measure such as euros or per cent.
    """
    lowered = " ".join(question.lower().split())
    if re.search(r"\bum wie ?viel\b|\bwie stark\b", lowered):
        return None  # a change may be given in per cent or in the thing's own unit
    return next((unit for unit, cue in _UNIT_CUES if cue.search(lowered)), None)


def _kind_of_nouns(words: list[str]) -> AnswerKind:
    for word in words:
        for kind, nouns in _NOUNS:
            if nouns.fullmatch(word):
                return kind
    return AnswerKind.OTHER
