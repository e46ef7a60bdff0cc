"""Makes the text of an article clean: one form of every character, and no leftovers of the web page it came from."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from ftfy import fix_encoding

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_SPACES = re.compile("[\t\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Controls, soft hyphens, zero-width characters, bidi embeddings, overrides and isolates, surrogates, tags: what is
# not seen, but changes what is read, copied or compared. The joiner U+200D and LRM and RLM are not among them.
_INVISIBLE = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200c\u202a-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_EMOJI = "[\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
_STRAY_JOINER = re.compile(f"(?<!{_EMOJI})(?<!{_EMOJI}\ufe0f)\u200d|\u200d(?!{_EMOJI})")
_MOST_MARKS = 30
_MAYBE_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{_MOST_MARKS + 1},}}")
_MANY_LINE_ENDS = re.compile("\n{3,}")


def repair_mojibake(text: str) -> str:
    """The text with letters put right that were decoded wrongly on their way here: "fÃ¼r" becomes "für"."""
    return fix_encoding(text)


def normalise(text: str) -> str:
    """Unicode NFC, `\\n` line ends, no invisible characters, at most one empty line between two lines.

    Lines begin and end with something to see; spaces inside a line stay as many as they are. Normalising a second
    time changes nothing.
    """
    text = _LINE_ENDS.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    text = _STRAY_JOINER.sub("", text)
    # Before NFC, whose sorting of marks is quadratic, and after it, since NFC takes some marks apart.
    text = _MAYBE_MARKS.sub(_limit_marks, text)
    text = unicodedata.normalize("NFC", text)
    text = _MAYBE_MARKS.sub(_limit_marks, text)
    text = _SPACES.sub(" ", text)
    return join_lines(line.strip(" ") for line in text.split("\n"))


def _limit_marks(match: re.Match[str]) -> str:
    kept = []
    marks = 0
    for character in match.group():
        marks = marks + 1 if unicodedata.category(character).startswith("M") else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def join_lines(lines: Iterable[str]) -> str:
    """The lines as one text, with single empty lines between them and none around them."""
    return _MANY_LINE_ENDS.sub("\n\n", "\n".join(lines)).strip("\n")


# ---- leftovers of web pages ----

_LONGEST_CLUTTER = 250  # a longer line is a paragraph; this also bounds the time of every pattern below
_AROUND = " *_#|<>»«›‹→►▶▸•·+–—-[](){}"  # what sites put around such lines
_AT_END = " .:!…"

# Lines that are nothing but one of these, in any case.
_WHOLE_LINES = frozenset(
    """
    anzeige|werbung|advertisement|sponsored|gesponsert|anzeige ende|ende der anzeige|werbung ende
    weiter nach der anzeige|weiterlesen nach der anzeige|nach der anzeige weiterlesen
    artikel wird nach der anzeige fortgesetzt
    lesen sie auch|mehr zum thema|mehr zu diesem thema|zum thema|auch interessant|auch lesenswert|mehr dazu|siehe auch
    das könnte sie auch interessieren|das könnte sie interessieren|das könnte dich auch interessieren|weiterlesen
    weitere artikel|ähnliche artikel|verwandte artikel|verwandte themen|meistgelesen|meistgelesene artikel|lesetipp
    mehr lesen|mehr anzeigen|mehr erfahren|mehr laden|alle anzeigen|zum artikel|zum video|empfehlungen der redaktion
    teilen|drucken|merken|artikel teilen|artikel drucken|artikel merken|link kopieren|beitrag teilen|seite drucken
    zur merkliste hinzufügen|auf die merkliste|teilen sie diesen artikel|diesen artikel teilen|per e-mail teilen
    newsletter|newsletter abonnieren|zum newsletter|jetzt abonnieren|abonnieren|abo abschließen|jetzt testen
    jetzt registrieren|jetzt anmelden|anmelden|registrieren|einloggen|zum abo|bereits abonnent|schon abonnent
    kommentare|kommentare anzeigen|kommentare lesen|kommentar schreiben|kommentar verfassen|jetzt kommentieren
    kommentieren|alle kommentare|zu den kommentaren|diskutieren sie mit|kommentare ausblenden
    zur startseite|zurück zur startseite|startseite|nach oben|zum seitenanfang|zum inhalt springen|zum inhalt
    artikel anhören|artikel vorlesen|artikel hören|vorlesen|anhören|vorlesen lassen|audio anhören|beitrag anhören
    video abspielen|video ansehen|bildergalerie|zur bildergalerie|zur fotostrecke|fotostrecke|bild vergrößern
    bilder anzeigen|impressum|datenschutz|datenschutzerklärung|agb|kontakt|alle rechte vorbehalten|menü
    cookies akzeptieren|alle cookies akzeptieren|alle akzeptieren|alle ablehnen|cookie-einstellungen|cookies verwalten
    cookies ablehnen|nur notwendige cookies|datenschutz-einstellungen|externer inhalt|externe inhalte anzeigen
    empfohlener redaktioneller inhalt|empfohlener externer inhalt|inhalt laden
    archivbild|archivfoto|symbolbild|symbolfoto
    """.replace("\n", "|")
    .replace("    ", "")
    .strip("|")
    .split("|")
)
_SHARE_WORDS = re.compile(
    r"(?:(?:teilen|drucken|merken|facebook|twitter|x|whatsapp|telegram|e-mail|email|mail|instagram|linkedin|xing"
    r"|pinterest|flipboard|threads|mastodon|bluesky|messenger|kopieren)(?:[ |/,·•]+|$))+",
    re.IGNORECASE,
)

_URL = r"<?(?:https?://|www\.)\S+"


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


# Speaks to the reader, or can be nothing but furniture, however the line ends. Matched from the start of the line.
_FURNITURE = _any_of(
    r"(?:lesen sie|lies|lest) (?:auch|hier|dazu|mehr|jetzt|weiter|außerdem|ebenfalls)\b",
    r"das könnte (?:sie|dich|euch) (?:auch |ebenfalls )?interessieren\b",
    r"anzeige_\d+$",
    r"©",
    r"(?:copyright|\(c\)) (?:©|\d{4}|by )",
    r"\d+ kommentare?$",
    r"kommentare? ?[:(] ?\d+\)?$",
    r"(?:lesezeit|lesedauer)[: ]+(?:ca\. |etwa )?\d+ ?min(?:\.|ute|uten)?$",
    r"\d+ ?(?:min\.?|minuten?) (?:lesezeit|lesedauer)$",
    r"(?:bild |foto )?\d+ ?(?:/|von) ?\d+$",
    r"auf (?:facebook|twitter|x|whatsapp|telegram|linkedin) teilen$",
    r"(?:folgen|folge) (?:sie )?uns (?:auch )?(?:auf|bei) ",
    r"(?:abonnieren|bestellen) sie (?:jetzt |hier |auch )?(?:kostenlos )?(?:unseren|den|die) .*newsletter",
    r"melden sie sich (?:jetzt |hier |gleich )?(?:kostenlos )?(?:zu|für) .*newsletter",
    r"(?:jetzt|hier) .*newsletter (?:abonnieren|bestellen|anmelden|sichern)$",
    r"newsletter:? .*(?:abonnieren|bestellen|anmelden)$",
    r"(?:mehr|weitere) [^.!?]*\b(?:finden|lesen|sehen|hören) sie (?:auch )?(?:in|auf) unser(?:er|em|en) [^.!?]*[.:!]?$",
    r"diese (?:web)?(?:seite|site) (?:verwendet|nutzt|setzt) cookies\b",
    r"wir (?:und unsere partner )?(?:verwenden|nutzen|setzen) cookies\b",
    r"mit der (?:weiteren )?nutzung (?:dieser|unserer) (?:web)?(?:seite|site)",
    r"an dieser stelle (?:finden sie|befindet sich|steht) (?:einen |ein )?(?:externen?|extern|relevante|inhalt)",
    r"(?:ich bin|sie sind) damit einverstanden, dass (?:mir|ihnen) externe inhalte",
    r"startseite ?[|>»›/]",
    _URL + r"$",
    rf"(?:quelle|link|url|source|original|originalartikel|zum original|mehr unter) ?: ?{_URL}$",
)
# Labels before a headline or a name; a line that goes on to a full stop is a sentence, and stays.
_LABELLED = _any_of(
    r"(?:mehr zum thema|mehr zu diesem thema|zum thema|auch interessant|auch lesenswert|mehr dazu|siehe auch|lesetipp"
    r"|passend dazu|weitere artikel|ähnliche artikel|weiterlesen|im video|video|newsletter) ?[:|>»]",
    r"(?:fotos?|bild|bilder|grafik|illustration|screenshot|symbolbild|symbolfoto|archivbild|archivfoto|bildquelle"
    r"|bildrechte|bildnachweis|fotoquelle|fotonachweis|credits?) ?[:©]",
    r"fotos? (?:©|/ )",
)
_SHORT_CREDIT = re.compile(r"(?:fotos?|bild|bilder|grafik) ?: ?\S+(?: \S+)?\.", re.IGNORECASE)
_PHOTOGRAPHER = r"(?:[^.!?]|(?<=\b[A-Z])\.){2,60}"  # a full stop only after an initial
_CREDIT_AT_END = re.compile(
    rf"[.!?)“\"] ?(?:©|(?:Fotos?|Bild|Bilder|Grafik|Copyright|Credit):) ?{_PHOTOGRAPHER}$"
    r"|\((?:Fotos?|Bild|Bilder|Grafik|Copyright): [^()]{2,60}\)\.?$"
    r"|[.!?)] (?:AP|AFP|APA|dpa|DPA|Reuters|REUTERS|IMAGO|imago|KEYSTONE|Keystone|EPA|TASS|picture[ -]alliance"
    rf"|Getty Images|IMAGO Images) ?/ ?{_PHOTOGRAPHER}$"
    r"|\((?:Archiv|Symbol)(?:bild|foto|aufnahme)\)[.:]?(?: [^.!?]{2,60})?$"
)
_CREDIT_APPENDED = re.compile(r"(?:(?<=[.!?)“\"]) |\. ?| [(|©–-] ?)[^.!?/]{2,40}/[^.!?/]{2,40}$")


def is_clutter(line: str) -> bool:
    """Whether a line, taken alone, is a leftover of a web page: an advert, a teaser, a photo credit, a button.

    In doubt it is not: a sentence that merely begins with such a word stays.
    """
    if not line or len(line) > _LONGEST_CLUTTER:
        return False
    core = line.strip(_AROUND)
    if core.rstrip(_AT_END).casefold() in _WHOLE_LINES or _FURNITURE.match(core) or _CREDIT_AT_END.search(line):
        return True
    if line.endswith(">>") and line.count("<<") == 0:
        return True
    if _SHARE_WORDS.fullmatch(core) or _SHORT_CREDIT.fullmatch(core):
        return True
    return bool(_LABELLED.match(core)) and not core.endswith((".", ".“", '."', "?“", "!“"))


def drop_clutter(text: str) -> str:
    """The normalised text without the lines that are leftovers of a web page, and without lines said twice in a row.

    A picture's caption that stands there twice, the second time with the photographer, goes altogether.
    """
    lines = text.split("\n")
    filled = [number for number, line in enumerate(lines) if line]
    dropped = {number for number in filled if is_clutter(lines[number])}
    for first, second in pairwise(filled):
        caption, again = lines[first], lines[second]
        if again == caption:
            dropped.add(second)
        elif again.startswith(caption) and _CREDIT_APPENDED.match(again, len(caption)):
            dropped.update((first, second))
    return join_lines(line for number, line in enumerate(lines) if number not in dropped)
