import json
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import CountingEmbedder

from index import command_line
from index.command_line import run
from index.errors import IndexMissing, InputInvalid, QuestionInvalid
from index.store import NewsIndex
from qa import options
from qa.__main__ import main
from qa.answers import Assistant
from qa.evaluation import add_texts, estimates, evaluate, evaluate_questions, grouped, index_for_texts
from qa.evaluation_folder import EvaluationFolder
from qa.question_files import Question
from qa.reader import AnsweringModel
from qa.results import MEASURES, Outcome, Scored
from qa.settings import Settings

QUESTIONS = [
    {
        "id": "q1",
        "question": "Wie viele Bahnen hat das Bad?",
        "answers": ["25"],
        "gold": [{"article": "bad.txt", "sentence": "Es hat 25 Bahnen."}],
        "type": "number",
    },
    {
        "id": "q2",
        "question": "Was wächst im Moor?",
        "answers": ["Torf"],
        "gold": [{"article": "moor.txt", "sentence": "Der Torf wächst."}],
        "type": "what",
        "articles": ["moor.txt"],
    },
    {"id": "q3", "question": "Wie tief ist das Bad?", "answerable": False, "answers": [], "gold": []},
    {"id": "q4", "question": "?!", "answers": ["nichts"]},
]


@pytest.fixture
def news_index(tmp_path, write_article):
    """Two small articles, with counted words for vectors."""
    write_article("bad.txt", "Das Bad öffnet im Mai. Es hat 25 Bahnen. Der Rat freut sich.")
    write_article("moor.txt", "Das Moor ist nass. Der Torf wächst.")
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    news_index.add([tmp_path / "news"])
    yield news_index
    news_index.close()


@pytest.fixture
def assistant(news_index):
    """It answers whatever it is asked."""
    return Assistant(news_index, settings=Settings(threshold=0.0))


@pytest.fixture
def question_file(tmp_path):
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in QUESTIONS), encoding="utf-8")
    return path


def scored(number: int, outcome: Outcome, *, article: str = "", answerable: bool = True, **fields) -> Scored:
    """A scored question with the values given; its confidence is that of the answer."""
    confidence = fields.pop("confidence", 0.5)
    right = fields.pop("right", outcome is Outcome.RIGHT)
    abstained = outcome in (Outcome.REFUSED, Outcome.REFUSED_RIGHTLY)
    return Scored(
        question=Question(
            f"q{number}", f"Frage {number}?", answerable=answerable, answers=("ja",) if answerable else ()
        ),
        answer={"abstained": abstained, "confidence": confidence, "seconds": number / 10, "conflict": None},
        gold=(),
        outcome=outcome,
        values=fields,
        groups={"article": article} if article else {},
        right=right,
    )


def test_evaluate_writes_every_file_and_reads_it_again(assistant, question_file, tmp_path):
    folder = EvaluationFolder(tmp_path / "out")
    evaluation = evaluate_questions(assistant, question_file, folder)
    assert {path.name for path in folder.folder.iterdir()} == {
        "run.json",
        "questions.jsonl",
        "answers.jsonl",
        "scores.jsonl",
        "scores.csv",
        "metrics.json",
        "report.html",
        *(f"{kind}-{level}s.trec" for kind in ("run", "qrels") for level in ("passage", "sentence", "article")),
    }
    assert [one.outcome for one in evaluation.scored][1:] == [Outcome.RIGHT, Outcome.SHOULD_REFUSE, Outcome.FAILED]
    again = folder.read()
    assert again.run == evaluation.run
    assert (
        again.faults
        == evaluation.faults
        == ("gold.jsonl:4: the question is empty; ask one, such as: Wann beginnt die Messe?",)
    )
    assert [one.question for one in again.scored] == [one.question for one in evaluation.scored]
    assert [one.outcome for one in again.scored] == [one.outcome for one in evaluation.scored]
    assert again.measures.keys() == evaluation.measures.keys()
    assert again.groups.keys() == evaluation.groups.keys() == {"answerable", "type", "lang", "length", "article"}


def test_evaluate_describes_the_run_without_telling_where_things_lie(assistant, question_file, tmp_path):
    with question_file.open("a", encoding="utf-8") as stream:
        stream.write("keine Frage\n")
    run = evaluate_questions(assistant, question_file, EvaluationFolder(tmp_path / "out")).run
    assert run["index"]["name"] == "index"
    assert run["index"]["articles"] == 2
    assert run["questions"] == {
        "name": "gold.jsonl",
        "sha256": run["questions"]["sha256"],
        "count": 4,
        "unusable": 1,
    }
    assert (run["model"], run["reader"], run["settings"]["threshold"]) == ("counting", "none", 0.0)
    assert str(tmp_path) not in json.dumps(run)
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert str(tmp_path) not in report
    assert "gold.jsonl:5: is no JSON object" in report


def without_times(path) -> list[dict]:
    return [{**json.loads(line), "seconds": None} for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("share", [0.0, 0.4, 0.7, 1.0])
def test_evaluate_resumed_after_a_kill_gives_the_same(assistant, question_file, tmp_path, share):
    whole, cut = EvaluationFolder(tmp_path / "whole"), EvaluationFolder(tmp_path / "cut")
    evaluate_questions(assistant, question_file, whole)
    shutil.copytree(whole.folder, cut.folder)
    for path in cut.folder.iterdir():  # as a kill while answering leaves the folder
        if path.name not in ("run.json", "questions.jsonl", "answers.jsonl"):
            path.unlink()
    written = whole.answers.read_bytes()
    cut.answers.write_bytes(written[: int(share * len(written))])
    evaluate_questions(assistant, question_file, cut, resume=True)
    assert without_times(cut.answers) == without_times(whole.answers)
    same = (cut.folder / "scores.jsonl").read_bytes(), (whole.folder / "scores.jsonl").read_bytes()
    assert same[0] == same[1]


def test_evaluate_does_not_resume_another_run(assistant, news_index, question_file, tmp_path):
    folder = EvaluationFolder(tmp_path / "out")
    evaluate_questions(assistant, question_file, folder)
    answers = folder.answers.read_bytes()
    stricter = Assistant(news_index, settings=Settings(threshold=0.9))
    with pytest.raises(InputInvalid, match="begun with another settings"):
        evaluate_questions(stricter, question_file, folder, resume=True)
    assert folder.answers.read_bytes() == answers


def test_evaluate_leaves_a_folder_of_other_things_alone(assistant, question_file, tmp_path):
    with pytest.raises(InputInvalid, match="holds other files; name a new or an empty folder"):
        evaluate_questions(assistant, question_file, EvaluationFolder(tmp_path))
    assert question_file.exists()
    assert not (tmp_path / "answers.jsonl").exists()


def test_evaluate_leaves_no_report_of_the_run_before_while_it_works(assistant, question_file, tmp_path):
    folder = EvaluationFolder(tmp_path / "out")
    evaluate_questions(assistant, question_file, folder)

    def stop(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_questions(assistant, question_file, folder, tell=stop)
    assert {path.name for path in folder.folder.iterdir()} & {"metrics.json", "report.html", "scores.jsonl"} == set()
    with pytest.raises(InputInvalid, match="was not finished; go on with"):
        folder.read()


@pytest.fixture
def command(sample_index, embedder, reader, capsys, monkeypatch):
    """Run `evaluate` on the sample articles, with the models loaded already; gives status and stderr."""
    monkeypatch.setattr(command_line, "SentenceTransformerEmbedder", lambda _name: embedder)
    monkeypatch.setattr(options, "named_reader", lambda name: reader if name == "trained" else AnsweringModel(name))
    handler = signal.getsignal(signal.SIGTERM)

    def run_command(*arguments):
        status = run(main, ["evaluate", "--quiet", *map(str, arguments)])
        return status, capsys.readouterr().err

    yield run_command
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def squad_file(tmp_path):
    path = tmp_path / "squad.json"
    qas = [{"id": "s1", "question": "Wann öffnet das Bad?", "is_impossible": True}]
    data = [{"title": "Bad", "paragraphs": [{"context": "Das Bad öffnet im Mai.", "qas": qas}]}]
    path.write_text(json.dumps({"version": "2.0", "data": data}))
    return path


@pytest.fixture
def empty_index(tmp_path, embedder):
    NewsIndex.open_or_create(tmp_path / "leer", embedder).close()
    return tmp_path / "leer"


@pytest.mark.parametrize("out", ["neu", "neu/tief/out", "da"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--index", "{fehlt}", "--questions", "{gold}"], "{fehlt}"),
        (["--index", "{index}", "--questions", "{gold}", "--reader", "{fehlt}"], "{fehlt}"),
        (["--index", "{index}", "--questions", "{fehlt}"], "{fehlt} cannot be read"),
        (["--index", "{index}", "--questions", "{leer}"], "{leer} holds no question"),
        (["--index", "{empty_index}", "--questions", "{gold}"], "{empty_index} holds no articles"),
        (["--index", "{index}", "--questions", "{gold}", "--qrels", "{leer}"], "{leer} judges none"),
        (["--squad", "--questions", "{gold}"], "{gold} carries no articles"),
        (["--squad", "--questions", "{squad}", "--qrels", "{fehlt}"], "{fehlt} cannot be read"),
        (["--squad", "--questions", "{squad}", "--reader", "{fehlt}"], "{fehlt}"),
    ],
)
def test_evaluate_command_that_answers_nothing_leaves_nothing_behind(
    command, sample_index, empty_index, question_file, squad_file, tmp_path, arguments, message, out
):
    (tmp_path / "da").mkdir()
    empty = tmp_path / "leer.jsonl"
    empty.write_text("\n")
    names = {
        "index": sample_index.folder,
        "empty_index": empty_index,
        "gold": question_file,
        "squad": squad_file,
        "leer": empty,
        "fehlt": tmp_path / "fehlt",
    }
    before = set(tmp_path.iterdir())
    status, err = command(*(one.format(**names) for one in arguments), "--out", tmp_path / out)
    assert (status, err.count("\n")) == (1, 1)
    assert message.format(**names) in err
    assert set(tmp_path.iterdir()) == before
    assert list((tmp_path / "da").iterdir()) == []


def test_evaluate_that_answers_nothing_leaves_nothing_behind(question_file, empty_index, tmp_path):
    with pytest.raises(IndexMissing, match="holds no articles"):
        evaluate(empty_index, question_file, tmp_path / "out", reader="none")
    assert not (tmp_path / "out").exists()


def test_evaluate_that_answers_nothing_keeps_what_an_earlier_run_left(
    sample_index, question_file, empty_index, tmp_path
):
    evaluate(sample_index.folder, question_file, tmp_path / "out", reader="none")
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    with pytest.raises(IndexMissing, match="holds no articles"):
        evaluate(empty_index, question_file, tmp_path / "out", reader="none")
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_evaluate_command_keeps_what_was_answered_when_it_fails(command, sample_index, question_file, tmp_path):
    out, index = tmp_path / "out", ["--index", sample_index.folder]
    arguments = [*index, "--questions", question_file, "--out", out]
    (tmp_path / "out" / "report.html.new").mkdir(parents=True)  # nothing can be written there
    (tmp_path / "out" / "run.json").write_text("{}")
    status, err = command(*arguments)
    assert (status, f"--out {out} cannot be written" in err) == (1, True)
    assert len((out / "answers.jsonl").read_text(encoding="utf-8").splitlines()) == 4


def test_evaluate_command_that_fails_leaves_an_earlier_run_alone(command, sample_index, squad_file, tmp_path):
    out, index = tmp_path / "out", ["--index", sample_index.folder]
    assert command("--squad", "--questions", squad_file, "--out", out) == (0, "")
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert command(*index, "--questions", tmp_path / "fehlt", "--out", out)[0] == 1
    assert command("--squad", "--questions", tmp_path / "fehlt", "--out", out)[0] == 1
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("lacking", [1, 3, 5])
def test_evaluate_names_gold_articles_that_the_index_lacks(assistant, tmp_path, caplog, lacking):
    entries = [{"id": "da", "question": "Wer?", "gold": [{"article": "bad", "sentence": "Das Bad"}]}]
    for number in range(lacking):
        gold = [{"article": f"fehlt\u200b{n}.txt", "sentence": "Ein Satz."} for n in (number, 0)]
        entries.append({"id": f"f{number}", "question": "Wo?", "gold": gold})
    entries.append({"id": "urteil", "question": "Wann?", "relevant": {"moor.txt": 1, "fehlt\u200b0.txt": 1}})
    path = tmp_path / "gold.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in entries), encoding="utf-8")
    told = []
    evaluate_questions(
        assistant, path, EvaluationFolder(tmp_path / "out"), tell=lambda *_: told.append(len(caplog.messages))
    )
    index = assistant.news_index.folder
    names = ", ".join(f"fehlt\\u200b{number}.txt" for number in range(min(lacking, 3)))
    assert caplog.messages == [
        f"{lacking + 1} of {lacking + 2} questions have gold in articles that {index} lacks, which counts as not found "
        f"({names}{' and 2 more' if lacking == 5 else ''}); "
        f"add them with: python -m index add --index {index} PATH..., or mend their names in {path}"
    ]
    assert told[0] == 1  # before the first answer


def test_evaluate_names_no_articles_where_the_index_has_them_all(assistant, question_file, tmp_path, caplog):
    evaluate_questions(assistant, question_file, EvaluationFolder(tmp_path / "out"))
    assert caplog.messages == []


def test_evaluate_refuses_a_file_without_questions(assistant, tmp_path):
    path = tmp_path / "empty.jsonl"
    path.write_text("\n")
    with pytest.raises(QuestionInvalid, match="holds no question"):
        evaluate_questions(assistant, path, EvaluationFolder(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("damage", ["{", "[]\n", '{"id": "q9"}\n'])
@pytest.mark.parametrize("name", ["answers.jsonl", "scores.jsonl"])
def test_read_refuses_a_changed_evaluation(assistant, question_file, tmp_path, name, damage):
    folder = EvaluationFolder(tmp_path / "out")
    evaluate_questions(assistant, question_file, folder)
    lines = (folder.folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
    (folder.folder / name).write_text("".join([*lines[:-1], damage]), encoding="utf-8")
    with pytest.raises(InputInvalid, match="evaluate the questions anew"):
        folder.read()


def test_estimates_are_means_over_the_questions_that_have_a_value():
    rows = [
        scored(1, Outcome.RIGHT, first_citation=1.0, f1=0.5),
        scored(2, Outcome.WRONG, first_citation=0.0, f1=0.25),
        scored(3, Outcome.RIGHT, first_citation=1.0),
    ]
    found = estimates(rows)
    assert found["first_citation"].value == pytest.approx(2 / 3)
    assert found["first_citation"].count == 3
    assert (found["f1"].value, found["f1"].count) == (0.375, 2)
    assert found["first_citation"].low < 2 / 3 < found["first_citation"].high
    assert list(found) == [name for name in MEASURES if name in found]


def test_estimates_over_all_questions_at_once():
    rows = [
        scored(1, Outcome.RIGHT, confidence=0.9),
        scored(2, Outcome.WRONG, confidence=0.6),
        scored(3, Outcome.REFUSED, confidence=0.2, right=True),
        scored(4, Outcome.REFUSED_RIGHTLY, confidence=0.1, answerable=False),
        scored(5, Outcome.SHOULD_REFUSE, confidence=0.7, answerable=False),
    ]
    found = estimates(rows)
    assert found["refusal_precision"].value == 0.5  # of two refused, one is unanswerable
    assert found["refusal_precision"].count == 2
    # of the pairs 0.9, 0.6, 0.2 against 0.1, 0.7 four are in order: all against 0.1, and 0.9 against 0.7
    assert found["auroc"].value == pytest.approx(4 / 6)
    assert (found["seconds_p50"].value, found["seconds_p50"].count) == (pytest.approx(0.3), 5)
    assert "conflict_recall" not in found


def test_estimates_have_wider_intervals_where_questions_share_articles():
    def width(article_of) -> float:
        rows = [scored(n, Outcome.RIGHT, article=article_of(n), first_citation=float(n % 40 < 20)) for n in range(80)]
        found = estimates(rows)["first_citation"]
        return found.high - found.low

    assert width(lambda n: f"{n}.txt") < width(lambda n: f"{n // 20}.txt")


def test_estimates_judge_no_confidence_where_only_relevant_articles_are_known():
    one = scored(1, Outcome.UNJUDGED, article_mrr=1.0)
    judged_by_article = replace(one, question=replace(one.question, answers=(), relevant=(("a.txt", 1),)))
    assert estimates([judged_by_article]).keys() == {"article_mrr", "seconds_p50", "seconds_p95"}


def test_estimates_claim_no_certainty_where_all_questions_go_alike():
    rows = [scored(n, Outcome.RIGHT, article=f"{n}.txt", first_citation=1.0, any_citation=0.0) for n in range(6)]
    found = estimates(rows)
    # Wilson's interval at 6 of 6 begins at 6 / (6 + 1.96 ** 2)
    assert (found["first_citation"].low, found["first_citation"].high) == (pytest.approx(0.6097, abs=1e-4), 1.0)
    assert (found["any_citation"].low, found["any_citation"].high) == (0.0, pytest.approx(0.3903, abs=1e-4))


def test_estimates_of_one_article_draw_its_questions():
    rows = [scored(n, Outcome.RIGHT, article="a.txt", first_citation=float(n % 2)) for n in range(10)]
    found = estimates(rows)["first_citation"]
    assert found.low < 0.4 < 0.6 < found.high


def test_grouped_puts_lengths_in_order():
    rows = [scored(n, Outcome.RIGHT, first_citation=1.0) for n in range(4)]
    lengths = ["13+", "9-12", "1-4", "5-8"]
    rows = [replace(one, groups={"length": length}) for one, length in zip(rows, lengths, strict=True)]
    assert list(grouped(rows)["length"]) == ["1-4", "5-8", "9-12", "13+"]


def test_grouped_gives_each_group_its_own_means():
    rows = [
        scored(1, Outcome.RIGHT, article="a.txt", first_citation=1.0),
        scored(2, Outcome.WRONG, article="a.txt", first_citation=0.0),
        scored(3, Outcome.RIGHT, article="b.txt", first_citation=1.0),
    ]
    found = grouped(rows)
    assert {name: group["first_citation"].value for name, group in found["article"].items()} == {
        "a.txt": 0.5,
        "b.txt": 1.0,
    }


SAMPLE_QUESTIONS = Path(__file__).parent / "data" / "sample_questions.jsonl"


@pytest.fixture
def few_questions(tmp_path):
    """The first of the questions about the sample articles."""
    lines = SAMPLE_QUESTIONS.read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "few.jsonl"
    path.write_text("".join(lines[:8]), encoding="utf-8")
    return path


def test_evaluate_command_prints_the_measures(sample_index, few_questions, tmp_path, capsys):
    index, out = str(sample_index.folder), tmp_path / "out"
    arguments = ["evaluate", "--index", index, "--questions", str(few_questions), "--reader", "none", "--out", str(out)]
    assert main([*arguments, "--fail-under", "quotations_exact=1", "--fail-under", "passage_success@10=0.8"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("8 questions: ")
    assert "quotations_exact" in printed.out
    assert f"report: {out / 'report.html'}" in printed.err
    by_code = evaluate(index, few_questions, tmp_path / "code", reader="none").measures["f1"]
    assert by_code.value == pytest.approx(EvaluationFolder(out).read().measures["f1"].value, abs=1e-6)


@pytest.mark.parametrize(
    ("bar", "said"),
    [
        ("first_citation=1.01", "below 1.01"),
        ("seconds_p95=0", "above 0"),
        ("conflict_recall=0.5", "conflict_recall was not measured: no question of the file lets it be"),
    ],
)
def test_evaluate_command_fails_below_a_bar(sample_index, few_questions, tmp_path, capsys, bar, said):
    arguments = ["--index", str(sample_index.folder), "--questions", str(few_questions), "--reader", "none"]
    assert main(["evaluate", *arguments, "--out", str(tmp_path / "out"), "--fail-under", bar]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("bar", "said"),
    [
        ("speed=1", "'speed' is no measure; one of: passage_mrr"),
        ("f1", "has no value; write for instance f1=0.75"),
        ("f1=nan", "has no value"),
        ("f1=inf", "has no value"),
    ],
)
def test_evaluate_command_names_a_bar_that_is_none(tmp_path, capsys, bar, said):
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", "--questions", "q.jsonl", "--out", str(tmp_path / "out"), "--fail-under", bar])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_evaluate_with_squad_searches_the_texts_that_come_with_the_questions(tmp_path):
    text = "Das Bad öffnet im Mai. Es hat 25 Bahnen. Der Rat freut sich."
    question = {"id": "s1", "question": "Wie viele Bahnen hat das Bad?", "is_impossible": False}
    question["answers"] = [{"text": "25", "answer_start": text.index("25")}]
    paragraph = {"context": text, "qas": [question]}
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"version": "2.0", "data": [{"title": "Bad", "paragraphs": [paragraph]}]}))
    folder = EvaluationFolder(tmp_path / "out")
    news_index = index_for_texts(folder, CountingEmbedder(), resume=False)
    add_texts(news_index, path, folder)
    evaluation = evaluate_questions(Assistant(news_index, settings=Settings(threshold=0.0)), path, folder)
    news_index.close()
    [one] = evaluation.scored
    assert [place.text for place in one.gold] == ["Es hat 25 Bahnen."]
    assert one.values["sentence_recall@10"] == 1.0


def test_evaluate_with_squad_begins_its_index_anew(tmp_path):
    folder = EvaluationFolder(tmp_path / "out")
    for word in ("Bad", "Moor"):
        data = [{"title": word, "paragraphs": [{"context": f"Das {word} ist nass.", "qas": []}]}]
        path = tmp_path / f"{word}.json"
        path.write_text(json.dumps({"version": "1.1", "data": data}))
        news_index = index_for_texts(folder, CountingEmbedder(), resume=False)
        add_texts(news_index, path, folder)
        [entry] = news_index.entries()
        assert word in entry.article.text
        news_index.close()
