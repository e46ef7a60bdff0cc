import json
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from helpers import CountingEmbedder, make_article, one_passage

from index.__main__ import main as index_main
from index.errors import InputInvalid
from index.store import EVERYTHING, NewsIndex, Scope
from index.types import Hit
from qa import render
from qa.feedback import FILE_NAME, Feedback, Judgement, keep, question_rows, read
from qa.question_files import Gold, Question, read_questions
from qa.types import Answer, Citation

POOL = make_article("Das Bad öffnet am 2. Mai. Es hat 25 Bahnen.", title="Neues Bad", name="bad.txt")
SENTENCES = one_passage(POOL).sentences
CITED = tuple(Citation(marker, sentence, POOL, 0.5) for marker, sentence in enumerate(SENTENCES, start=1))
OPENING = Answer(
    question="Wann öffnet das Bad?",
    language="de",
    text=render.answer_text(CITED),
    short_answer="am 2. Mai",
    abstained=False,
    confidence=0.5,
    citations=CITED,
    passages=(Hit(one_passage(POOL), POOL, 1, 0.9, 0.9, 3.5, (0.9, 0.1)),),
    conflict=None,
    seconds=0.1,
)
REFUSAL = replace(
    OPENING, text="Die Artikel sagen es nicht.", short_answer=None, abstained=True, confidence=0.1, citations=()
)
AT = datetime(2026, 2, 1, 14, 5, tzinfo=UTC)
SCOPE = Scope(articles=("bad.txt",), publishers=("Bote",), since="2025-01-01", until="2025-12-31")


def judged(answer: Answer, judgement: Judgement, scope: Scope = EVERYTHING) -> Feedback:
    cited = tuple(Gold(citation.article.name, citation.sentence.text) for citation in answer.citations)
    return Feedback(
        question=answer.question,
        language=answer.language,
        scope=scope,
        judgement=judgement,
        at=AT,
        text=answer.text,
        short_answer=answer.short_answer,
        abstained=answer.abstained,
        cited=cited,
    )


def test_feedback_is_read_as_it_was_kept(tmp_path):
    keep(tmp_path, OPENING, Judgement.RIGHT, at=AT, scope=SCOPE)
    keep(tmp_path, REFUSAL, Judgement.WRONG, at=AT)
    assert read(tmp_path) == [judged(OPENING, Judgement.RIGHT, SCOPE), judged(REFUSAL, Judgement.WRONG)]


def test_feedback_is_a_line_a_judgement_with_the_answer_but_not_its_passages(tmp_path):
    keep(tmp_path, OPENING, Judgement.EVIDENCE, at=AT, scope=Scope(since="2025-01-01"))
    content = (tmp_path / FILE_NAME).read_text(encoding="utf-8")
    assert content.count("\n") == 1
    assert "öffnet" in content
    shown = render.answer_object(OPENING, "")
    assert json.loads(content) == {
        "question": "Wann öffnet das Bad?",
        "language": "de",
        "scope": {"since": "2025-01-01"},
        "judgement": "evidence",
        "at": "2026-02-01T14:05:00+00:00",
        "answer": {key: value for key, value in shown.items() if key not in ("id", "question", "passages")},
    }


def test_feedback_is_for_its_owner_alone(tmp_path):
    keep(tmp_path, OPENING, Judgement.RIGHT, at=AT)
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_feedback_of_nothing_judged_is_empty(tmp_path):
    assert read(tmp_path) == []


def test_feedback_counts_the_last_judgement_on_the_same_answer_in_the_place_of_the_first(tmp_path):
    later = replace(OPENING, confidence=0.7, seconds=0.2)
    for answer, judgement, scope in (
        (OPENING, Judgement.RIGHT, EVERYTHING),
        (REFUSAL, Judgement.WRONG, EVERYTHING),
        (OPENING, Judgement.EVIDENCE, SCOPE),
        (later, Judgement.WRONG, EVERYTHING),
    ):
        keep(tmp_path, answer, judgement, at=AT, scope=scope)
    assert read(tmp_path) == [
        judged(OPENING, Judgement.WRONG),
        judged(REFUSAL, Judgement.WRONG),
        judged(OPENING, Judgement.EVIDENCE, SCOPE),
    ]


def test_feedback_that_was_withdrawn_is_none_until_it_is_given_again(tmp_path):
    keep(tmp_path, OPENING, Judgement.RIGHT, at=AT)
    keep(tmp_path, REFUSAL, Judgement.RIGHT, at=AT)
    keep(tmp_path, OPENING, Judgement.WITHDRAWN, at=AT)
    assert read(tmp_path) == [judged(REFUSAL, Judgement.RIGHT)]
    keep(tmp_path, OPENING, Judgement.WRONG, at=AT)
    assert read(tmp_path) == [judged(OPENING, Judgement.WRONG), judged(REFUSAL, Judgement.RIGHT)]


def test_feedback_after_a_line_that_was_cut_off_is_whole(tmp_path, caplog):
    keep(tmp_path, OPENING, Judgement.RIGHT, at=AT)
    path = tmp_path / FILE_NAME
    path.write_bytes(path.read_bytes()[:-20])
    keep(tmp_path, REFUSAL, Judgement.RIGHT, at=AT)
    with caplog.at_level(logging.WARNING):
        assert read(tmp_path) == [judged(REFUSAL, Judgement.RIGHT)]
    assert [record.getMessage().partition(" is ")[0] for record in caplog.records] == [f"{path}:1"]


@pytest.mark.parametrize(
    "damage",
    [
        b"\0\0\0\0",
        b"Unsinn",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"{}",
        b"[" * 100_000,
        b'"judgement": "right"',
    ],
)
def test_feedback_leaves_out_a_damaged_line_with_a_warning(tmp_path, caplog, damage):
    keep(tmp_path, OPENING, Judgement.RIGHT, at=AT)
    path = tmp_path / FILE_NAME
    path.write_bytes(b"\n" + damage + b"\n" + path.read_bytes())
    assert read(tmp_path) == [judged(OPENING, Judgement.RIGHT)]
    assert [record.getMessage().partition(" is ")[0] for record in caplog.records] == [f"{path}:2"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("question", 5),
        ("judgement", "nice"),
        ("at", "gestern"),
        ("scope", None),
        ("scope", {"articles": "bad.txt", "since": "morgen"}),
        ("answer", {}),
        ("answer", {"answer": "Ja.", "short_answer": 3, "abstained": False, "citations": []}),
    ],
)
def test_feedback_leaves_out_a_line_with_another_content(tmp_path, caplog, field, value):
    keep(tmp_path, OPENING, Judgement.RIGHT, at=AT)
    path = tmp_path / FILE_NAME
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), field: value}), encoding="utf-8")
    assert read(tmp_path) == []
    assert len(caplog.records) == 1


def test_feedback_of_threads_and_processes_at_once_is_whole(tmp_path):
    """Each writer judges answers of its own, so none replaces another."""
    program = (
        "import sys; from pathlib import Path; from test_feedback import keep_many; keep_many(Path(sys.argv[1]), 'P')"
    )
    tests = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": f"{tests}{os.pathsep}{tests.parent}"}
    other = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], env=environment)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: keep_many(tmp_path, name), "ABCD"))
        assert other.wait(60) == 0
    assert sorted(feedback.text for feedback in read(tmp_path)) == sorted(
        f"{name}{number} {'x' * 20_000}" for name in "ABCDP" for number in range(25)
    )


def keep_many(folder: Path, name: str) -> None:
    for number in range(25):
        keep(folder, replace(REFUSAL, text=f"{name}{number} {'x' * 20_000}"), Judgement.RIGHT, at=AT)


def test_feedback_that_cannot_be_written_is_told(tmp_path):
    path = tmp_path / "fehlt" / FILE_NAME
    with pytest.raises(InputInvalid) as raised:
        keep(path.parent, OPENING, Judgement.RIGHT, at=AT)
    assert str(raised.value) == (
        f"{path} cannot be written (No such file or directory); make room and see to it that the folder is yours"
    )


def test_feedback_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(InputInvalid, match=r"feedback\.jsonl cannot be read \(Is a directory\); "):
        read(tmp_path)


def test_question_rows_say_what_each_judgement_tells():
    rows = question_rows(
        [
            judged(OPENING, Judgement.RIGHT, SCOPE),
            judged(replace(OPENING, short_answer=None), Judgement.RIGHT),
            judged(REFUSAL, Judgement.RIGHT),
            judged(REFUSAL, Judgement.WRONG),
            judged(OPENING, Judgement.WRONG),
            judged(OPENING, Judgement.EVIDENCE),
        ]
    )
    gold = [{"article": "bad.txt", "sentence": "Das Bad öffnet am 2. Mai."}]
    scope = {"articles": ["bad.txt"], "publishers": ["Bote"], "since": "2025-01-01", "until": "2025-12-31"}
    expected: list[dict[str, object]] = [
        {**scope, "answerable": True, "answers": ["am 2. Mai"], "gold": gold},
        {"answerable": True, "gold": gold},
        {"answerable": False},
        {"answerable": True},
        {"note": "the answer given was wrong: Das Bad öffnet am 2. Mai. [1] Es hat 25 Bahnen. [2]"},
        {"answerable": True, "answers": ["am 2. Mai"]},
    ]
    assert rows == [
        {"id": f"f{number}", "question": "Wann öffnet das Bad?", "lang": "de", **fields}
        for number, fields in enumerate(expected, start=1)
    ]


def test_question_rows_can_be_read_as_a_question_file(tmp_path):
    path = tmp_path / "fragen.jsonl"
    rows = question_rows([judged(OPENING, Judgement.RIGHT, SCOPE), judged(OPENING, Judgement.WRONG)])
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    gold = (Gold("bad.txt", "Das Bad öffnet am 2. Mai."),)
    assert read_questions(path) == (
        [
            Question("f1", OPENING.question, SCOPE, True, ("am 2. Mai",), gold, language="de"),
            Question("f2", OPENING.question, language="de"),
        ],
        [],
    )


def test_feedback_disturbs_no_index(tmp_path, write_article, capsys):
    write_article("bad.txt", POOL.text)
    folder = tmp_path / "index"
    news_index = NewsIndex.open_or_create(folder, CountingEmbedder())
    news_index.add([tmp_path / "news"])
    before = news_index.stats()
    keep(folder, OPENING, Judgement.RIGHT, at=AT)
    assert news_index.faults() == []
    after = news_index.stats()
    assert {**after, "bytes": None} == {**before, "bytes": None}
    news_index.close()
    assert index_main(["verify", "--index", str(folder), "--quiet"]) == 0
    assert index_main(["stats", "--index", str(folder), "--quiet"]) == 0
    assert read(folder) == [judged(OPENING, Judgement.RIGHT)]
    capsys.readouterr()
