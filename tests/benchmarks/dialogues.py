"""Measures how well follow-up questions are understood, on dialogues with gold sentences.

    python -m tests.benchmarks.dialogues --index DIR FILE...

A line of a file is a dialogue: {"id", "turns": [{"q": as typed, "whole": the same made self-contained, "follow_up",
"gold": the sentence that answers, "article": its file name}]}. Counted are the follow-ups whose self-contained wording
finds the gold sentence, without a reader. Each turn is understood with the answers of the turns before it, as in the
chat, and with their questions alone, as in a batch.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.command_line import run
from index.embedding import SentenceTransformerEmbedder
from index.store import NewsIndex
from qa.answers import Assistant
from qa.dialogue import Earlier, Understood, understand
from qa.question_files import Gold, Question
from qa.scoring import is_gold_sentence

BEST_SENTENCES = 3
BEST_PASSAGES = 3


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a dialogue, and how it was understood."""

    follow_up: bool
    whole: Question  # self-contained, with its gold sentence
    typed: str
    understood: Understood


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("files", nargs="+", type=Path)
    arguments = parser.parse_args(argv)
    assistant = Assistant(NewsIndex(arguments.index, SentenceTransformerEmbedder()))
    for path in arguments.files:
        for kind, answering in (("with the answers so far", assistant), ("with the questions so far", None)):
            print(f"{path.name}, {kind}:")
            measure(list(turns(path, answering)), assistant)
    return 0


def turns(path: Path, assistant: Assistant | None) -> Iterator[Turn]:
    """The turns of a file, understood one after the other; an assistant answers each before the next."""
    for line in path.read_text(encoding="utf-8").splitlines():
        dialogue = json.loads(line)
        history: list[Earlier] = []
        for number, turn in enumerate(dialogue["turns"]):
            understood = understand(turn["q"], history)
            gold = Gold(turn["article"], turn["gold"])
            name = f"{dialogue['id']}.{number + 1}"
            if history:
                yield Turn(
                    turn["follow_up"],
                    Question(name, turn["whole"], gold=(gold,)),
                    turn["q"],
                    understood,
                )
            history.append(answered(understood.question, assistant))


def answered(question: str, assistant: Assistant | None) -> Earlier:
    """A turn as the next one sees it."""
    answer = assistant.ask(question) if assistant else None
    if answer is None or not answer.citations:
        return Earlier(question)
    first = answer.citations[0]
    return Earlier(question, answer.short_answer, first.sentence.text, first.article.title)


def measure(asked: Sequence[Turn], assistant: Assistant) -> None:
    """Print the measures, and the turns that fail one."""
    follow_ups = [turn for turn in asked if turn.follow_up]
    new_topics = [turn for turn in asked if not turn.follow_up]
    for name, found in (("among the three best sentences", among_best), ("in the first three passages", in_passages)):
        findable = [turn for turn in follow_ups if found(turn.whole, turn.whole.text, assistant)]
        missed = [turn for turn in findable if not found(turn.whole, turn.understood.question, assistant)]
        plain = sum(found(turn.whole, turn.typed, assistant) for turn in findable)
        print(f"  follow-ups, gold {name}: {_share(len(findable) - len(missed), len(findable))}; as typed {plain}")
        _list(missed)
    unchanged = [turn for turn in follow_ups if not turn.understood.carried]
    print(f"  follow-ups left as they were: {_share(len(unchanged), len(follow_ups))}")
    _list(unchanged)
    changed = [turn for turn in new_topics if turn.understood.carried]
    print(f"  new topics changed: {_share(len(changed), len(new_topics))}")
    _list(changed)


def among_best(gold: Question, query: str, assistant: Assistant) -> bool:
    """Whether a gold sentence is one of the best of the passages found for a query."""
    best = assistant.rank(query, assistant.retrieve(query))[:BEST_SENTENCES]
    return any(is_gold_sentence(gold, {evidence.article.name}, evidence.sentence.text) for evidence in best)


def in_passages(gold: Question, query: str, assistant: Assistant) -> bool:
    """Whether a gold sentence stands in one of the first passages found for a query."""
    hits = assistant.retrieve(query)[:BEST_PASSAGES]
    return any(
        is_gold_sentence(gold, {hit.article.name}, sentence.text) for hit in hits for sentence in hit.passage.sentences
    )


def _share(part: int, count: int) -> str:
    return f"{part / count:.1%} ({part} of {count})" if count else "none"


def _list(failed: Sequence[Turn]) -> None:
    for turn in failed:
        print(f"    {turn.whole.id} {turn.typed!r} -> {turn.understood.question!r}")


if __name__ == "__main__":
    sys.exit(run(main))
