"""The sample articles and the questions on them agree with each other."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
ARTICLES = ROOT / "articles"
DATA = ROOT / "tests" / "data"


@pytest.fixture(scope="module")
def articles() -> dict[str, str]:
    return {path.name: path.read_bytes().decode("utf-8") for path in sorted(ARTICLES.glob("*.txt"))}


@pytest.fixture(scope="module")
def questions() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / "sample_questions.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def examples() -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((DATA / "example_questions.json").read_text(encoding="utf-8"))
    return loaded


def header_of(text: str) -> list[tuple[str, str]]:
    """Key and value of each line before the first empty one."""
    lines = text.split("\n\n", maxsplit=1)[0].split("\n")
    return [(key, value) for key, _, value in (line.partition(": ") for line in lines)]


def body_of(text: str) -> str:
    """What follows the header; gold sentences have to stand here, a title is no evidence."""
    return text.split("\n\n", maxsplit=1)[1]


def test_sample_articles_are_many_enough_and_well_formed(articles: dict[str, str]) -> None:
    assert len(articles) >= 24
    malformed = [
        name
        for name, text in articles.items()
        if [key for key, _ in header_of(text)] != ["Titel", "Quelle", "Datum"]
        or not all(value.strip() for _, value in header_of(text))
        or "\r" in text
        or not text.endswith("\n")
        or not body_of(text).strip()
    ]
    assert malformed == []


def test_sample_articles_are_named_by_their_iso_date(articles: dict[str, str]) -> None:
    dates = {name: dict(header_of(text))["Datum"] for name, text in articles.items()}
    assert {name: date.fromisoformat(day).isoformat() for name, day in dates.items()} == dates
    assert {name: name[:10] for name in articles} == dates
    assert [name for name in articles if not name.isascii()] == []


def test_sample_articles_have_unique_titles(articles: dict[str, str]) -> None:
    titles = [dict(header_of(text))["Titel"] for text in articles.values()]
    assert sorted(set(titles)) == sorted(titles)


def test_sample_questions_have_unique_ids_and_known_languages(questions: list[dict[str, Any]]) -> None:
    ids = [question["id"] for question in questions]
    assert sorted(set(ids)) == sorted(ids)
    assert {question["lang"] for question in questions} == {"de", "en", "ru", "tr", "uk"}


def test_sample_questions_quote_their_articles_word_for_word(
    articles: dict[str, str], questions: list[dict[str, Any]]
) -> None:
    misquoted = [
        (question["id"], gold)
        for question in questions
        for gold in question["gold"]
        if not gold["sentence"] or gold["sentence"] not in body_of(articles[gold["article"]])
    ]
    assert misquoted == []


def test_sample_questions_have_their_answers_in_a_gold_sentence(questions: list[dict[str, Any]]) -> None:
    astray = [
        (question["id"], answer)
        for question in questions
        for answer in question["answers"]
        if not any(answer in gold["sentence"] for gold in question["gold"])
    ]
    assert astray == []


def test_sample_questions_are_answerable_exactly_where_they_have_gold(questions: list[dict[str, Any]]) -> None:
    inconsistent = [
        question["id"]
        for question in questions
        if not (question["answerable"] == bool(question["gold"]) == bool(question["answers"]))
    ]
    assert inconsistent == []


def test_sample_questions_need_several_sentences_only_where_there_are_several(
    questions: list[dict[str, Any]],
) -> None:
    assert [q["id"] for q in questions if q.get("all") and len(q["gold"]) < 2] == []


def test_example_questions_are_ten_and_answered_by_their_articles(
    articles: dict[str, str], examples: list[dict[str, Any]]
) -> None:
    assert len({example["question"] for example in examples}) == len(examples) == 10
    unanswered = [example for example in examples if example["answer_contains"] is None]
    assert [example["article"] for example in unanswered] == [None]
    astray = [
        example["question"]
        for example in examples
        if example not in unanswered and example["answer_contains"] not in body_of(articles[example["article"]])
    ]
    assert astray == []
