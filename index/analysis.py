"""Turns German text into search terms, and names into keys that their transliterations share.

The same analysis serves articles and questions, so a term is found however it was inflected or spelled:
`Häuser`, `Haeuser` and `häuser` give one term; Peskow, Peskov and Песков give one key.
"""

import re
import threading
import unicodedata

import Stemmer
from anyascii import anyascii

VERSION = 1  # a change of terms needs the lexical index to be built anew

_WORD = re.compile(r"\w+(?:[.,]\d+)*")
_ASKING = re.compile(
    r"wo(?:r?(?:an|auf|aus|bei|durch|für|gegen|in|mit|nach|ran|über|um|unter|von|vor|zu))|wie ?viele?[rn]?|denn|bitte"
)
_JOINS = re.compile(r" |-| & |’|'")  # what may stand between the words of one phrase
_SHORTEST_NAME = 4  # letters of a name's key; shorter ones fall together by chance

_STOP_WORDS = """
aber alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes auch auf aus bei beim bin
bis bist da dabei dadurch damit dann daran darauf daraus darin darum das dass dasselbe davon dazu dein deine dem den
denn der deren derselbe des dessen dich die dies diese dieselbe diesem diesen dieser dieses dir doch dort du durch ein
eine einem einen einer eines einig einige einigem einigen einiger einiges einmal er es etwa etwas euch euer eure für
gegen gewesen hab habe haben hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im in
indem ins ist ja je jede jedem jeden jeder jedes jene jenem jenen jener jenes jetzt kann kein keine keinem keinen keiner
keines können könnte laut man manche manchem manchen mancher manches mehr mein meine mich mir mit muss musste nach nicht
nichts noch nun nur ob oder ohne sehr sein seine seinem seinen seiner seines seit selbst sich sie sind so solche solchem
solchen solcher solches soll sollte sondern sonst über um und uns unser unsere unter viel viele vom von vor während war
waren warst was weg weil weiter welche welchem welchen welcher welches wem wen wenn wer werde werden wessen weshalb wie
wieder wieso will wir wird wirst wo woher wohin worden wurde wurden würde würden zu zum zur zwar zwischen warum wann
a an and are as at be been by did do does for from had has have how in is it its many much of on or that the their there
they this to was were what when where which who whom whose why will with
и в во на с со к по за из от до для не что кто где когда как почему сколько какой какая какие какое был была были это
і й у та з зі до від що хто де коли як чому скільки який яка які яке був була були це
"""

_stemmers = threading.local()


def terms(text: str) -> list[str]:
    """The search terms of a text in order: stemmed lower-case words and numbers without stop words."""
    words = [word.lower() for word in _words(text)]
    return _stem([word for word in words if word not in _STOPS])


def name_keys(text: str) -> list[str]:
    """Keys for the words of a text that may be names, equal for common transliterations of one name.

    Every word counts that is long enough, in lower case too, since questions are often typed so.
    """
    keys = (_name_key(word) for word in _words(text) if word.lower() not in _STOPS)
    return [key for key in keys if len(key) >= _SHORTEST_NAME]


def content_phrases(text: str) -> list[str]:
    """The runs of words, as they are written, between stop words and punctuation."""
    phrases: list[str] = []
    end = -1  # where the last content word ended
    for found in _WORD.finditer(text):
        if found[0].lower() in _STOPS or _ASKING.fullmatch(found[0].lower()):
            end = -1
        elif phrases and end >= 0 and _JOINS.fullmatch(text, end, found.start()):
            phrases[-1] += text[end : found.end()]
            end = found.end()
        else:
            phrases.append(found[0])
            end = found.end()
    return phrases


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", text))  # a mark that stands apart is no letter of its word


def _stem(words: list[str]) -> list[str]:
    """Snowball's German stemmer; one a thread, since it keeps state while it works."""
    stemmer = getattr(_stemmers, "german", None)
    if stemmer is None:
        stemmer = _stemmers.german = Stemmer.Stemmer("german")
    stems: list[str] = stemmer.stemWords([word.replace("ß", "ss") for word in words])
    return stems


# what German, English, French and scholarly spellings of Slavic names write for one sound, longest first
_SOUNDS = (
    ("schtsch", "s"), ("shch", "s"), ("tsch", "h"), ("tch", "h"), ("sch", "s"), ("sh", "s"), ("zh", "s"), ("ch", "h"),
    ("kh", "h"), ("ck", "k"), ("ph", "f"), ("th", "t"), ("ts", "s"), ("tz", "s"), ("x", "ks"), ("z", "s"), ("c", "k"),
    ("q", "k"), ("v", "w"), ("y", "i"), ("j", "i"), ("ou", "u"), ("ie", "e"), ("'", ""),
)  # fmt: skip
_REPEATED = re.compile(r"(.)\1+")


def _name_key(word: str) -> str:
    """The word in Latin letters, with one letter for each sound and no letter twice in a row."""
    if word[0].isdigit():
        return ""
    key = anyascii(word.lower()).lower()
    for spelling, sound in _SOUNDS:
        key = key.replace(spelling, sound)
    return _REPEATED.sub(r"\1", key)


_STOPS = frozenset(_STOP_WORDS.split())
