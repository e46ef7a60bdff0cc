"""Guesses what a misspelt German question was meant to be; the one home of simplemma, the dictionary it looks into."""

import re
import string
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import simplemma
from anyascii import anyascii

from index.analysis import terms
from index.catalogue import Catalogue
from index.language import detect_language
from qa import questions

_WORD = re.compile(r"\w+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]{1,40}")
_SHORTEST = 5  # letters of a word that is corrected; shorter ones have too many neighbours
_SHORTEST_PART = 5  # letters of a word in a compound; of shorter ones many a misspelt word is made, too
_LINKS = ("", "s", "n", "en", "es", "er", "e")  # what may stand between the words of a compound
_MOST_UNKNOWN = 8  # words of a question; a text with more is not one that was misspelt
_MOST_WORDS = 500_000  # different ones of a collection, some 170 MB; where there are more, nothing is corrected
_QUESTION_WORDS = frozenset(
    {"wann", "warum", "welche", "welchem", "welchen", "welcher", "welches", "weshalb", "weswegen", "wieso", "wieviel"}
    | {"wieviele", "wodurch", "wofür", "woher", "wohin", "womit", "woran", "wovon", "wozu"}
)


class Speller:
    """The words of a collection, read again when it has changed. Threads may share it.

    Articles that are added are read alone; when some have gone, all are.
    """

    def __init__(self, catalogue: Catalogue, *, most_words: int = _MOST_WORDS) -> None:
        """Nothing is read before the first question; a collection with more different words gives no corrections."""
        self._catalogue = catalogue
        self._most_words = most_words
        self._lock = threading.Lock()
        self._sequence = -1
        self._forget()

    def _forget(self) -> None:
        self._articles: set[str] = set()
        self._stems: set[str] = set()
        self._is_large = False  # and has words that were not read
        # words as they are written, by their letters without case and diacritics
        self._forms = {_key(word): word for word in _QUESTION_WORDS}

    def corrected(self, question: str) -> str | None:
        """The question with its misspelt words replaced; None where there is none, or no telling what it stands for.

        A word is replaced if neither the articles nor the dictionary have it, and one wrong, missing, additional or
        misplaced letter, but for the first one, tells it from just one word of the articles. A question in another
        language is left alone.
        """
        question = unicodedata.normalize("NFC", question)
        if questions.detect_language(question) != "de" or detect_language(question) not in (None, "de"):
            return None
        with self._lock:
            self._read_articles()
            replacements = self._replacements(_WORD.findall(question))
        if not replacements:
            return None
        return _WORD.sub(lambda found: replacements.get(found[0], found[0]), question)

    def _read_articles(self) -> None:
        with self._catalogue.reading():
            sequence = self._catalogue.sequence
            if sequence == self._sequence:
                return
            stored = {source.article_id for source in self._catalogue.sources()}
            if not self._articles <= stored:
                self._forget()
            words: set[str] = set()
            for article_id in stored - self._articles:
                article = self._catalogue.article(article_id)
                if article is None or self._is_large:
                    continue
                found = _WORD.findall(f"{article.title} {article.publisher or ''} {article.text}")
                words.update(filter(_LATIN.fullmatch, found))
                self._is_large = len(words) + len(self._forms) > self._most_words
        self._add(sorted(words))
        self._articles = stored
        self._sequence = sequence

    def _add(self, words: Sequence[str]) -> None:
        self._stems.update(terms(" ".join(words)))
        for word in words:
            key = _key(word)
            # with the fewest capitals, since a verb may begin a sentence, and a name stand in capitals
            self._forms[key] = min(word, self._forms.get(key, word), key=lambda form: (_capitals(form), form))

    def _replacements(self, words: Sequence[str]) -> dict[str, str]:
        """What to put for which of a question's words."""
        if self._is_large:
            return {}
        candidates = (word for place, word in enumerate(words) if place == 0 or len(word) >= _SHORTEST)
        unknown = list(islice(filter(self._needs_correction, dict.fromkeys(candidates)), _MOST_UNKNOWN + 1))
        if len(unknown) > _MOST_UNKNOWN:
            return {}
        return {word: meant for word in unknown if (meant := self._meant(word))}

    def _needs_correction(self, word: str) -> bool:
        """Whether this is a word that is not known; numbers and abbreviations are none."""
        if not _LATIN.fullmatch(word) or not word[1:].islower():
            return False
        return not self._is_known(word) and not _is_compound(word.lower(), self._is_known)

    def _is_known(self, word: str) -> bool:
        key = _key(word)
        languages = ("de", "en") if len(word) >= _SHORTEST else ("de",)  # German articles are full of English names
        return (
            all(term in self._stems for term in terms(word))
            or any(form in self._forms for form in (key, key.removesuffix("s"), key + "s"))  # a name's genitive
            or simplemma.is_known(word, lang=languages, low_memory=True)
        )

    def _meant(self, word: str) -> str | None:
        """The one word that a slip of the keyboard made this of, as the articles write it."""
        key = _key(word)
        if len(word) < _SHORTEST:  # the first one, such as "Wan"
            close = {slip for slip in _slips(key) if slip in _QUESTION_WORDS and len(slip) > len(key)}
        else:
            close = {self._forms[slip] for slip in _slips(key) if slip in self._forms}
        if len({_term(form) for form in close}) != 1:
            return None
        meant = min(close)  # of several forms of a word the shortest, or the first by the alphabet
        return meant[0].upper() + meant[1:] if word[0].isupper() else meant


def _is_compound(word: str, is_known: Callable[[str], bool]) -> bool:
    """Whether a word is made of two that are known."""
    for end in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
        before = word[:end]
        firsts = {before.removesuffix(link) for link in _LINKS}
        if is_known(word[end:]) and any(len(first) >= _SHORTEST_PART and is_known(first) for first in firsts):
            return True
    return False


def _slips(key: str) -> Iterator[str]:
    """What a letter more, less, changed or swapped with the next makes of a word; the first letter stays."""
    for place in range(1, len(key) + 1):
        before, after = key[:place], key[place:]
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        for letter in string.ascii_lowercase:
            yield before + letter + after
            yield before + letter + after[1:]


def _key(word: str) -> str:
    return anyascii(word.lower()).lower()


def _term(form: str) -> str:
    """What the inflected forms of a word share; a stop word's is itself."""
    return " ".join(terms(form)) or form.lower()


def _capitals(word: str) -> int:
    return sum(map(str.isupper, word))
