"""Makes the follow-up questions of a conversation whole, so that each can be searched for on its own."""

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from index.analysis import content_phrases, terms
from qa.questions import AnswerKind, detect_language, expected_kind

_LONGEST_FOLLOW_UP = 40  # words; a longer text says itself what it is about
_LONGEST_NOTE = 12  # words that are carried over in brackets
_LONGEST_QUOTATION = 300  # characters
_LONGEST_PART = 5  # words of a part that takes the place of another
_SHORTEST_PART = 4  # letters of a part of a compound

_TOKEN = re.compile(r"\w+(?:[-'’.:&/]\w+)*")
_NOTED = re.compile(r"([^?]*\?) \(([^()]*)\)")  # a question that was made whole with a note

# what may stand in front of a follow-up
_OPENER = re.compile(
    r"(?i)(?:(?:un[dt]?|aber|oder|also|na|and|but|or|so|а|и|но|і|й|але|та)\b[\s,]*)+(?:(?:auch|dann|also|then)\b\s*)?|"
    r"auch (?=\w)"
)
_WHAT_OF = re.compile(
    r"(?i)(?:was ist (?:denn )?mit|wie (?:sieht|sah|steht|ist|war) es(?: denn)?|(?:what|how) about) "
    r"(?=\S+(?: \S+){0,3}$)"
)
_POLITE = re.compile(
    r"(?i)(?:kannst du|können sie|weißt du|wissen sie|sag|sagen sie)(?: mir| uns)?(?: bitte| mal)*(?: sagen)?,? (?=w)"
)
_SMALL_TALK = re.compile(
    r"(?i)\b(?:du|dich|dir|deine?[mnrs]?|you|your|ты|тебя|ти|тебе)\b|wie (?:spät|viel uhr) ist|"
    r"wie geht(?:.?s$| es (?:dir|euch|(?-i:Ihnen)))|neues\b"
)

_DEGREES = (
    "hoch groß gross lange lang alt teuer oft weit schwer schnell stark dick tief breit warm kalt häufig voll wichtig "
    "schlimm gut sicher"
)
_PREPOSITION = (
    "seit|bis|ab|von|vom|mit|für|fuer|an|am|auf|bei|beim|gegen|um|in|im|ins|aus|zu|zum|zur|nach|über|ueber|durch|wegen|"
    "vor|unter|laut|trotz|ohne|neben|hinter|zwischen|während|since|until|by|for|from|with|at|on|to|of|about|"
    "according to|с|до|в|у|на|за|от|о|від|з|про|к|для|из|із|после|після"
)
_SAME_PREPOSITION = ("in|im|ins", "an|am|ans", "zu|zum|zur", "bei|beim", "von|vom", "für|fuer", "über|ueber")
_ASKING = re.compile(
    rf"(?i)(?:(?:{_PREPOSITION}) )?(?:"
    rf"we[rmn]|wessen|was|wann|warum|weshalb|weswegen|wieso|wohin|woher|"
    rf"wo(?:r?(?:an|auf|aus|bei|durch|für|gegen|in|mit|nach|ran|über|um|unter|von|vor|zu))?|"
    rf"(?P<counting>wie ?viele?[nr]?|welche[rnms]?)|wie(?: (?:{_DEGREES.replace(' ', '|')}))?|"
    rf"how(?: (?:many|much|long|old|high|often|far|big|large))?|who(?:m|se)?|what|when|where|why|which|"
    rf"кто|кого|кому|кем|что|чего|чем|где|когда|почему|зачем|сколько|как(?:ой|ая|ие|ое|их|ого|ую)?|куда|откуда|"
    rf"хто|ким|що|чого|де|коли|чому|навіщо|скільки|як(?:ий|а|і|е|их|ого|у)?|куди|звідки)\b"
)
_ASKING_WORDS = ("wer", "was", "wann", "warum", "wieso", "weshalb", "wohin", "woher", "wieviel", "wieviele", "welche")
# what may take another's place at the head of a question without a change of the rest
_ADVERBIAL = tuple(
    re.compile(rf"(?i)(?:{words})\b(?: (?:genau|denn|eigentlich|exactly|именно|саме)\b)?")
    for words in (
        r"(?:seit |bis |ab )?wann|wo|wohin|woher|warum|weshalb|weswegen|wieso|wie (?:lange|oft)|wozu|wodurch|womit",
        r"(?:since |until )?when|where|why|how (?:long|often)",
        r"когда|где|почему|зачем|куда|откуда",
        r"коли|де|чому|навіщо|куди|звідки",
    )
)

_MONTH = "(?:januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)"
_WEEKDAY = "(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)"
_YEAR = r"(?:1[5-9]\d\d|20\d\d)"
_TIME_FORMS = (  # from the most special
    rf"(?:(?:am|vom|zum|seit dem|bis zum|vor dem|nach dem) )?\d{{1,2}}\. ?(?:{_MONTH}|\d{{1,2}}\.)(?: ?{_YEAR})?",
    rf"(?:(?:im|seit|bis|ab|anfang|mitte|ende) ){{0,2}}{_MONTH}(?: {_YEAR})?",
    rf"(?:(?:am|seit|bis|ab|vom) )?{_WEEKDAY}(?:morgen|vormittag|mittag|nachmittag|abend)?",
    rf"(?:im jahre? |in )?{_YEAR}",
    r"(?:um )?\d{1,2}(?:[.:]\d\d)? uhr",
    r"vorgestern|gestern|heute|übermorgen|damals|yesterday|today|(?:letzte|vorige|diese|nächste|vergangene)[nsmr]? "
    r"(?:jahr|monat|woche|sommer|winter|herbst|frühjahr)|last year",
)
_TIMES = tuple(re.compile(rf"(?i)\b(?:{form})\b") for form in _TIME_FORMS)
_TIME = re.compile(rf"(?i)\b(?:{'|'.join(_TIME_FORMS)})\b")
_TIME_NOUN = re.compile("jahre?s?|monate?s?|woche|tage?n?|sommer|winter|herbst|frühjahr|saison|jahrhundert")

_ARTICLE = "(?:de[rmn]|die|das|ein(?:e[mnr]?)?|seine?[mnr]?|ihre?[mnr]?|the) "
_LEADING_ARTICLE = re.compile(rf"(?i){_ARTICLE}")
_CAPITAL = r"[^\W\d_a-zäöüß][\w’']*(?:[-&]\w+)*"  # a word with a capital letter
_PHRASE = rf"(?:{_ARTICLE})?(?:[a-zäöüß]+e[mnrs]? )*{_CAPITAL}(?: {_CAPITAL})*"  # article, adjectives, nouns
_FULL_NAME = re.compile(
    rf"\b(?:{_CAPITAL} )?(?:(?:Dr\.|Prof\.) )*"  # "Historiker Dr."
    rf"{_CAPITAL}(?: (?:van|von|de|di|da|del|bin)(?: der| den)?)?(?: {_CAPITAL})+"
)
_DETERMINER = re.compile(
    r"(?i)de[rmns]|die|das|ein(?:e[mnrs]?)?|kein(?:e[mnrs]?)?|[ai]m|beim|[vz]om|zu[mr]|ins|ans|aufs|diese[mnrs]?|"
    r"jede[mnrs]?|(?:sein|ihr|unser)(?:e[mnrs]?)?|alle[nr]?|viele[nr]?|wieviele?|mehrere|einige|welche[mnrs]?|\d+|the|an?"
)
# "die straßenbahn in", but not "die neue Straßenbahn"; "das" may stand for a matter
_LOWER_CASE_NOUN = re.compile(
    rf"(?<!,) (?:der|die|den|dem|des|eine[mnrs]?|ihre?|seine?|zum|zur) [a-zäöüß]{{4,}}"
    rf"(?: (?:{_PREPOSITION}|ist|hat|wird|wurden?|sind|und)\b|$)"
)
_INFLECTED = re.compile(r"\w+e[mnrs]?")
_PARTICIPLE = re.compile(r"\w*ge\w{2,}(?:t|en)|(?:be|ver|er|zer|ent|miss)\w{3,}(?:t|en)|\w+(?:iert|ieren)")
_FURTHER_ON = re.compile(rf"(?:te|ne|de)[mnrs]? {_CAPITAL}")  # "das in der Nacht gesunkene Schiff": an article
_MAY_BE_VERB = re.compile(r"\w+(?:(?:t|en|te) | (?:er|sie|es|ih[mnr]|(?:sein|ihr)e[mnrs]?)\b)")
_ADJECTIVE = re.compile(r"\w+(?:lich|ig|isch|bar|sam|los|voll|haft)(?:e[mnrs]?)?")
_SAYING = (
    r"sagt|sagte|sagen|meint|meinte|reagiert|reagierte|reagieren|antwortete?|kommentierte?|erklärte?|forderte?|schreibt|"
    r"schrieb|denkt|hält"
)

_REACTION = re.compile(r"(?i)(?:was|wie) (?:sagt|sagte|sagen|meint|meinte|reagierte?|antwortete?|kommentierte?) ")
_WHO_SAID = re.compile(
    r"(?i)wer (?:hat (?:das|dies|die zahl) (?:denn )?(?:gesagt|behauptet|erklärt|mitgeteilt|berichtet|genannt|"
    r"angegeben)|(?:sagte?|behaupte[nt]*|erklärte?|berichtete?) (?:das|dies)(?: denn)?)|"
    r"von wem (?:stammt|kommt|ist) (?:das|dies|die (?:zahl|angabe|aussage|information))"
)
_BOUNDARY = re.compile(
    r"(?i)[,;:.!?–]|(?<!mehr )(?<!weniger )\bals\b|\b(?:wenn|dass|daß|weil|ob|bevor|nachdem|obwohl|während|falls|"
    r"sobald|solange|und|oder|aber|wie|was|wann|wo|wer|warum|wohin|if|when|that|because|after|before|while|and|or)\b"
)
_CLAUSE_FOLLOWS = re.compile(r"(?i),|\b(?:dass|daß|ob)\b")  # "Was spricht dafür, dass ...": nothing earlier is meant
_PERSONAL = frozenset(("er", "sie", "ihm", "ihn", "ihnen"))
# pronouns with what stands before a noun, or opens a name, that they cannot stand for
_DISAGREEING = re.compile(
    r"(?:er|ihn) (?:die|k?eine|frau|das)|(?:ihm|sein\w*) (?:die|k?eine|frau)|"
    r"(?:sie|ih(?:nen|r\w*)) (?:das|dem|k?ein(?:em)?|[ai]m|beim|[vz]om|zum|herrn?)"
)
_POSSESSIVE = re.compile("(?:sein|ihr)(?:e[mnrs]?)?")
_POINTING = re.compile(
    r"dort|dorthin|damals|dessen|deren|daher|seitdem|seither|deswegen|deshalb|das|dies|diese[mnrs]?|"
    r"da(?:ran|rauf|raus|rin|rüber|rum|runter|von|zu|für|gegen|mit|bei|durch|nach|vor|hinter|zwischen|neben)?"
)
_IDIOM = re.compile("dabei|dazu|davon")  # at the end often part of the verb: "kommen dazu", "ist dabei"
_MATTER = re.compile(rf"(?i)\b(?:das|dies|da(?:zu|bei|für|gegen|mit|durch|von|ran|rauf|raus|rum)?|that|{_SAYING})\b")
_PERSON = re.compile(
    r"(?i)\b(?:er|sie|ihm|ihn|ihnen|seine?[mnrs]?|ihre?[mnrs]?|he|she|him|hers?|his|он|она|его|её|ее|ему|ей|він|вона|"
    r"його|її|йому|їй)\b"
)
_PLURAL = re.compile(r"(?i)\b(?:sind|\w+en) sie\b")  # or polite
_FOREIGN_PRONOUN = re.compile(
    r"(?i)\b(?:he|she|they|him|her|his|their|them|its|those|these|он|она|они|его|её|ее|ему|ей|им|их|н[её]м|ней|них|ним|"
    r"він|вона|вони|його|її|йому|їй|їм|їх|ньому)\b"
)
_FOREIGN_POSSESSIVE = re.compile(r"(?i)his|her|their|its|those|these|его|её|ее|их|його|її|їх")
_FOREIGN_MATTER = re.compile(
    r"(?i)\b(?:it|this|there|that(?=\W*$)|это|этого|этому|этим|этом|там|тогда|це|цього|цьому|цим|тоді)\b"
)
# "Und wie viele waren es 2015?": nothing of its own but the part that changes
_SAME_AGAIN = re.compile(
    r"(?i)\s*(?:(?:war|waren|ist|sind|wird|werden|gab|gibt|sieht|sah|steht)\s+(?:es|das|sie)\s+)?(?:denn\s+)?"
    r"(\S.*?)(?:\s+aus)?"
)

_VERB_WORDS = """
ist sind war waren wird werden wurde wurden hat haben hatte hatten kann können konnte konnten wäre wären hätte hätten
darf dürfen muss müssen soll sollen sollte will wollen wollte gibt gab bleibt möchte würde könnte
"""
_VERBS = frozenset(_VERB_WORDS.split())
_COMMON_WORDS = f"""
{_DEGREES} genau eigentlich insgesamt gerade heute gestern morgen schon derzeit aktuell bisher inzwischen wirklich
überhaupt ungefähr zuletzt zuerst danach vorher nachher später früher wieder immer bald endlich jemand niemand wenig
weniger wenige genug passiert geschehen geschah los schuld statt betroffen beteiligt neu neue neuen erste erster
ersten zweite zweiter zweiten dritte dritter dritten nächste nächsten letzte letzten beiden sonst außerdem davor zu ja
nein gar bloß pro so ganz nochmal konkret sagen sagt sagte gesagt macht gemacht geben heißt kam kamen ging weitere
weiteren genauer details euro exactly then happened много еще ещё ще именно
"""
_COMMON = frozenset(_COMMON_WORDS.split()) | _VERBS  # words that say nothing about a topic
_ASPECT_WORDS = """
Schaden Schäden Sachschaden Kosten Gesamtkosten Preis Wert Betrag Summe Höhe Zahl Anzahl Anteil Prozent Dauer Länge
Größe Alter Gewicht Fläche Geld Finanzierung Umsatz Gewinn Verlust Eintritt Karte Ticket Gehalt Lohn Ursache Grund
Gründe Anlass Motiv Folge Folgen Konsequenz Auswirkung Ergebnis Ausgang Urteil Strafe Reaktion Kritik Vorwurf Vorwürfe
Forderung Vorschlag Plan Pläne Ziel Zweck Aufgabe Rolle Bedeutung Unterschied Vorteil Nachteil Problem Lösung Risiko
Gefahr Alternative Voraussetzung Bedingung Hintergrund Hintergründe Chance Beginn Anfang Ende Termin Datum Zeitpunkt
Zeit Frist Tag Nacht Abend Woche Monat Jahr Stunde Minute Uhr Uhrzeit Ort Stelle Platz Lage Adresse Name Titel Beruf
Herkunft Grundlage Art Weise Teil Hälfte Rest Mehrheit Minderheit Opfer Todesopfer Verletzte Schwerverletzte Tote
Vermisste Überlebende Täter Verdächtige Beschuldigte Angeklagte Festnahme Zeuge Zeugin Ermittler Ermittlung Richter
Richterin Anwalt Anwältin Verteidiger Verteidigung Betreiber Hersteller Veranstalter Eigentümer Besitzer Anwohner
Nachbar Nachbarn Bewohner Einwohner Bürger Besucher Zuschauer Publikum Teilnehmer Mitarbeiter Beschäftigte Angestellte
Kunde Kunden Gast Gäste Mensch Menschen Leute Person Personen Mann Männer Frau Frauen Kind Kinder Experte Experten
Fachleute Forscher Kritiker Gegner Sprecher Sprecherin Chef Chefin Leiter Leiterin Leitung Vorsitzende Direktor
Direktorin Trainer Trainerin Kapitän Fahrer Fahrerin Pilot Mitglied Mitglieder Sieger Siegerin Gewinner Autor Autorin
Gründer Gründerin Familie Ereignis Vorfall Fall Sache Thema Frage Antwort Aussage Angabe Angaben Beleg Belege Beweis
Beweise Quelle Hinweis Information Details Beteiligung Teilnahme Stimme Stimmen Partner Konkurrenz Konkurrent Regie
Jury Musik Einsatz Rettung Hilfe Entscheidung Begründung Beute Auslöser Reparatur Belohnung Farbe Tor Treffer
Erklärung damage cost costs price reason cause consequences result people victims injured dead police name age
"""
_SORT_WORDS = """
Firma Unternehmen Konzern Verein Stadt Gemeinde Dorf Land Region Gebäude Haus Schiff Produkt Projekt Vorhaben Unfall
Polizei Feuerwehr Gericht Staatsanwaltschaft Behörde Verwaltung Regierung Opposition Partei Gewerkschaft Verband
Versicherung Präsident Präsidentin Minister Ministerin Bürgermeister Bürgermeisterin Krankenhaus Markt Fabrik Werk
Anlage Zug Bus Auto Boot Wagen Flugzeug Fahrzeug Leiche Waffe Feuer Brand Explosion Angriff Anschlag Tat Überfall
Diebstahl Wahl Abstimmung Spiel Turnier Konzert Fest Feier Ausstellung Gesetz Vertrag Antrag Klage Prozess Studie
Bericht Gutachten Bild Tier Tiere Verfahren Verhandlung Besatzung Mannschaft Team Crew Gruppe Mutter Vater Sohn Tochter
Bruder Schwester Eltern Ehefrau Ehemann Wohnung Verdacht Erfolg Fehler Maßnahme Maßnahmen Kampagne Veranstaltung Treffen
Sitzung Foto Video Schlacht Kampf Kämpfe Offensive Krieg
"""
# nouns that make the name of a place of what they are joined to
_SITES = tuple(
    terms("Brücke Tunnel Straße Bahnhof Hafen Halle Schule Kirche Museum Turm Park Tal Ufer Schleuse Stadion Insel See")
)
_ASPECTS = frozenset(terms(_ASPECT_WORDS))  # nouns for a side, a part or a role of something
_GENERIC = _ASPECTS.union(terms(_SORT_WORDS), _SITES)  # and for the sort of thing that it is: no topics of their own


@dataclass(frozen=True, slots=True)
class Earlier:
    """A turn of the conversation."""

    question: str  # as understood: made whole if it was a follow-up
    short_answer: str | None = None
    sentence: str | None = None  # the first cited sentence
    title: str | None = None  # of its article
    answered: bool = True  # or refused


@dataclass(frozen=True, slots=True)
class Understood:
    """What is searched for: the question itself, or made whole."""

    question: str
    carried: tuple[str, ...] = ()  # what was taken from the conversation; empty: the question stands alone


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a question is made of; words are known by their positions."""

    text: str  # without "und" in front and punctuation behind
    opened: bool  # whether something like "und" stood in front
    asking: re.Match[str] | None  # the question words at its beginning
    words: tuple[re.Match[str], ...]
    things: tuple[int, ...]  # words that name something
    topics: tuple[int, ...]  # of these, the ones that are not generic
    names: tuple[int, ...]  # of these, the ones that look like proper names


def understand(question: str, history: Sequence[Earlier]) -> Understood:
    """Make a question whole that leans on the conversation, oldest turn first; leave any other as it is."""
    if not history:
        return Understood(question)
    reading = _read(question)
    recent = _recent(history)
    if not _leans(reading, recent):
        return Understood(question)
    return (
        _who_said(reading, recent[0])
        or _asked_anew(reading, recent[0])
        or _with_part_replaced(reading, recent[0].question)
        or _with_note(question, reading, [turn for turn in recent if turn.answered] or recent)
    )


def asked_before(questions: Sequence[str]) -> list[Earlier]:
    """The turns of a conversation of which only the questions are known, oldest first."""
    turns: list[Earlier] = []
    for question in questions:
        turns.append(Earlier(understand(question, turns).question))
    return turns


def _recent(history: Sequence[Earlier]) -> list[Earlier]:
    """The last turn, and the one before if it was about the same; newest first."""
    last = history[-1]
    if len(history) > 1 and set(terms(last.question)) & set(terms(history[-2].question)) - _GENERIC:
        return [last, history[-2]]
    return [last]


# ---- reading a question


def _read(question: str) -> _Reading:
    polite = _after(_POLITE, " ".join(question.split()).rstrip(" ?!.…"))
    inner = _after(_WHAT_OF, _after(_OPENER, polite))
    opened = inner != polite
    text = _spelled(inner)
    asking = _ASKING.match(text)
    words = tuple(_TOKEN.finditer(text))
    content = frozenset(word[0].lower() for phrase in content_phrases(text) for word in _TOKEN.finditer(phrase))
    start = asking.end() if asking else 0
    telling = [n for n, word in enumerate(words) if word.start() >= start and _tells(word[0], content)]
    verb = sum(word.start() < start for word in words) if asking else -1  # it stands second in German
    if asking and asking["counting"]:
        verb += 1  # behind what is counted
    first = 1 if asking or ("?" in question and _MAY_BE_VERB.match(text)) else 0
    capitals = [n for n in telling if n >= first and not words[n][0][0].islower()]
    careful = capitals or "?" in question if question[:1].isupper() else capitals and opened
    careless = _LOWER_CASE_NOUN.search(text) or not careful
    likely = _likely_nouns(words, telling, verb) if careless else []
    things = tuple(sorted({*capitals, *likely}))
    topics = tuple(n for n in things if set(terms(words[n][0])) - _GENERIC)
    return _Reading(
        text=text,
        opened=opened,
        asking=asking,
        words=words,
        things=things,
        topics=topics,
        names=tuple(n for n in topics if n in capitals and _is_name(words, n, verb)),
    )


def _after(lead: re.Pattern[str], text: str) -> str:
    found = lead.match(text)
    return text[found.end() :] if found else text


def _spelled(text: str) -> str:
    """The text with a small slip in its question word mended."""
    first, space, rest = text.partition(" ")
    if not first.lower().startswith("w") or first.lower() in _VERBS or _ASKING.match(text):
        return text
    close = get_close_matches(first.lower(), _ASKING_WORDS, n=1, cutoff=0.8)
    return f"{close[0]}{space}{rest}" if close else text


def _tells(word: str, content: frozenset[str]) -> bool:
    """Whether a word may name something: no stop word, adverb, time or mere number."""
    lowered = word.lower()
    number = re.fullmatch(r"[\d.,]+", word)
    return lowered in content and lowered not in _COMMON and not number and not _TIME.fullmatch(word)


def _likely_nouns(words: Sequence[re.Match[str]], telling: Sequence[int], verb: int) -> Iterator[int]:
    """The words of a lower-case text that are probably neither verb nor adjective."""
    last = len(words) - 1
    auxiliary = any(word[0].lower() in _VERBS for word in words)
    for n in telling:
        word = words[n][0]
        at_end = auxiliary and n == last
        infinitive = at_end and word.endswith("en") and words[n - 1][0] not in ("der", "die")
        if n == verb or infinitive or (at_end and _PARTICIPLE.fullmatch(word)) or _ADJECTIVE.fullmatch(word):
            continue
        yield n


def _is_name(words: Sequence[re.Match[str]], n: int, verb: int) -> bool:
    """Whether a noun stands without article and adjective, or in capital letters only, as a proper name does."""
    word, before = words[n][0], words[n - 1][0] if n else ""
    if sum(letter.isupper() for letter in word.split("-")[0]) > 1:
        return True
    adjective = n - 1 != verb and before[:1].islower() and _INFLECTED.fullmatch(before) and content_phrases(before)
    return not (_DETERMINER.fullmatch(before) or adjective)


# ---- telling follow-ups


def _leans(reading: _Reading, recent: Sequence[Earlier]) -> bool:
    """Whether a question needs what was said before; in doubt it does not."""
    if not 0 < len(reading.words) <= _LONGEST_FOLLOW_UP or _SMALL_TALK.search(reading.text):
        return False
    if detect_language(reading.text) != "de" or _FOREIGN_PRONOUN.search(reading.text):
        return _foreign_leans(reading)
    short = len(reading.words) <= _LONGEST_PART
    if reading.opened:
        enough = len(reading.topics) > 3 or (len(reading.topics) > 1 and len(reading.names) > 0)
        return not enough or (reading.asking is None and short)
    if not reading.topics or _is_fragment(reading):
        return True
    if any(_stands_for_earlier(reading, n) for n in range(len(reading.words))):
        return True
    if _REACTION.match(reading.text) and short and len(_runs(reading, reading.topics)) == 1:
        return True
    known = _known(recent)
    return not reading.names and all(_was_named(reading.words[n][0], known) for n in reading.topics)


def _foreign_leans(reading: _Reading) -> bool:
    """The same for other languages, whose commonest forms are known."""
    names = [word for word in reading.words[1:] if word[0][0].isupper() and word[0] != "I"]
    own = [word for phrase in content_phrases(reading.text) for word in phrase.split() if word not in _COMMON]
    if reading.opened:
        return not names or len(own) < 4
    if pronoun := _FOREIGN_PRONOUN.search(reading.text):
        start = reading.asking.end() if reading.asking else 0
        if _FOREIGN_POSSESSIVE.fullmatch(pronoun[0]) and content_phrases(reading.text[start : pronoun.start()]):
            return False  # "Why do the ferries keep their lights on?"
        named = any(name.start() < pronoun.start() for name in names)
        return not named and not (len(own) > 1 and _BOUNDARY.search(reading.text, 1, pronoun.start()))
    if names:
        return False
    if _FOREIGN_MATTER.search(reading.text):
        return len(own) <= 3
    return _is_fragment(reading)


def _is_fragment(reading: _Reading) -> bool:
    """Whether a question is no sentence and no search words either: "In Kursk?", "Am Sonntag?", "Welche Partei?"."""
    if reading.asking:
        return len(_TOKEN.findall(reading.text, reading.asking.end())) <= 1
    phrase = _preposition(reading.text) and len(reading.words) <= _LONGEST_PART
    return bool(phrase or _TIME.fullmatch(reading.text))


def _stands_for_earlier(reading: _Reading, n: int) -> bool:
    """Whether a word stands for something that the question itself does not name before it."""
    word, text = reading.words[n], reading.text
    lowered = word[0].lower()
    last = n == len(reading.words) - 1
    if n and word[0][0].isupper():
        return False  # the polite "Sie" and "Ihr"
    if lowered in _PERSONAL or (lowered == "ihr" and not _is_article(reading, n)):
        return not _named_in_clause_before(reading, n)
    if _POSSESSIVE.fullmatch(lowered):
        return not last and not _named_before(reading, n)
    if lowered in ("beide", "beiden"):
        return n + 1 not in reading.topics and not reading.names
    if _CLAUSE_FOLLOWS.search(text, word.end()) or text[: word.start()].endswith(", "):
        return False
    if lowered in ("der", "die", "den", "dem"):
        return last
    if not _POINTING.fullmatch(lowered) or (lowered in ("das", "dies") and _is_article(reading, n)):
        return False
    if not last and _TIME_NOUN.fullmatch(reading.words[n + 1][0].lower()):
        return False
    idiom = last and _IDIOM.fullmatch(lowered) and reading.names and len(_runs(reading, reading.topics)) > 1
    return not idiom and not _named_in_clause_before(reading, n)


def _is_article(reading: _Reading, n: int) -> bool:
    """Whether adjectives at most stand between a word and a noun."""
    for place in range(n + 1, len(reading.words)):
        word = reading.words[place][0]
        if place in reading.things or word[0].isdigit():
            return True
        if not _INFLECTED.fullmatch(word) or not content_phrases(word):
            return _FURTHER_ON.search(reading.text, reading.words[place].end()) is not None
    return False


def _named_in_clause_before(reading: _Reading, n: int) -> bool:
    """Whether another clause before a word names what it may mean; in its own clause a pronoun means something else."""
    named = _named_before(reading, n)
    start, end = reading.words[named[0]].end() if named else 0, reading.words[n].start()
    return bool(named) and _BOUNDARY.search(reading.text, start, end) is not None


def _named_before(reading: _Reading, n: int) -> list[int]:
    """The things before a word, for a pronoun without those of another gender, as far as their articles tell."""
    pronoun = reading.words[n][0].lower()
    return [
        place
        for place in reading.things
        if place < n and not _DISAGREEING.fullmatch(f"{pronoun} {_opener(reading, place)}")
    ]


def _opener(reading: _Reading, place: int) -> str:
    """What stands before a noun and those next to it; "Frau" and "Herr" themselves; "dem" for a masculine "der"."""
    while place - 1 in reading.things:
        place -= 1
    title, opener, before = (reading.words[n][0].lower() if n >= 0 else "" for n in (place, place - 1, place - 2))
    if title in ("frau", "herr", "herrn"):
        return title
    feminine = place - 2 in reading.things or re.fullmatch(_PREPOSITION, before)
    return "dem" if opener == "der" and not feminine else opener


def _known(recent: Sequence[Earlier]) -> frozenset[str]:
    """The terms of what was said."""
    said = (text for turn in recent for text in (turn.question, turn.short_answer, turn.sentence, turn.title))
    return frozenset(term for text in said for term in terms(text or ""))


def _was_named(noun: str, known: frozenset[str]) -> bool:
    """Whether a noun was named, or is part of a compound with one that was: "Straßenbahn" and "Bahn"."""
    return all(any(_same(term, other) for other in known) for term in terms(noun))


def _same(term: str, other: str) -> bool:
    if min(len(term), len(other)) < _SHORTEST_PART:
        return term == other
    place = term.endswith(_SITES) and other not in _GENERIC  # the bridge over the Wehra has a name of its own
    return other.endswith(term) or (term.startswith(other) and not place)


# ---- making them whole


def _parts(question: str) -> tuple[str, list[str]]:
    """A question as understood: the question proper without its mark, and what stands behind it in brackets."""
    noted = _NOTED.fullmatch(question)
    if noted is None:
        return question.rstrip(" ?!.…"), []
    main, notes = noted[1].rstrip(" ?!.…"), noted[2].split(", ")
    if _OPENER.match(main) and _ASKING.match(notes[0]):
        return notes[0], [_after(_OPENER, main), *notes[1:]]  # "Und in Kursk? (Was geschah am Sonntag)"
    return main, notes


def _noted(main: str, notes: Sequence[str]) -> str:
    return f"{main[:1].upper()}{main[1:]}?" + (f" ({', '.join(notes)})" if notes else "")


def _who_said(reading: _Reading, last: Earlier) -> Understood | None:
    """The question who said what was cited last, with these words."""
    if last.sentence is None or not _WHO_SAID.fullmatch(reading.text):
        return None
    said = textwrap.shorten(last.sentence, _LONGEST_QUOTATION, placeholder=" …")
    return Understood(f"Wer hat gesagt: „{said}“?", (said,))


def _asked_anew(reading: _Reading, last: Earlier) -> Understood | None:
    """The last question with another question word: "Wo begann der Angriff?" + "wann?"."""
    asking, nicht, _ = reading.text.partition(" nicht")
    head = next((pattern for pattern in _ADVERBIAL if pattern.fullmatch(asking)), None)
    if head is None:
        return None
    main, notes = _parts(last.question)
    answered = re.match(r"(?i)wer (\w+)(?= )", main)
    before = _read(main + "?")
    if before.asking is None and 0 not in before.things:
        kept = main[0].lower() + main[1:] + nicht
    elif nicht:
        return None
    elif old := head.match(main):
        kept = main[old.end() :].lstrip()
    elif answered and last.short_answer and _FULL_NAME.fullmatch(last.short_answer):
        kept = f"{answered[1]} {last.short_answer}{main[answered.end() :]}"
    else:
        return None
    return Understood(_noted(f"{asking} {kept}", notes), (*content_phrases(kept), *notes))


def _with_part_replaced(reading: _Reading, previous: str) -> Understood | None:
    """The last question with a time, place or name put for another one: "Was geschah 2014?" + "und 2015?"."""
    main, notes = _parts(previous)
    before = _read(main + "?")
    part = _part(reading, before)
    if part is None:
        return None
    span = _span_of_time(part, main) or _span_of_phrase(part, main) or _span_of_name(reading, before, main)
    if span is None:
        return None
    start, end = span
    if _preposition(part) or _DETERMINER.fullmatch(part.split(" ", 1)[0]):
        part = part[0].lower() + part[1:]
    kept = (*content_phrases(main[:start]), *content_phrases(main[end:]), *notes)
    return Understood(_noted(main[:start] + part + main[end:], notes), kept)


def _part(reading: _Reading, before: _Reading) -> str | None:
    """What a question brings if it is nothing but a part to be put into the one before it."""
    if reading.asking is None:
        return reading.text if _is_phrase(reading) else None
    again = _SAME_AGAIN.fullmatch(reading.text, reading.asking.end())
    if not again or not before.asking or reading.asking[0].lower() not in (before.asking[0].lower(), "wie"):
        return None
    part = again[1]
    return part if (_TIME.fullmatch(part) or _preposition(part)) and _is_phrase(_read(part)) else None


def _is_phrase(reading: _Reading) -> bool:
    """Whether a text holds no verb, as far as its form tells."""
    words = [word[0] for word in reading.words]
    if _TIME.fullmatch(reading.text):
        return True
    if _preposition(reading.text) or _DETERMINER.fullmatch(words[0]):
        return len(words) <= _LONGEST_PART
    return len(words) <= 2 and words[0].lower() not in _VERBS


def _preposition(text: str) -> str | None:
    found = re.match(rf"(?i)({_PREPOSITION}) \S", text)
    return found[1].lower() if found else None


def _span_of_time(part: str, main: str) -> tuple[int, int] | None:
    """Where a time of the same form stands, without a year that still holds; else where any time stands."""
    for form in _TIMES:
        if form.fullmatch(part) and (old := form.search(main)):
            year = re.search(rf" {_YEAR}$", old[0])
            holds = year is not None and re.search(_YEAR, part) is None
            return old.start(), old.start() + year.start() if year and holds else old.end()
    old = _TIME.search(main) if _TIME.fullmatch(part) else None
    return old.span() if old else None


def _span_of_phrase(part: str, main: str) -> tuple[int, int] | None:
    """Where the same preposition stands with something that is no time; the last one counts."""
    preposition = _preposition(part)
    if preposition is None or _TIME.fullmatch(part):
        return None
    forms = next((forms for forms in _SAME_PREPOSITION if preposition in forms.split("|")), preposition)
    noun = _PHRASE if re.search(rf"\w {_CAPITAL}", main) else rf"(?:{_ARTICLE})?[\w-]+"
    found = re.finditer(rf"\b(?:{forms}) {noun}", main)
    spans = [old.span() for old in found if not _TIME.fullmatch(old[0])]
    return spans[-1] if spans else None


def _span_of_name(reading: _Reading, before: _Reading, main: str) -> tuple[int, int] | None:
    """Where the only name stands, for a name; where it stands who says something, for a person or an institution."""
    if _preposition(reading.text) or _TIME.fullmatch(reading.text):
        return None
    if said := re.match(rf"(?i:(?:was|wie) (?:{_SAYING})) ({_PHRASE})", main):
        return said.span(1)
    if not reading.topics or _DETERMINER.fullmatch(reading.words[0][0]):
        return None
    offset = main.find(before.text)
    runs = [(start + offset, end + offset) for start, end in _runs(before, before.names)]
    free = [span for span in runs if not re.search(rf"(?i)\b(?:{_PREPOSITION}) (?:{_ARTICLE})?$", main[: span[0]])]
    spans = free or runs
    return spans[0] if len(spans) == 1 else None


def _runs(reading: _Reading, positions: Sequence[int]) -> list[tuple[int, int]]:
    """Spans of the words at these positions, names of several words whole."""
    spans: list[tuple[int, int]] = []
    for start, end in (reading.words[n].span() for n in positions):
        if spans and reading.text[spans[-1][1] : start] in (" ", " & "):
            start = spans.pop()[0]
        spans.append((start, end))
    return spans


def _with_note(question: str, reading: _Reading, recent: Sequence[Earlier]) -> Understood:
    """The question as it was typed, with what it leans on behind it in brackets."""
    main, notes = _parts(recent[0].question)
    person = _person(recent) if _PERSON.search(_PLURAL.sub("", reading.text)) else None
    part = reading.asking is None and _is_phrase(reading) and (reading.topics or _TIME.fullmatch(reading.text))
    if part and len(main.split()) <= _LONGEST_NOTE:
        phrases = [main, *notes]  # the question is the same, but for a part that has no place in it
    else:
        matter = _MATTER.search(reading.text) or not (reading.things or _PERSON.search(reading.text))
        latest = _told(main) if matter else _things(main + "?", aspects=True)
        older = notes if matter else [phrase for note in notes for phrase in _things(note, aspects=False)]
        phrases = [*older, *latest] or notes or _told(main)
    carried = _shortened([person, *phrases] if person else phrases, question)
    return Understood(_noted(question.rstrip(" ?!.…"), carried) if carried else question, carried)


def _told(main: str) -> list[str]:
    """What a question tells: its content phrases."""
    return _kept(main, lambda word: word.lower() not in _COMMON)


def _things(text: str, *, aspects: bool) -> list[str]:
    """What a question or a note names, and its years; phrases that are nothing but an aspect only if wanted."""
    if detect_language(text) != "de":
        return _told(text)
    reading = _read(text)
    if not reading.things:
        reading = _read(text.rstrip("?"))  # typed without capital letters
    named = {reading.words[n][0] for n in reading.things}
    phrases = _kept(text, lambda word: word in named or word == "&" or re.fullmatch(_YEAR, word) is not None)
    return [phrase for phrase in phrases if aspects or set(terms(phrase)) - _ASPECTS]


def _kept(text: str, wanted: Callable[[str], bool]) -> list[str]:
    """The content phrases of a text, made of the wanted words only."""
    phrases = (" ".join(filter(wanted, phrase.split())) for phrase in content_phrases(text))
    return [phrase for phrase in phrases if phrase]


def _shortened(phrases: Sequence[str], question: str) -> tuple[str, ...]:
    """The phrases that say something new, as far as they are short enough together."""
    said = set(terms(question))
    kept: list[str] = []
    words = 0
    for phrase in phrases:
        new = set(terms(phrase)) - said
        words += len(phrase.split())
        if new and words <= _LONGEST_NOTE:
            kept.append(phrase)
            said |= new
    return tuple(kept)


def _person(recent: Sequence[Earlier]) -> str | None:
    """Who was named last as the answer; None where a question names somebody, who is carried over with its topic."""
    for turn in recent:
        kind, answer = expected_kind(turn.question), _after(_LEADING_ARTICLE, turn.short_answer or "")
        if kind is AnswerKind.PERSON and 0 < len(answer.split()) <= _LONGEST_PART:
            return answer
        if kind in (AnswerKind.PERSON, AnswerKind.OTHER) and (name := _FULL_NAME.match(answer)):
            return name[0]
        if _FULL_NAME.search(turn.question):
            return None
    return None
