import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from helpers import CountingEmbedder

from index.errors import InputInvalid
from index.store import NewsIndex, Scope
from qa import render
from qa.answers import Assistant
from qa.batch import answer_questions, retrieve_questions
from qa.question_files import Question
from qa.settings import Settings

BATH = "Das Bad öffnet im Mai. Es hat 25 Bahnen. Der Rat freut sich."
QUESTIONS = [
    Question("q1", "Wie viele Bahnen hat das Bad?"),
    Question("ü2", "Was ist nass?", Scope(articles=("moor.txt",))),
    Question("q3", "Wann  öffnet\n das Bad?", Scope(since="2025-01-01")),
    Question("q4", "Wer freut sich?"),
]


@pytest.fixture
def assistant(tmp_path, write_article):
    """Two small articles, with counted words for vectors; it answers whatever it is asked."""
    write_article("bad.txt", BATH, title="Bad", date="2025-05-01")
    write_article("moor.txt", "Das Moor ist nass. Der Torf wächst.", title="Moor", date="2024-02-01")
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    news_index.add([tmp_path / "news"])
    yield Assistant(news_index, settings=Settings(threshold=0.0, longest_question=100))
    news_index.close()


def lines(path: Path) -> list[dict]:
    """The objects of a file without the one thing that differs from run to run."""
    return [{**json.loads(line), "seconds": None} for line in path.read_text(encoding="utf-8").splitlines()]


def test_answer_questions_writes_one_answer_a_line_in_order(assistant, tmp_path):
    told = []
    out = tmp_path / "out.jsonl"
    assert answer_questions(assistant, QUESTIONS, out, tell=lambda *done: told.append(done)) == []
    assert lines(out) == [
        {**render.answer_object(assistant.ask(question.text, scope=question.scope), question.id), "seconds": None}
        for question in QUESTIONS
    ]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert out.read_text(encoding="utf-8").endswith("\n")


@pytest.mark.parametrize("count", [1, 3, 40])
def test_answer_questions_with_workers_writes_the_same_in_the_same_order(assistant, tmp_path, count):
    questions = [replace(question, id=f"{question.id}-{n}") for n in range(count) for question in QUESTIONS]
    questions.insert(1, Question("lang", "Wo " * 100))
    alone, together, told = tmp_path / "alone.jsonl", tmp_path / "together.jsonl", []
    failures = answer_questions(assistant, questions, alone)
    threads = torch.get_num_threads()
    again = answer_questions(assistant, questions, together, workers=4, tell=lambda *done: told.append(done))
    assert lines(together) == lines(alone)
    assert again == failures == [f"question lang: {lines(alone)[1]['error']}"]
    assert told == [(n, len(questions)) for n in range(1, len(questions) + 1)]
    assert torch.get_num_threads() == threads


def test_answer_questions_with_workers_ends_at_an_error_and_keeps_what_was_written(assistant, tmp_path):
    out = tmp_path / "out.jsonl"
    before = set(threading.enumerate())

    def tell(done, _all):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answer_questions(assistant, QUESTIONS * 10, out, workers=2, tell=tell)
    assert [line["id"] for line in lines(out)] == [question.id for question in QUESTIONS[:2]]
    assert set(threading.enumerate()) <= before


def test_answer_questions_searches_in_the_scope_of_each_question(assistant, tmp_path):
    out = tmp_path / "out.jsonl"
    answer_questions(assistant, QUESTIONS, out)
    searched = [{passage["article"] for passage in line["passages"]} for line in lines(out)]
    assert searched == [{"bad.txt", "moor.txt"}, {"moor.txt"}, {"bad.txt"}, {"bad.txt", "moor.txt"}]


def test_answer_questions_makes_a_follow_up_whole_from_its_history(assistant, tmp_path):
    out = tmp_path / "out.jsonl"
    question = Question("q1", "Und 2025?", history=("Wie viele Bahnen hatte das Bad 2024?",))
    answer_questions(assistant, [question], out)
    [line] = lines(out)
    assert (line["question"], line["understood"]) == ("Und 2025?", "Wie viele Bahnen hatte das Bad 2025?")
    assert line["citations"] == lines_of(assistant, "Wie viele Bahnen hatte das Bad 2025?")["citations"]
    answer_questions(assistant, [question], out, resume=True)
    assert lines(out) == [line]


def lines_of(assistant: Assistant, question: str) -> dict:
    return json.loads(json.dumps(render.answer_object(assistant.ask(question), "q1")))


def test_answer_questions_without_resume_begins_anew(assistant, tmp_path):
    out = tmp_path / "out.jsonl"
    out.write_text("Altes\n")
    answer_questions(assistant, QUESTIONS[:1], out)
    assert [line["id"] for line in lines(out)] == ["q1"]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.5, 0.8, 0.999, 1.0])
def test_answer_questions_resumed_after_a_kill_gives_the_file_of_one_run(assistant, tmp_path, share):
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    answer_questions(assistant, QUESTIONS, whole)
    written = whole.read_bytes()
    out.write_bytes(written[: int(share * len(written))])
    answer_questions(assistant, QUESTIONS, out, resume=True)
    assert lines(out) == lines(whole)


def test_answer_questions_resumed_answers_only_what_is_missing(assistant, tmp_path):
    out, told = tmp_path / "out.jsonl", []
    answer_questions(assistant, QUESTIONS[:3], out)
    before = out.read_bytes()
    answer_questions(assistant, QUESTIONS, out, resume=True, tell=lambda *done: told.append(done))
    assert out.read_bytes().startswith(before)
    assert told == [(4, 4)]


def test_answer_questions_resumed_without_a_file_begins(assistant, tmp_path):
    answer_questions(assistant, QUESTIONS, tmp_path / "out.jsonl", resume=True)
    assert [line["id"] for line in lines(tmp_path / "out.jsonl")] == ["q1", "ü2", "q3", "q4"]


@pytest.mark.parametrize(
    ("there", "place"),
    [
        ('{"id": "x", "question": "Wer?"}\n', 1),
        ('{"id": "q1", "question": "Eine andere Frage?"}\n', 1),
        (
            '{"id": "q1", "question": "Wie viele Bahnen hat das Bad?", "passages": [], "abstained": true, '
            '"confidence": 0.0}\n{"id": "q3"}\n',
            2,
        ),
        ("Liebes Tagebuch,\nheute\n", 1),
        ("[1]\n", 1),
        ("Liebes Tagebuch", 1),
    ],
)
def test_answer_questions_leaves_the_file_of_another_run_alone(assistant, tmp_path, there, place):
    out = tmp_path / "out.jsonl"
    out.write_text(there)
    with pytest.raises(InputInvalid) as error:
        answer_questions(assistant, QUESTIONS, out, resume=True)
    assert str(error.value) == (
        f"--out {out} holds something else than answers to these questions (see its line {place}); "
        "name another file, or leave --resume out to begin anew"
    )
    assert out.read_text() == there


def test_answer_questions_leaves_a_longer_run_alone(assistant, tmp_path):
    out = tmp_path / "out.jsonl"
    answer_questions(assistant, QUESTIONS, out)
    before = out.read_bytes()
    with pytest.raises(InputInvalid, match="see its line 4"):
        answer_questions(assistant, QUESTIONS[:3], out, resume=True)
    assert out.read_bytes() == before


def test_answer_questions_gives_a_failed_question_its_line_and_goes_on(assistant, tmp_path):
    out = tmp_path / "out.jsonl"
    long = Question("lang", "Wo? " * 26)
    failures = answer_questions(assistant, [long, QUESTIONS[0]], out)
    reason = "the question has 103 characters, 100 are allowed; shorten it"
    assert failures == [f"question lang: {reason}"]
    failed, fine = lines(out)
    assert failed == {
        "id": "lang",
        "question": long.text,
        "answer": reason,
        "short_answer": None,
        "abstained": True,
        "confidence": 0.0,
        "citations": [],
        "passages": [],
        "conflict": None,
        "seconds": None,
        "error": reason,
    }
    assert fine["id"] == "q1"
    assert "error" not in fine
    assert answer_questions(assistant, [long, *QUESTIONS[:2]], out, resume=True) == failures  # it still counts
    assert len(lines(out)) == 3


def other_way(out: Path, question: str, line: int) -> str:
    """What is said of a file that was written with another index or other options."""
    return (
        f"--out {out} was written in another way: question {question!r} (its line {line}) comes out differently now; "
        "give the index and the options of then, name another --out, or leave --resume out to begin anew"
    )


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("done", [1, 3, 4])
def test_answer_questions_resumed_with_another_index_leaves_the_file_alone(assistant, tmp_path, done, workers):
    out = tmp_path / "out.jsonl"
    answer_questions(assistant, QUESTIONS[:done], out)
    with out.open("a") as stream:
        stream.write('{"id": "q')
    before = out.read_bytes()
    (tmp_path / "news" / "rad.txt").write_text("Das Rad hat 25 Bahnen und Speichen, freut sich der Rat.\n")
    assistant.news_index.add([tmp_path / "news"])
    with pytest.raises(InputInvalid) as error:
        answer_questions(assistant, QUESTIONS, out, resume=True, workers=workers)
    assert str(error.value) in [other_way(out, one.id, line) for line, one in enumerate(QUESTIONS, start=1)]
    assert out.read_bytes() == before


def test_answer_questions_asks_again_what_found_most_as_narrow_and_failed_ones_come_out_alike(assistant, tmp_path):
    out = tmp_path / "out.jsonl"
    nowhere = Question("nichts", "Wann öffnet das Bad?", Scope(since="2030-01-01"))
    questions = [QUESTIONS[0], QUESTIONS[1], Question("lang", "Wo " * 100), nowhere]
    answer_questions(assistant, questions, out)
    lacking = Assistant(assistant.news_index, settings=replace(assistant.settings, passages=1))
    with pytest.raises(InputInvalid) as error:
        answer_questions(lacking, questions, out, resume=True)
    assert str(error.value) == other_way(out, "q1", 1)


@pytest.mark.parametrize("stricter", [True, False])
def test_answer_questions_resumed_with_another_refusal_level_notices_it_in_any_line(assistant, tmp_path, stricter):
    out = tmp_path / "out.jsonl"
    doubtful = Question("d", "Was ist Torf?")
    assert assistant.ask(doubtful.text).confidence < 0.5
    sure = [Question(f"s{n}", "Das Bad öffnet im Mai") for n in range(5)]
    assert assistant.ask(sure[0].text).confidence > 0.6
    level = Assistant(assistant.news_index, settings=replace(assistant.settings, threshold=0.55))
    first, second = (assistant, level) if stricter else (level, assistant)
    answer_questions(first, [doubtful, *sure], out)
    with pytest.raises(InputInvalid) as error:
        answer_questions(second, [doubtful, *sure, QUESTIONS[0]], out, resume=True)
    assert str(error.value) == other_way(out, "d", 1)
    answer_questions(first, sure, out)
    answer_questions(second, sure, out, resume=True)  # what both levels answer alike is one run


@pytest.mark.parametrize(("change", "kept"), [(0.0, True), (0.0001, True), (-0.0001, True), (0.001, False)])
def test_answer_questions_resumed_bears_only_what_rounding_does(assistant, tmp_path, change, kept):
    out = tmp_path / "out.jsonl"
    answer_questions(assistant, QUESTIONS[:1], out)
    [line] = lines(out)
    for one in [line, *line["citations"], *line["passages"]]:
        key = "score" if "score" in one else "confidence"
        one[key] = round(one[key] + change, 4)
    out.write_text(json.dumps({**line, "seconds": 9.9}, ensure_ascii=False) + "\n", encoding="utf-8")
    if kept:
        answer_questions(assistant, QUESTIONS, out, resume=True)
        assert [line["id"] for line in lines(out)] == [question.id for question in QUESTIONS]
    else:
        with pytest.raises(InputInvalid) as error:
            answer_questions(assistant, QUESTIONS, out, resume=True)
        assert str(error.value) == other_way(out, "q1", 1)


@pytest.mark.parametrize("resume", [False, True])
def test_answer_questions_tells_where_it_cannot_write(assistant, tmp_path, resume):
    with pytest.raises(InputInvalid) as folder:
        answer_questions(assistant, QUESTIONS, tmp_path, resume=resume)
    assert str(folder.value) == (
        f"--out {tmp_path} cannot be written (Is a directory); name a file in a folder that exists and has room"
    )
    missing = tmp_path / "fehlt" / "out.jsonl"
    with pytest.raises(InputInvalid) as no_folder:
        answer_questions(assistant, QUESTIONS, missing, resume=resume)
    assert str(no_folder.value).startswith(
        f"--out {missing} cannot be written (No such file or directory); name a file"
    )


def test_answer_questions_names_a_failed_question_by_its_place(assistant, tmp_path):
    out = tmp_path / "out.jsonl"
    questions = [Question("q1", "?!", place="fragen.jsonl:7"), Question("q2", "!")]
    reason = "the question is empty; ask one, such as: Wann beginnt die Messe?"
    failures = [f"fragen.jsonl:7: {reason}", f"question q2: {reason}"]
    assert answer_questions(assistant, questions, out) == failures
    assert retrieve_questions(assistant, questions, out, unit="passage", top=1) == failures


def test_retrieve_questions_writes_passages_best_first(assistant, tmp_path):
    out = tmp_path / "run.jsonl"
    assert retrieve_questions(assistant, QUESTIONS, out, unit="passage", top=1) == []
    assert [(line["id"], [hit["article"] for hit in line["hits"]]) for line in lines(out)] == [
        ("q1", ["bad.txt"]),
        ("ü2", ["moor.txt"]),
        ("q3", ["bad.txt"]),
        ("q4", ["bad.txt"]),
    ]
    first = json.loads(out.read_text(encoding="utf-8").splitlines()[0])
    assert list(first) == ["id", "question", "hits", "seconds"]
    assert list(first["hits"][0]) == ["article", "article_id", "start", "end", "score"]
    assert (first["hits"][0]["start"], first["hits"][0]["end"]) == (0, len(BATH))


@pytest.mark.parametrize("unit", ["passage", "sentence"])
def test_retrieve_questions_resumed_after_a_kill_gives_the_file_of_one_run(assistant, tmp_path, unit):
    whole, out, told = tmp_path / "whole.jsonl", tmp_path / "out.jsonl", []
    retrieve_questions(assistant, QUESTIONS, whole, unit=unit, top=2)
    written = whole.read_bytes()
    out.write_bytes(written[: written.index(b"\n") + 30])
    retrieve_questions(assistant, QUESTIONS, out, unit=unit, top=2, resume=True, tell=lambda *done: told.append(done))
    assert lines(out) == lines(whole)
    assert told == [(2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    "options", [{"unit": "sentence", "top": 2}, {"unit": "passage", "top": 1}, {"unit": "passage", "top": 3}]
)
@pytest.mark.parametrize("done", [1, 2, 4])
def test_retrieve_questions_resumed_with_another_unit_or_top_leaves_the_file_alone(
    assistant, tmp_path, write_article, options, done
):
    write_article("see.txt", "Der See ist tief.")
    assistant.news_index.add([tmp_path / "news"])
    out = tmp_path / "out.jsonl"
    retrieve_questions(assistant, QUESTIONS[:done], out, unit="passage", top=2)
    before = out.read_bytes()
    with pytest.raises(InputInvalid, match="comes out differently now"):
        retrieve_questions(assistant, QUESTIONS, out, **options, resume=True)
    assert out.read_bytes() == before


def test_answers_and_hits_are_not_resumed_as_each_other(assistant, tmp_path):
    hits, answers = tmp_path / "hits.jsonl", tmp_path / "answers.jsonl"
    retrieve_questions(assistant, QUESTIONS, hits, unit="passage", top=1)
    answer_questions(assistant, QUESTIONS, answers)
    with pytest.raises(InputInvalid, match="holds something else"):
        answer_questions(assistant, QUESTIONS, hits, resume=True)
    with pytest.raises(InputInvalid, match="holds something else"):
        retrieve_questions(assistant, QUESTIONS, answers, unit="passage", top=1, resume=True)


def test_retrieve_questions_writes_sentences_best_first(assistant, tmp_path):
    out = tmp_path / "run.jsonl"
    question = Question("q", "Wer freut sich, der Rat?")
    retrieve_questions(assistant, [question], out, unit="sentence", top=2)
    [line] = lines(out)
    assert BATH[line["hits"][0]["start"] : line["hits"][0]["end"]] == "Der Rat freut sich."
    assert len(line["hits"]) == 2
    assert line["hits"][0]["score"] >= line["hits"][1]["score"]
    retrieve_questions(assistant, [question], out, unit="sentence", top=50)
    assert len(lines(out)[0]["hits"]) == 5


def test_retrieve_questions_gives_a_failed_question_its_line(assistant, tmp_path):
    out = tmp_path / "run.jsonl"
    failures = retrieve_questions(assistant, [Question("leer", "?!"), QUESTIONS[0]], out, unit="passage", top=1)
    reason = "the question is empty; ask one, such as: Wann beginnt die Messe?"
    assert failures == [f"question leer: {reason}"]
    assert lines(out)[0] == {"id": "leer", "question": "?!", "hits": [], "seconds": None, "error": reason}
    assert lines(out)[1]["id"] == "q1"
