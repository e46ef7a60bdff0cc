import json
import signal
from datetime import UTC, datetime

import pytest

from index import command_line
from index.command_line import run
from qa import options
from qa.__main__ import main
from qa.answers import Assistant
from qa.feedback import Judgement, keep, question_rows, read

ATTACK = "Wann hat der Angriff auf Dubrowez begonnen?"
DOUBTFUL = "Welcher Staat steckt hinter den Drohnenflügen über Ahlerfeld?"


@pytest.fixture
def command(sample_index, embedder, reader, capsys, monkeypatch):
    """Run a command on the sample articles, with the models loaded already; gives status, stdout and stderr."""
    monkeypatch.setattr(command_line, "SentenceTransformerEmbedder", lambda _name: embedder)
    monkeypatch.setattr(options, "named_reader", {"trained": reader, "none": None}.__getitem__)
    monkeypatch.setenv("BELEGSTELLE_INDEX", str(sample_index.folder))
    handler = signal.getsignal(signal.SIGTERM)

    def run_command(*arguments):
        status = run(main, [str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    yield run_command
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def questions(tmp_path):
    path = tmp_path / "fragen.jsonl"
    path.write_text(
        f'{{"id": "a", "question": "{ATTACK}"}}\n{{"id": "b", "question": "Wie viele Saiten hat eine Geige?"}}\n',
        encoding="utf-8",
    )
    return path


def objects(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_ask_prints_the_answer_and_its_source(command):
    status, out, err = command("ask", ATTACK)
    assert (status, err) == (0, "")
    assert out.splitlines()[:3] == [
        "Der Angriff auf Dubrowez hatte am 19. Januar begonnen. [1]",
        "",
        "Kurz: am 19. Januar",
    ]
    assert "2025-03-11-tarvonien-meldet-einnahme-von-dubrowez.txt" in out


def test_ask_json_prints_one_object_alone(command, sample_index):
    status, out, err = command("ask", "--index", sample_index.folder, ATTACK, "--json")
    assert (status, err) == (0, "")
    shown = json.loads(out)
    assert out.count("\n") == 1
    assert (shown["id"], shown["question"], shown["abstained"], shown["short_answer"]) == (
        "q1",
        ATTACK,
        False,
        "am 19. Januar",
    )


def test_ask_without_an_answer_is_no_error(command):
    status, out, err = command("ask", "Wie viele Saiten hat eine Geige?")
    assert (status, err) == (0, "")
    assert out.startswith(
        "Die Artikel beantworten diese Frage nicht. Gesucht wurde nach „Saiten“, „Geige“. Am nächsten"
    )


def test_ask_restricts_the_search(command):
    names = ("2025-11-05-falsche-chefin-in-der-videokonferenz.txt", "2024-07-19-keime-im-trinkwasser.txt")
    out = command("ask", ATTACK, "--json", "--article", names[0], "--article", names[1])[1]
    assert {passage["article"] for passage in json.loads(out)["passages"]} == set(names)
    out = command("ask", ATTACK, "--json", "--since", "2024-07-01", "--until", "2024-07-31")[1]
    assert {passage["article"] for passage in json.loads(out)["passages"]} == {names[1]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ask", " "], "the question is empty; ask one, such as: Wann beginnt die Messe?"),
        (["ask", "x" * 2001], "the question has 2,001 characters, 2,000 are allowed; shorten it"),
        (["ask", ATTACK, "--since", "gestern"], "--since must be a date like 2025-11-30, not 'gestern'"),
        (["ask", ATTACK, "--until", "2025-02-30"], "--until must be a date like 2025-11-30, not '2025-02-30'"),
        (
            ["ask", ATTACK, "--since", "2025-05-01", "--until", "2025-04-30"],
            "the period ends before it begins: --since is 2025-05-01, --until is 2025-04-30; "
            "exchange the two, or leave one out",
        ),
        (
            ["ask", ATTACK, "--article", "fehlt\x1b.txt"],
            "'fehlt\\x1b.txt' is no article of {index}; see: python -m index list --index {index}",
        ),
        (
            ["ask", ATTACK, "--publisher", "Niemand"],
            "'Niemand' is no outlet of {index}; see: python -m index list --index {index}",
        ),
    ],
)
def test_ask_tells_in_one_line_why_it_cannot(command, sample_index, arguments, message):
    assert command(*arguments) == (1, "", f"error: {message.format(index=sample_index.folder)}\n")


def test_ask_needs_an_index(command, tmp_path, monkeypatch):
    status, out, err = command("ask", "--index", tmp_path / "fehlt", ATTACK)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"error: {tmp_path / 'fehlt'}")
    assert not (tmp_path / "fehlt").exists()
    monkeypatch.delenv("BELEGSTELLE_INDEX")
    message = "error: no index is named; give --index DIR or set BELEGSTELLE_INDEX\n"
    assert command("ask", ATTACK) == (1, "", message)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["ask"],
        ["frage", "Wer?"],
        ["ask", "Wer?", "--unbekannt"],
        ["batch", "--questions", "a.jsonl"],
        ["feedback"],
        ["retrieve", "--questions", "a", "--out", "b", "--unit", "wort"],
        ["retrieve", "--questions", "a", "--out", "b", "--top", "0"],
        ["retrieve", "--questions", "a", "--out", "b", "--top", "viele"],
    ],
)
def test_wrong_usage_exits_with_2(command, capsys, arguments):
    with pytest.raises(SystemExit) as stopped:
        command(*arguments)
    assert stopped.value.code == 2
    assert "usage: python -m qa" in capsys.readouterr().err


def test_batch_answers_a_file_and_tells_progress(command, questions, tmp_path):
    status, out, err = command("batch", "--questions", questions, "--out", tmp_path / "out.jsonl")
    assert (status, out) == (0, "")
    assert err.splitlines()[-1] == "2 of 2 questions"
    assert [(line["id"], line["abstained"]) for line in objects(tmp_path / "out.jsonl")] == [
        ("a", False),
        ("b", True),
    ]
    assert command("batch", "--questions", questions, "--out", tmp_path / "o", "--quiet") == (0, "", "")


def test_batch_resumes(command, questions, tmp_path):
    out = tmp_path / "out.jsonl"
    command("batch", "--questions", questions, "--out", out, "--quiet")
    whole = out.read_bytes()
    first = whole.index(b"\n") + 1
    out.write_bytes(whole[: first + 20])
    assert command("batch", "--questions", questions, "--out", out, "--quiet", "--resume") == (0, "", "")
    assert out.read_bytes()[:first] == whole[:first]
    assert [line["id"] for line in objects(out)] == ["a", "b"]


@pytest.mark.parametrize(
    ("subcommand", "first", "second"),
    [
        ("batch", [], ["--reader", "none"]),
        ("batch", ["--reader", "none"], ["--workers", "2"]),
        ("batch", [], ["--refusal", "strict"]),
        ("retrieve", [], ["--top", "3"]),
        ("retrieve", ["--unit", "sentence"], ["--unit", "sentence", "--reader", "none"]),
    ],
)
def test_resumed_with_other_options_leaves_the_file_alone(command, questions, tmp_path, subcommand, first, second):
    questions.write_text(
        f'{{"id": "zweifel", "question": "{DOUBTFUL}"}}\n{{"id": "a", "question": "{ATTACK}"}}\n', encoding="utf-8"
    )
    out = tmp_path / "out.jsonl"
    arguments = (subcommand, "--questions", questions, "--out", out, "--quiet")
    assert command(*arguments, *first) == (0, "", "")
    before = out.read_bytes()
    status, printed, err = command(*arguments, *second, "--resume")
    assert (status, printed, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"error: --out {out} was written in another way: question ")
    assert out.read_bytes() == before
    assert command(*arguments, *first, "--resume") == (0, "", "")


def test_batch_names_bad_lines_does_the_rest_and_exits_with_1(command, questions, tmp_path):
    with questions.open("a", encoding="utf-8") as stream:
        stream.write(f'Unsinn\n{{"id": "lang", "question": "{"Wo? " * 600}"}}\n{{"id": "c", "question": "{ATTACK}"}}\n')
    status, out, err = command("batch", "--questions", questions, "--out", tmp_path / "out.jsonl", "--quiet")
    assert (status, out) == (1, "")
    assert err.splitlines() == [
        f'{questions}:3: is no JSON object like {{"id": "q1", "question": "Wann beginnt die Messe?"}}',
        f"{questions}:4: the question has 2,399 characters, 2,000 are allowed; shorten it",
        "error: 2 questions could not be used, the others are done; mend those lines",
    ]
    assert [line["id"] for line in objects(tmp_path / "out.jsonl")] == ["a", "b", "lang", "c"]


@pytest.mark.parametrize("subcommand", ["batch", "retrieve"])
def test_question_files_that_cannot_be_used_are_told_in_one_line(command, questions, tmp_path, subcommand):
    empty = tmp_path / "leer.jsonl"
    empty.write_text("\n")
    missing = tmp_path / "fehlt"
    cases = {
        empty: f'{empty} holds no question; write lines like {{"id": "q1", "question": "…"}}',
        missing: f"{missing} cannot be read (No such file or directory); name a file of questions",
    }
    for path, message in cases.items():
        assert command(subcommand, "--questions", path, "--out", tmp_path / "out") == (1, "", f"error: {message}\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("subcommand", ["batch", "retrieve"])
def test_questions_are_not_overwritten_by_their_answers(command, questions, subcommand):
    before = questions.read_bytes()
    message = f"--out {questions} is the file of questions and would be overwritten; name another file"
    assert command(subcommand, "--questions", questions, "--out", questions) == (1, "", f"error: {message}\n")
    assert questions.read_bytes() == before


def test_retrieve_writes_passages_or_sentences(command, questions, tmp_path):
    out = tmp_path / "run.jsonl"
    assert command("retrieve", "--questions", questions, "--out", out, "--quiet") == (0, "", "")
    assert [(line["id"], len(line["hits"])) for line in objects(out)] == [("a", 10), ("b", 10)]
    options = ("--unit", "sentence", "--top", "3", "--quiet")
    assert command("retrieve", "--questions", questions, "--out", out, *options) == (0, "", "")
    first = objects(out)[0]["hits"][0]
    assert len(objects(out)[0]["hits"]) == 3
    assert first["article"] == "2025-03-11-tarvonien-meldet-einnahme-von-dubrowez.txt"
    assert first["end"] - first["start"] == len("Der Angriff auf Dubrowez hatte am 19. Januar begonnen.")


def test_feedback_writes_a_question_file_of_what_was_judged(command, sample_index, tmp_path):
    answer = Assistant(sample_index).ask(ATTACK)
    index, out = tmp_path / "index", tmp_path / "fragen.jsonl"
    index.mkdir()
    keep(index, answer, Judgement.RIGHT, at=datetime(2026, 2, 1, tzinfo=UTC))
    message = f"1 judged questions written to {out}\n"
    assert command("feedback", "--index", index, "--out", out) == (0, "", message)
    assert objects(out) == question_rows(read(index))
    assert objects(out)[0]["question"] == ATTACK
    assert command("feedback", "--index", index, "--out", out, "--quiet") == (0, "", "")


def test_feedback_tells_in_one_line_why_it_cannot(command, sample_index, tmp_path):
    index, out = tmp_path / "index", tmp_path / "fehlt" / "fragen.jsonl"
    index.mkdir()
    message = f"error: {index} holds no feedback yet; judge some answers in: python app.py --index {index}\n"
    assert command("feedback", "--index", index, "--out", out) == (1, "", message)
    answer = Assistant(sample_index).ask(ATTACK)
    keep(index, answer, Judgement.RIGHT, at=datetime(2026, 2, 1, tzinfo=UTC))
    reason = "cannot be written (No such file or directory); name a file in a folder that exists and has room"
    assert command("feedback", "--index", index, "--out", out) == (1, "", f"error: --out {out} {reason}\n")
    itself = index / "feedback.jsonl"
    message = f"error: --out {itself} is the feedback itself and would be overwritten; name another file\n"
    assert command("feedback", "--index", index, "--out", itself) == (1, "", message)
    assert len(read(index)) == 1
