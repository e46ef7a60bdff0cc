import json
from pathlib import Path

import pytest

from index.errors import QuestionInvalid
from index.store import EVERYTHING, Scope
from qa.question_files import Gold, Question, checked_date, read_questions

NO_OBJECT = 'is no JSON object like {"id": "q1", "question": "Wann beginnt die Messe?"}'


@pytest.fixture
def write(tmp_path):
    def write_file(text: str | bytes) -> Path:
        path = tmp_path / "fragen.jsonl"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_file


def test_read_questions_keeps_all_fields(write):
    entry = {
        "id": "q1",
        "question": "Wann öffnet das Bad?",
        "answerable": True,
        "answers": ["am 2. Mai"],
        "gold": [{"article": "bad.txt", "sentence": "Das Bad öffnet am 2. Mai."}],
        "all": True,
        "type": "when",
        "lang": "de",
        "articles": ["bad.txt"],
        "publishers": ["Bote"],
        "history": ["Wo liegt das Bad?"],
        "since": "2025-01-01",
        "until": "2025-12-31",
        "note": "was man nicht kennt, stört nicht",
    }
    assert read_questions(write(json.dumps(entry))) == (
        [
            Question(
                id="q1",
                text="Wann öffnet das Bad?",
                scope=Scope(("bad.txt",), ("Bote",), "2025-01-01", "2025-12-31"),
                history=("Wo liegt das Bad?",),
                answerable=True,
                answers=("am 2. Mai",),
                gold=(Gold("bad.txt", "Das Bad öffnet am 2. Mai."),),
                all_needed=True,
                type="when",
                language="de",
            )
        ],
        [],
    )


def test_read_questions_takes_byte_order_mark_blank_lines_windows_line_ends_and_numeric_ids(write):
    text = '\ufeff{"id": 1, "question": "Wer?"}\r\n\r\n  \n{"id": "b", "question": "Wo\u2028hin?"}\n'
    assert read_questions(write(text)) == ([Question("1", "Wer?"), Question("b", "Wo\u2028hin?")], [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("kein JSON", NO_OBJECT),
        ("[1, 2]", NO_OBJECT),
        ("[" * 100_000, NO_OBJECT),
        ('{"question": "Wer?"}', "has no 'id'"),
        ('{"id": true, "question": "Wer?"}', "has no 'id'"),
        ('{"id": "x"}', "has no 'question'"),
        ('{"id": "x", "question": "  "}', "has no 'question'"),
        ('{"id": "x", "question": 5}', "has no 'question'"),
        ('{"id": "x", "question": "Wer?", "gold": "a"}', "'gold' and 'answers' must be lists"),
        (
            '{"id": "x", "question": "Wer?", "gold": ["a"]}',
            '\'gold\' must hold objects like {"article": "a.txt", "sentence": "…"}',
        ),
        ('{"id": "x", "question": "Wer?", "answerable": "ja"}', "'answerable' must be true or false"),
        ('{"id": "x", "question": "Wer?", "articles": "a.txt"}', "'articles' must be a list of file names"),
        ('{"id": "x", "question": "Wer?", "publishers": [1]}', "'publishers' must be a list of names"),
        (
            '{"id": "x", "question": "Wer?", "since": "2.1.2025"}',
            "'since' must be a date like 2025-11-30, not '2.1.2025'",
        ),
        (
            '{"id": "x", "question": "Wer?", "until": "2025-02-30"}',
            "'until' must be a date like 2025-11-30, not '2025-02-30'",
        ),
        (
            '{"id": "x", "question": "Wer? \\ud83d"}',
            "holds half a character such as \\ud83d; write the text as it is, in UTF-8",
        ),
        ('{"id": "gut", "question": "Noch einmal?"}', "the id 'gut' stands there twice"),
    ],
)
def test_read_questions_names_a_bad_line_and_goes_on(write, line, reason):
    good = '{"id": "gut", "question": "Wer?"}'
    path = write(f'{good}\n\n{line}\n{{"id": "auch", "question": "Wo?"}}\n')
    assert read_questions(path) == ([Question("gut", "Wer?"), Question("auch", "Wo?")], [f"{path}:3: {reason}"])


def squad(*qas: object, version: str) -> str:
    return json.dumps({"version": version, "data": [{"title": "Bad", "paragraphs": [{"context": "…", "qas": qas}]}]})


def test_read_questions_reads_squad_1_1(write):
    answers = [{"text": "am 2. Mai", "answer_start": 4}, {"text": "am 2. Mai", "answer_start": 4}]
    path = write(squad({"id": "5a", "question": "Wann?", "answers": answers}, version="1.1"))
    assert read_questions(path) == ([Question("5a", "Wann?", answerable=True, answers=("am 2. Mai",))], [])


def test_read_questions_reads_squad_2_0_spread_over_lines(write):
    qas = [
        {"id": "a", "question": "Wann?", "answers": [{"text": "im Mai", "answer_start": 0}], "is_impossible": False},
        {"id": "b", "question": "Wer?", "answers": [], "plausible_answers": [{"text": "Rat"}], "is_impossible": True},
    ]
    path = write(json.dumps(json.loads(squad(*qas, version="v2.0")), indent=1))
    assert read_questions(path) == (
        [
            Question("a", "Wann?", answerable=True, answers=("im Mai",)),
            Question("b", "Wer?", answerable=False),
        ],
        [],
    )


def test_read_questions_names_bad_squad_questions_by_number(write):
    path = write(squad({"id": "a", "question": "Wer?"}, "?", {"id": "c"}, version="1.1"))
    questions, faults = read_questions(path)
    assert [question.id for question in questions] == ["a"]
    assert faults == [f"{path}, question 2: {NO_OBJECT}", f"{path}, question 3: has no 'question'"]


def test_read_questions_bears_squad_parts_of_the_wrong_type(write):
    odd = {"data": ["x", {"paragraphs": "y"}, {"paragraphs": [{"qas": [{"id": "a", "question": "Wer?"}]}]}]}
    odd["data"].append({"paragraphs": [{"qas": [{"id": "b", "question": "Wo?", "answers": [{"text": ["z"]}]}]}]})
    questions, faults = read_questions(write(json.dumps(odd)))
    assert [question.id for question in questions] == ["a", "b"]
    assert faults == []


def test_read_questions_of_an_empty_file_finds_none(write):
    assert read_questions(write("\n \n")) == ([], [])


def test_read_questions_tells_why_a_file_cannot_be_read(tmp_path, write):
    with pytest.raises(QuestionInvalid) as missing:
        read_questions(tmp_path / "fehlt.jsonl")
    assert str(missing.value) == (
        f"{tmp_path / 'fehlt.jsonl'} cannot be read (No such file or directory); name a file of questions"
    )
    with pytest.raises(QuestionInvalid) as folder:
        read_questions(tmp_path)
    assert str(folder.value) == f"{tmp_path} cannot be read (Is a directory); name a file of questions"
    path = write("öffnet".encode("latin-1"))
    with pytest.raises(QuestionInvalid) as latin:
        read_questions(path)
    assert str(latin.value) == f"{path} is not UTF-8 (byte 0); save it as UTF-8"


@pytest.mark.parametrize(("value", "date"), [(None, None), ("", None), ("2024-02-29", "2024-02-29")])
def test_checked_date_takes_days_of_the_calendar(value, date):
    assert checked_date(value, "--since") == date


@pytest.mark.parametrize(
    "value", ["2025-02-29", "2025-13-01", "2025-1-1", "20250101", "2025-W01-1", "٢٠٢٥-01-01", "heute", 2025]
)
def test_checked_date_refuses_all_else_and_names_the_option(value):
    with pytest.raises(QuestionInvalid) as error:
        checked_date(value, "--since")
    assert str(error.value) == f"--since must be a date like 2025-11-30, not {value!r}"


def test_questions_without_scope_search_everything(write):
    [question], _ = read_questions(write('{"id": "a", "question": "Wer?", "articles": [], "since": "", "until": null}'))
    assert question.scope == EVERYTHING
