"""Reads question-answering sets into what the evidence reader is trained on: questions with windows and their gold.

Three kinds of JSON Lines files are told apart by their fields:

    public sets       question, context, answers [{text, start}] and, where the set is about sentences, sentences
    written articles  id, title, text or paragraphs (lists of sentences), qas
    more questions    article, question, sentences (those that answer, word for word), answer
"""

import gzip
import json
import random
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from index.embedding import Embedder
from index.errors import InputInvalid
from index.store import NewsIndex
from index.types import Hit
from qa.reader import window_of
from qa.reader_model import Window

WINDOW = 900  # characters of a public set's window; texts in Japanese carry more in each
_JAPANESE = 0.45  # of that
_FOUND = 10  # passages that the index finds for a written question
_SHORTEST_GOLD = 8  # characters; shorter sentences are found everywhere
_JAPANESE_END = re.compile(r"[。！？!?\n]+")
_END = re.compile(r"(?<=[.!?؟])\s+|\n+")

Row = Mapping[str, Any]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Target:
    """A window and what in it answers the question."""

    window: Window
    gold: frozenset[int]  # its sentences that answer; empty where none does
    span: Span | None = None  # the short answer, offsets into the text; None where it is not known


@dataclass(frozen=True, slots=True)
class Group:
    """A question with windows of which none, one or several answer it."""

    question: str
    targets: tuple[Target, ...]
    spans: bool = True  # whether the set tells the words that answer, and not only the sentences
    ranked: bool = False  # whether the windows are what an index found, best first


@dataclass(frozen=True, slots=True)
class Written:
    """A question about a written article."""

    article: str  # id
    question: str
    gold: tuple[str, ...]  # sentences that answer; empty where the article does not answer
    answer: str


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file, gzipped or not. Raises InputInvalid naming file and line."""
    rows: list[dict[str, Any]] = []
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
            for line in stream:
                rows.append(json.loads(line))  # noqa: PERF401  # the rows so far tell the line of an error
    except (OSError, ValueError, EOFError, zlib.error) as error:
        raise InputInvalid(f"{path}:{len(rows) + 1} cannot be read ({error}); name JSON Lines files") from error
    return rows


def held_out(article_id: str) -> bool:
    """Whether a written article is kept from training, for measuring and fitting: those whose number ends in 3."""
    return article_id.split(".")[0].endswith("3")


# public sets


def public_groups(rows: Iterable[Row]) -> Iterator[Group]:
    """A group for each question; the windows of its text that do not answer are hard negatives."""
    for row in rows:
        targets = _targets(row, _answer_spans(row))
        if targets and (any(target.gold for target in targets) or not row["answers"]):
            yield Group(row["question"], targets, spans="sentences" not in row)


def crossed_groups(rows: Iterable[Row]) -> Iterator[Group]:
    """Questions in another language with the German text, where a set has its questions in several languages.

    Ids that differ in the language only ("set-train-uk-17", "set-train-de-17") are one question.
    """
    versions: defaultdict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        versions[str(row["id"]).replace(f"-{row['lang']}-", "-")][row["lang"]] = row
    for by_language in versions.values():
        german = by_language.get("de")
        for language in ("en", "uk"):
            if german and language in by_language:
                yield from public_groups([{**german, "question": by_language[language]["question"]}])


def _answer_spans(row: Row) -> list[Span]:
    return [(answer["start"], answer["start"] + len(answer["text"])) for answer in row["answers"]]


def _targets(row: Row, answers: Sequence[Span]) -> tuple[Target, ...]:
    """A row's text cut into windows of whole sentences, each with what it holds of the answers."""
    japanese = row["lang"] == "ja"
    text = row["context"]
    sentences = [(start, end) for start, end in row.get("sentences") or _cut(text, japanese=japanese)]
    size = WINDOW * (_JAPANESE if japanese else 1)
    targets = []
    first = 0
    while first < len(sentences):
        last = first
        while last + 1 < len(sentences) and sentences[last + 1][1] - sentences[first][0] <= size:
            last += 1
        base, end = sentences[first][0], sentences[last][1]
        run = tuple((start - base, stop - base) for start, stop in sentences[first : last + 1])
        inside = [(start - base, stop - base) for start, stop in answers if start < end and stop > base]
        gold = frozenset(
            number for number, (a, b) in enumerate(run) if any(start < b and stop > a for start, stop in inside)
        )
        whole = [(start, stop) for start, stop in inside if start >= 0 and stop <= end - base]
        targets.append(Target(Window("", text[base:end], run), gold, whole[0] if whole else None))
        first = last + 1
    return tuple(targets)


def _cut(text: str, *, japanese: bool) -> Iterator[Span]:
    """Sentences of a text, roughly."""
    start = 0
    for found in (_JAPANESE_END if japanese else _END).finditer(text):
        end = found.end() if japanese else found.start()
        if text[start:end].strip():
            yield start, end
        start = found.end()
    if text[start:].strip():
        yield start, len(text)


def with_strangers(groups: Sequence[Group], *, share: float, seed: int) -> list[Group]:
    """Give some groups a window of a neighbouring question's text, in these sets often one of the same article."""
    pick = random.Random(seed)  # noqa: S311  # no secret
    results = []
    for number, group in enumerate(groups):
        if pick.random() < share:
            own = {target.window.text for target in group.targets}
            for step in (*range(1, 12), *range(-1, -12, -1)):
                stranger = pick.choice(groups[(number + step) % len(groups)].targets).window
                if all(stranger.text not in text and text not in stranger.text for text in own):
                    group = replace(group, targets=(*group.targets, Target(stranger, frozenset())))
                    break
        results.append(group)
    return results


# written articles


def written_questions(rows: Iterable[Row]) -> Iterator[Written]:
    """The questions of written articles, and of files of more questions about them."""
    for row in rows:
        if "qas" not in row:
            yield Written(row["article"], row["question"], tuple(row["sentences"]), row["answer"])
            continue
        for asked in row["qas"]:
            if "q" in asked:
                sentences = [sentence for paragraph in row["paragraphs"] for sentence in paragraph]
                gold = [sentences[number] for number in asked["s"]]
                yield Written(row["id"], asked["q"], tuple(gold), asked["a"])
            else:
                gold = [asked["sentence"], *asked.get("all_sentences", [])] if asked["answerable"] else []
                yield Written(row["id"], asked["question"], tuple(dict.fromkeys(gold)), asked["answer"])


def write_articles(rows: Iterable[Row], folder: Path) -> None:
    """Write each article as a text file with a header, as an index reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    for row in rows:
        text = row.get("text") or "\n\n".join(" ".join(paragraph) for paragraph in row["paragraphs"])
        header = f"Titel: {row['title']}\nQuelle: {row['publisher']}\nDatum: {row['date']}\n\n"
        (folder / f"{row['id']}.txt").write_text(f"{header}{text}\n", encoding="utf-8")


def index_articles(rows: Iterable[Row], folder: Path, embedder: Embedder) -> NewsIndex:
    """An index of the written articles in a folder; what is there already is kept."""
    write_articles(rows, folder / "articles")
    news_index = NewsIndex.open_or_create(folder / "index", embedder)
    news_index.add([folder / "articles"])
    return news_index


def written_groups(questions: Iterable[Written], news_index: NewsIndex) -> Iterator[tuple[Written, Group]]:
    """Each question with the passages that the index finds for it: the hard negatives are those of real use.

    What another article says in the same words may well be the same answer, so it is no negative and left out.
    """
    for asked in questions:
        hits = news_index.search(asked.question, top=_FOUND)
        targets = [
            _judged(asked, hit) for hit in hits if hit.article.name == _name(asked) or not _says(hit, asked.answer)
        ]
        yield asked, Group(asked.question, tuple(targets), ranked=True)


def _name(asked: Written) -> str:
    return f"{asked.article}.txt"


def _says(hit: Hit, answer: str) -> bool:
    passage = hit.article.text[hit.passage.start : hit.passage.end]
    return bool(answer) and re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", passage, re.IGNORECASE) is not None


def _judged(asked: Written, hit: Hit) -> Target:
    """A hit with what in it answers."""
    window = window_of(hit)
    if hit.article.name != _name(asked):
        return Target(window, frozenset())
    wanted = [_spaced(sentence) for sentence in asked.gold]
    said = [_spaced(sentence.text) for sentence in hit.passage.sentences]
    gold = frozenset(number for number, text in enumerate(said) if any(_same(text, sentence) for sentence in wanted))
    for number in sorted(gold):
        start, end = window.sentences[number]
        place = window.text.find(asked.answer, start, end)
        if asked.answer and place >= 0:
            return Target(window, gold, (place, place + len(asked.answer)))
    return Target(window, gold)


def _same(text: str, other: str) -> bool:
    """Whether one of two sentences holds the other, as where they were split differently."""
    short, long = sorted((text, other), key=len)
    return text == other or (len(short) >= _SHORTEST_GOLD and short in long)


def _spaced(text: str) -> str:
    return " ".join(text.split())
