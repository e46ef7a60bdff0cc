"""The command line of asking and measuring: `python -m qa ask|batch|retrieve|evaluate|compare|feedback`."""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from index.command_line import common_options, index_folder, named_embedder, open_index, progress_bar, run
from index.errors import InputInvalid, QuestionInvalid
from index.files import printable
from index.store import Scope
from qa import feedback, render
from qa.batch import answer_questions, retrieve_questions
from qa.comparison import compare
from qa.evaluation import add_texts, evaluate_questions, index_for_texts, usable_questions
from qa.evaluation_folder import EvaluationFolder, comparison_object
from qa.options import answering_options, named_assistant
from qa.question_files import Question, checked_period, read_questions
from qa.results import MEASURES
from qa.summary import comparison_text, evaluation_text, missed


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = _parser().parse_args(argv)
    status: int = arguments.command(arguments)
    return status


def _parser() -> argparse.ArgumentParser:
    common = [common_options(), answering_options()]
    parser = argparse.ArgumentParser(prog="python -m qa", description="Ask questions about an index of articles.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    ask = commands.add_parser("ask", parents=common, help="answer one question")
    ask.add_argument("question")
    ask.add_argument("--article", action="append", default=[], metavar="FILE", help="search only this article")
    ask.add_argument("--publisher", action="append", default=[], metavar="NAME", help="search only this outlet")
    ask.add_argument("--since", metavar="DATE", help="search only articles from this day on (YYYY-MM-DD)")
    ask.add_argument("--until", metavar="DATE", help="search only articles up to this day (YYYY-MM-DD)")
    ask.add_argument("--json", action="store_true", help="print the answer object")
    ask.set_defaults(command=_ask)

    batch = commands.add_parser("batch", parents=common, help="answer a file of questions")
    batch.set_defaults(command=_batch)

    retrieve = commands.add_parser(
        "retrieve", parents=common, help="find passages or sentences for a file of questions"
    )
    retrieve.add_argument("--unit", choices=("passage", "sentence"), default="passage", help="what to find")
    retrieve.add_argument("--top", type=_positive, default=10, metavar="N", help="how many (default 10)")
    retrieve.set_defaults(command=_retrieve)

    judged = commands.add_parser(
        "feedback", parents=[common_options()], help="make a file of questions from judgements on answers"
    )
    judged.add_argument("--out", required=True, type=Path, metavar="FILE.jsonl", help="where to write")
    judged.set_defaults(command=_feedback)

    evaluated = commands.add_parser(
        "evaluate", parents=common, help="answer a file of questions and measure the answers"
    )
    evaluated.add_argument(
        "--questions",
        required=True,
        type=Path,
        metavar="GOLD",
        help="questions with what is right (README: Evaluating)",
    )
    evaluated.add_argument("--qrels", type=Path, metavar="FILE", help="relevance judgements in TREC's form")
    evaluated.add_argument(
        "--squad",
        action="store_true",
        help="search the texts that come with the questions (contexts of a SQuAD file, the corpus of a BEIR folder)",
    )
    evaluated.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where to write")
    evaluated.add_argument("--resume", action="store_true", help="go on after the last answer that stands in --out")
    evaluated.add_argument("--lang", choices=("de", "en"), default="de", help="language of the report (default de)")
    evaluated.add_argument(
        "--fail-under",
        action="append",
        type=_bar,
        default=[],
        metavar="MEASURE=VALUE",
        help="exit with 1 if a measure is worse than this (for those of which less is better: if it is more)",
    )
    evaluated.set_defaults(command=_evaluate)

    comparing = commands.add_parser("compare", help="compare two evaluations question by question")
    comparing.add_argument("first", type=Path, metavar="FOLDER_A")
    comparing.add_argument("second", type=Path, metavar="FOLDER_B")
    comparing.add_argument("--json", action="store_true", help="print one JSON object")
    comparing.set_defaults(command=_compare)

    for command in (batch, evaluated):
        command.add_argument(
            "--workers",
            type=_positive,
            default=1,
            metavar="N",
            help="answer so many questions at a time: all together sooner, each by itself later (default 1)",
        )
    for command in (batch, retrieve):
        command.add_argument("--resume", action="store_true", help="go on after the last whole line of --out")
        command.add_argument("--questions", required=True, type=Path, metavar="IN.jsonl", help="the questions")
        command.add_argument("--out", required=True, type=Path, metavar="OUT.jsonl", help="where to write")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return int(text)


def _bar(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    if name not in MEASURES:
        raise argparse.ArgumentTypeError(f"{name!r} is no measure; one of: {', '.join(MEASURES)}")
    try:
        bar = float(value)
    except ValueError:
        bar = math.nan
    if not math.isfinite(bar):
        raise argparse.ArgumentTypeError(f"{text!r} has no value; write for instance {name}=0.75")
    return name, bar


def _ask(arguments: argparse.Namespace) -> int:
    scope = Scope(
        tuple(arguments.article),
        tuple(arguments.publisher),
        *checked_period(arguments.since, arguments.until, ("--since", "--until")),
    )
    news_index = open_index(arguments)
    news_index.check_scope(scope)
    assistant = named_assistant(arguments, news_index)
    answer = assistant.ask(arguments.question, scope=scope)
    if arguments.json:
        print(json.dumps(render.answer_object(answer, "q1"), ensure_ascii=False))
    else:
        corrected = assistant.corrected(answer.question, scope=scope) if answer.abstained else None
        print(render.terminal(answer, corrected=corrected))
    return 0


def _batch(arguments: argparse.Namespace) -> int:
    questions, faults = _questions(arguments)
    faults += answer_questions(
        named_assistant(arguments, open_index(arguments)),
        questions,
        arguments.out,
        resume=arguments.resume,
        workers=arguments.workers,
        tell=progress_bar("questions", quiet=arguments.quiet),
    )
    return _report(faults)


def _retrieve(arguments: argparse.Namespace) -> int:
    questions, faults = _questions(arguments)
    faults += retrieve_questions(
        named_assistant(arguments, open_index(arguments)),
        questions,
        arguments.out,
        unit=arguments.unit,
        top=arguments.top,
        resume=arguments.resume,
        tell=progress_bar("questions", quiet=arguments.quiet),
    )
    return _report(faults)


def _evaluate(arguments: argparse.Namespace) -> int:
    if arguments.squad and arguments.index:
        raise InputInvalid("--squad makes an index of its own in --out; leave --index out")
    folder = EvaluationFolder(arguments.out)
    with folder.taken_back_if_in_vain():
        if arguments.squad:
            usable_questions(arguments.questions, qrels=arguments.qrels)  # before texts are embedded, maybe for hours
            news_index = index_for_texts(folder, named_embedder(arguments), resume=arguments.resume)
        else:
            news_index = open_index(arguments)
        assistant = named_assistant(arguments, news_index)
        if arguments.squad:
            add_texts(news_index, arguments.questions, folder)
        evaluation = evaluate_questions(
            assistant,
            arguments.questions,
            folder,
            qrels=arguments.qrels,
            resume=arguments.resume,
            workers=arguments.workers,
            language=arguments.lang,
            tell=progress_bar("questions", quiet=arguments.quiet),
        )
    print(evaluation_text(evaluation))
    if not arguments.quiet:
        print(f"report: {printable(str(arguments.out / 'report.html'))}", file=sys.stderr)
    failed = missed(evaluation.measures, arguments.fail_under)
    for line in failed:
        print(f"error: {line}", file=sys.stderr)
    return 1 if _report(evaluation.faults) or failed else 0


def _compare(arguments: argparse.Namespace) -> int:
    comparison = compare(arguments.first, arguments.second)
    if arguments.json:
        print(json.dumps(comparison_object(comparison), ensure_ascii=False))
    else:
        print("\n".join(map(printable, comparison_text(comparison).split("\n"))))
    return 0


def _feedback(arguments: argparse.Namespace) -> int:
    folder, out = index_folder(arguments.index), arguments.out
    rows = feedback.question_rows(feedback.read(folder))
    if not rows:
        raise InputInvalid(f"{folder} holds no feedback yet; judge some answers in: python app.py --index {folder}")
    if out.resolve() == (folder / feedback.FILE_NAME).resolve():
        raise InputInvalid(f"--out {out} is the feedback itself and would be overwritten; name another file")
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    try:
        out.write_text(lines, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise InputInvalid(
            f"--out {out} cannot be written ({error.strerror}); name a file in a folder that exists and has room"
        ) from error
    if not arguments.quiet:
        print(f"{len(rows)} judged questions written to {printable(str(out))}", file=sys.stderr)
    return 0


def _questions(arguments: argparse.Namespace) -> tuple[list[Question], list[str]]:
    path: Path = arguments.questions
    if path.resolve() == arguments.out.resolve():
        raise InputInvalid(f"--out {path} is the file of questions and would be overwritten; name another file")
    questions, faults = read_questions(path)
    if not questions:
        reason = f" ({faults[0]})" if faults else ""
        raise QuestionInvalid(f'{path} holds no question{reason}; write lines like {{"id": "q1", "question": "…"}}')
    return questions, faults


def _report(faults: Sequence[str]) -> int:
    """Name what could not be used; the rest was done."""
    for fault in faults:
        print(printable(fault), file=sys.stderr)
    if faults:
        print(
            f"error: {len(faults)} questions could not be used, the others are done; mend those lines", file=sys.stderr
        )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(run(main))
