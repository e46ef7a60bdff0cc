import json
from pathlib import Path

import pytest

from index.errors import QuestionInvalid
from index.store import EVERYTHING, Scope
from qa.question_files import Gold, PeriodInvalid, Question, checked_date, checked_period, read_questions

NO_OBJECT = 'is no JSON object like {"id": "q1", "question": "Wann beginnt die Messe?"}'
RELEVANT = "'relevant' must be an object of file names and whole numbers like {\"a.txt\": 1}"


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
        "relevant": {"bad.txt": 2, "rat.txt": 0, "see.txt": 1},
        "conflict": False,
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
                relevant=(("bad.txt", 2), ("see.txt", 1)),
                conflict=False,
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
        ('{"id": "x", "question": "Wer?", "conflict": 1}', "'conflict' must be true or false"),
        ('{"id": "x", "question": "Wer?", "relevant": ["a.txt"]}', RELEVANT),
        ('{"id": "x", "question": "Wer?", "relevant": {"a.txt": true}}', RELEVANT),
        ('{"id": "x", "question": "Wer?", "relevant": {"a.txt": NaN}}', RELEVANT),
        ('{"id": "x", "question": "W\\u0000er?"}', "'question' holds a NUL character; take it out"),
        ('{"id": "x\\u0000", "question": "Wer?"}', "'id' holds a NUL character; take it out"),
        (f'{{"id": "{"x" * 1001}", "question": "Wer?"}}', "'id' has 1,001 characters, 1,000 are allowed; shorten it"),
        (f'{{"id": {"1" * 5000}, "question": "Wer?"}}', NO_OBJECT),
        (
            f'{{"id": "x", "question": "Wer?", "since": "{"2" * 200}"}}',
            f"'since' must be a date like 2025-11-30, not '{'2' * 47}...{'2' * 48}'",
        ),
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
            '{"id": "x", "question": "Wer?", "since": "2025-02-02", "until": "2025-02-01"}',
            "the period ends before it begins: 'since' is 2025-02-02, 'until' is 2025-02-01; "
            "exchange the two, or leave one out",
        ),
        (
            '{"id": "x", "question": "Wer? \\ud83d"}',
            "is not UTF-8, or holds half a character such as \\ud83d; save it as UTF-8",
        ),
        ('{"id": "gut", "question": "Noch einmal?"}', "the id 'gut' stands there twice"),
    ],
)
def test_read_questions_names_a_bad_line_and_goes_on(write, line, reason):
    good = '{"id": "gut", "question": "Wer?"}'
    path = write(f'{good}\n\n{line}\n{{"id": "auch", "question": "Wo?"}}\n')
    assert read_questions(path) == ([Question("gut", "Wer?"), Question("auch", "Wo?")], [f"{path}:3: {reason}"])


def test_read_questions_keeps_where_each_stands(write):
    path = write('\n{"id": "a", "question": "Wer?"}\n\n{"id": "b", "question": "Wo?"}\n')
    assert [question.place for question in read_questions(path)[0]] == [f"{path}:2", f"{path}:4"]
    squad = {"data": [{"paragraphs": [{"qas": [{"id": "a", "question": "Wer?"}, {"id": "b", "question": "Wo?"}]}]}]}
    path = write(json.dumps(squad))
    assert [question.place for question in read_questions(path)[0]] == [f"{path}, question 1", f"{path}, question 2"]
    path = write("id;question;answer\na;Wer?;Weber\nb;Wo?;hier\na;;Rat\n")
    assert [question.place for question in read_questions(path)[0]] == [f"{path}:2", f"{path}:3"]


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
    assert str(folder.value) == (
        f"{tmp_path / 'queries.jsonl'} cannot be read (No such file or directory); name a file of questions"
    )


def test_read_questions_names_the_line_that_is_no_utf_8(write):
    lines = [f'{{"id": "{n}", "question": "Wann {text}?"}}\n' for n, text in enumerate(("öffnet es", "schließt es"))]
    path = write(lines[0].encode() + lines[1].encode("latin-1"))
    fault = f"{path}:2: is not UTF-8, or holds half a character such as \\ud83d; save it as UTF-8"
    assert read_questions(path) == ([Question("0", "Wann öffnet es?")], [fault])


def test_read_questions_refuses_a_file_that_would_fill_the_memory(write):
    path = write('{"id": "a", "question": "')
    with path.open("r+b") as stream:
        stream.truncate(200_000_000)  # one line
    with pytest.raises(QuestionInvalid) as error:
        read_questions(path)
    assert str(error.value) == f"{path} has more than the 150,000,000 bytes that are read; split it"


@pytest.mark.parametrize("depth", [100, 300, 900, 940, 960, 980, 1000, 100_000])
@pytest.mark.parametrize("key", ["note", "answers", "since", "gold", "relevant", "type"])
def test_read_questions_bears_nesting_of_any_depth(write, depth, key):
    path = write(
        f'{{"id": "a", "question": "Wer?", "{key}": {"[" * depth}{"]" * depth}}}\n{{"id": "b", "question": "Wo?"}}'
    )
    questions, faults = read_questions(path)
    assert questions[-1] == Question("b", "Wo?")
    assert len(questions) + len(faults) == 2
    assert all(fault.startswith(f"{path}:1: ") and len(fault) < 1000 for fault in faults)


@pytest.mark.parametrize("data", [bytes(range(128)) * 50, b"\0" * 5000, b"\x7fELF\n\t\0\n\0", b"PK\x03\x04<top>\0"])
def test_read_questions_finds_no_questions_in_binary_data(write, data):
    questions, faults = read_questions(write(data))
    assert questions == []
    assert faults


@pytest.fixture
def qrels(tmp_path):
    def write_judgements(text: str) -> Path:
        path = tmp_path / "urteile.txt"
        path.write_text(text)
        return path

    return write_judgements


def test_read_questions_adds_judgements_of_articles(write, qrels):
    path = write('{"id": 1, "question": "Wer?", "relevant": {"a.txt": 3, "z.txt": 1}}\n{"id": "b", "question": "Wo?"}')
    judged = qrels("1 0 a.txt 1\n1 0 b.txt 0\n1 0 c 2\n9 0 a.txt 1\n\n")
    relevant = (("a.txt", 1), ("z.txt", 1), ("c", 2))
    assert read_questions(path, qrels=judged) == ([Question("1", "Wer?", relevant=relevant), Question("b", "Wo?")], [])


def test_read_questions_names_bad_judgements_and_goes_on(write, qrels):
    path = write('{"id": "a", "question": "Wer?"}')
    judged = qrels("a 0 a.txt viel\na 0 b.txt 1\nnur drei Wörter\na 0 zwei Wörter.txt 1\na\tc.txt\t2\n")
    fault = 'is no judgement like "q1 0 a.txt 1"; give it four cells'
    assert read_questions(path, qrels=judged) == (
        [Question("a", "Wer?", relevant=(("b.txt", 1), ("c.txt", 2)))],
        [f"{judged}:1: {fault}", f"{judged}:3: {fault}", f"{judged}:4: {fault}"],
    )


@pytest.mark.parametrize("judgements", ["", "q1 0 a.txt 1"])
def test_read_questions_refuses_judgements_of_other_questions(write, qrels, judgements):
    path, judged = write('{"id": "a", "question": "Wer?"}'), qrels(judgements)
    with pytest.raises(QuestionInvalid) as error:
        read_questions(path, qrels=judged)
    assert str(error.value) == f"{judged} judges none of the questions of {path}; name the judgements of these"


def test_read_questions_tells_why_judgements_cannot_be_read(write, tmp_path):
    with pytest.raises(QuestionInvalid) as error:
        read_questions(write('{"id": "a", "question": "Wer?"}'), qrels=tmp_path / "fehlt")
    assert str(error.value) == (
        f"{tmp_path / 'fehlt'} cannot be read (No such file or directory); name a file of judgements"
    )


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


@pytest.mark.parametrize(
    "days", [(None, None), ("2025-01-02", "2025-01-02"), ("2025-01-02", None), (None, "2024-12-31")]
)
def test_checked_period_takes_a_day_and_a_period_that_is_open(days):
    assert checked_period(*days, ("--since", "--until")) == days


def test_checked_period_refuses_one_that_ends_before_it_begins():
    with pytest.raises(PeriodInvalid) as error:
        checked_period("2025-01-02", "2025-01-01", ("--since", "--until"))
    assert str(error.value) == (
        "the period ends before it begins: --since is 2025-01-02, --until is 2025-01-01; "
        "exchange the two, or leave one out"
    )


def test_questions_without_scope_search_everything(write):
    [question], _ = read_questions(write('{"id": "a", "question": "Wer?", "articles": [], "since": "", "until": null}'))
    assert question.scope == EVERYTHING
