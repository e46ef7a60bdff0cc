"""Sentence splitting: hard German cases, offsets, and what happens to text that is no prose."""

import json
from pathlib import Path

import pytest

from index.sentences import MAX_SENTENCE, split_sentences
from index.types import Article, Sentence

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "sentences_de.jsonl").read_text(encoding="utf-8").splitlines()
]

HOSTILE = [
    ".", "…", "!", "„", "“", "»", '"', "'", "`", "(", "[", "1", "a", "-", "😀", " ", "\n",
    "a.", "A. ", "1. ", "z. B. ", "Dr. ", "„A.“ ", '"A. ', "(A. ", "„a! ", ".“ ", ". „", "a. B", "Aa.Bb", "a@.A",
    ". – ", "a\n", ". \n", "a; ", "A (", "x “",
]  # fmt: skip


def texts(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(Article(id="a", text=text))]


@pytest.mark.parametrize("case", CASES, ids=[f"{case['about']}-{line}" for line, case in enumerate(CASES, start=1)])
def test_split_sentences_finds_the_sentences_of_hard_german_text(case):
    assert texts(case["text"]) == case["sentences"]


def test_split_sentences_gives_offsets_in_characters():
    text = "  Ömer lacht 😀 laut.  „Schön!“\n\n– Ende –\n"
    assert split_sentences(Article(id="a7", text=text)) == [
        Sentence("a7", 2, 20, "Ömer lacht 😀 laut."),
        Sentence("a7", 22, 30, "„Schön!“"),
        Sentence("a7", 32, 40, "– Ende –"),
    ]


@pytest.mark.parametrize("text", ["", " ", "\n\n \t\n", "\u00a0\u2003"])
def test_split_sentences_of_blank_text_is_empty(text):
    assert texts(text) == []


def test_split_sentences_crosses_the_lines_of_wrapped_text_only():
    wrapped = (
        "Der Steg am Nordufer ist so morsch, dass die Gemeinde ihn bis auf\n"
        "weiteres sperrt. Ein neuer soll im nächsten Jahr gebaut werden."
    )
    lines = (
        "Der Steg am Nordufer ist nach Jahren des Streits gesperrt\nund bleibt es auch\nVon unserer Redaktion\nEs eilt"
    )
    assert texts(wrapped) == [
        "Der Steg am Nordufer ist so morsch, dass die Gemeinde ihn bis auf\nweiteres sperrt.",
        "Ein neuer soll im nächsten Jahr gebaut werden.",
    ]
    assert texts(lines) == lines.split("\n")


@pytest.mark.parametrize(
    ("separator", "first"),
    [
        ("; dort, hier – oder da ", "; dort, hier – oder da Wort;"),
        (", hier – oder da ", ", hier – oder da Wort,"),
        (" – oder da ", " – oder da Wort –"),
        (" ", " Wort"),
    ],
)
def test_split_sentences_cuts_an_overlong_sentence_at_the_best_place(separator, first):
    text = separator.join(["Wort"] * 500)
    pieces = texts(text)
    assert pieces[0].endswith(first)
    assert all(MAX_SENTENCE // 3 <= len(piece) <= MAX_SENTENCE for piece in pieces[:-1])
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_split_sentences_cuts_a_run_without_white_space_hard():
    assert texts("ü" * (2 * MAX_SENTENCE + 5)) == ["ü" * MAX_SENTENCE, "ü" * MAX_SENTENCE, "ü" * 5]


def test_split_sentences_leaves_a_sentence_of_the_longest_length_whole():
    sentence = "wo, " * (MAX_SENTENCE // 4 - 1) + "dort"
    assert texts(f"  {sentence}   \nDanach.") == [sentence, "Danach."]


@pytest.mark.parametrize("unit", HOSTILE)
def test_split_sentences_loses_nothing_of_hostile_text(unit):
    text = unit * (100_000 // len(unit))
    rest = 0
    for sentence in split_sentences(Article(id="a", text=text)):
        assert text[rest : sentence.start].strip() == ""
        assert sentence.text == text[sentence.start : sentence.end] == sentence.text.strip()
        assert 0 < len(sentence.text) <= MAX_SENTENCE
        rest = sentence.end
    assert text[rest:].strip() == ""


@pytest.mark.parametrize("unit", ["„A.“ Und ", "A. ", "(", "Das ist „so. ", "1. "])
def test_split_sentences_treats_paragraphs_alike_wherever_they_stand(unit):
    paragraph = unit * 500
    assert texts("\n\n".join([paragraph] * 3)) == texts(paragraph) * 3
