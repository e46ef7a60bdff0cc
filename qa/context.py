"""Tells which cited sentences need the one before them to be understood."""

import re

# what stands for somebody or something named before, at the beginning of a sentence
_STANDS_FOR = (
    r"Er|Sie|Ihm|Ihn|Ihnen|Sein(?:e[mnrs]?)?|Ihr(?:e[mnrs]?)?|Dieser?|Dieses|Diese[mn]|Dies|Jene[mnrs]?|Dessen|Deren|"
    r"Dort|Dabei|Dazu|Dafür|Dagegen|Davon|Daran|Daraus|Darauf|Darin|Darum|Damit|Dadurch|Danach|Daneben|Damals|"
    r"Deshalb|Deswegen|Daher|Trotzdem|Dennoch|Stattdessen|Letztere[nrs]?|Beide[nrs]?"
)
_OPENING = re.compile(rf"[\W_]*(?:{_STANDS_FOR})\b")
_THAT = re.compile(r"[\W_]*Das (?=[a-zäöü])")  # "Das sagte", "Das ist": no noun follows
_ROLE = re.compile(r"[\W_]*D(?:er|ie|em|en) (?:etwa |rund |heute )?\d{1,3}-[Jj]ährige")
_SAID = re.compile(r"[\"“”«»‘’,] (?:so |sagte |sagt |erklärte |meinte )(?:er|sie)\b")


def leans_on_previous(sentence: str) -> bool:
    """Whether a sentence names its subject by a pronoun or a role only: the one before it tells who is meant."""
    return any(pattern.match(sentence) for pattern in (_OPENING, _THAT, _ROLE)) or _SAID.search(sentence) is not None
