"""Trains the evidence reader: `python -m qa.train_reader SET... --out FOLDER [--resume]`.

Two stages: first all the public sets, whatever their language, which teach what a question asks of a text; then the
written German articles with the passages that an index finds for their questions, and a share of the public sets.

The loss of a question is the sum of three cross entropies: over all sentences of its windows at once, with "none of
them" as one more choice, so that scores compare between passages (shared normalisation, Clark and Gardner 2018, arXiv
1710.10723); of each sentence alone, so that several may answer; and of the first and last word of the short answer,
with the first token for "none" (Devlin et al. 2019, arXiv 1810.04805). What is kept is a moving average of the weights.

Only the upper layers learn; weights and gradients are bfloat16 where the processor has it, their sum float32. The same
arguments give the same weights on the same machine. Two cores with AMX read some 18 windows a second.
"""

import argparse
import logging
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from index.command_line import run
from index.embedded_model import embedded_model_folder
from index.embedding import SentenceTransformerEmbedder
from index.errors import InputInvalid
from qa.reader_model import (
    Encoded,
    EvidenceModel,
    build_network,
    collate,
    encode,
    fast_type,
    load_network,
    save_weights,
    trained_parameters,
)
from qa.training_data import (
    Group,
    Row,
    Target,
    crossed_groups,
    held_out,
    index_articles,
    public_groups,
    read_rows,
    with_strangers,
    written_groups,
    written_questions,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """The knobs of training."""

    trained_layers: int = 8  # the upper ones, of 12
    batch: int = 16  # questions
    tokens: int = 2600  # that go through the network at once, padding included
    rate: float = 1.2e-4  # of AdamW, at its peak
    head_rate: float = 1e-3
    warm_up: int = 100  # steps
    average: float = 0.998  # share of the old average that a step keeps
    weight_of_spans: float = 1.0
    weight_of_answers: float = 3.0  # of a sentence that answers against one that does not, each taken alone
    largest_public: int = 22_000  # questions of one public set in other languages than German, in the first stage
    largest_repeated: int = 2_500  # and in the second
    strangers: float = 0.25  # share of the public spans' questions that also get a window of another text
    more_windows: float = 0.4  # chance of a second window without the answer
    save_every: int = 250  # steps


@dataclass(frozen=True, slots=True)
class Stage:
    """What is trained on in a stage: groups, how often, and to which share of its peak the learning rate falls."""

    name: str
    groups: tuple[Group, ...]
    epochs: float
    last_rate: float


Loaded = tuple[Group, list[Encoded]]


def main(argv: Sequence[str] | None = None) -> int:
    """Train, or go on training, and write the weights."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logger.setLevel(logging.INFO)
    torch.manual_seed(arguments.seed)
    out: Path = arguments.out
    if (out / "checkpoint.pt").exists() and not arguments.resume:
        raise InputInvalid(f"--out {out} holds an unfinished training; go on with --resume, or name another folder")
    plan = Plan()
    stages = make_stages(arguments.sets, out, plan, seed=arguments.seed, epochs=arguments.epochs)
    network = build_network(trained_layers=plan.trained_layers, attention=training_attention())
    if arguments.start:
        network.load_state_dict(load_network(arguments.start).state_dict())
    values = train(network, stages, out, plan, seed=arguments.seed)
    save_weights(values, out)
    load_network(out)  # what cannot be read again should be noticed now
    (out / "checkpoint.pt").unlink(missing_ok=True)
    logger.info("wrote %s", out / "reader.safetensors")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m qa.train_reader", description="Train the evidence reader.")
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET", help="files of questions (.jsonl, .jsonl.gz)")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where weights and checkpoints go")
    parser.add_argument("--start", type=Path, metavar="FOLDER", help="weights to begin with, or the embedded model's")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    parser.add_argument("--seed", type=int, default=0, help="of order and choice (default 0)")
    parser.add_argument(
        "--epochs",
        type=float,
        nargs=2,
        default=(1.0, 2.0),
        metavar=("FIRST", "SECOND"),
        help="how often each stage goes through its questions (default 1 2)",
    )
    return parser


# what is trained on


def make_stages(
    paths: Sequence[Path], out: Path, plan: Plan, *, seed: int, epochs: tuple[float, float]
) -> tuple[Stage, Stage]:
    """Read the sets and, with an index in `out`, find passages for the questions about written articles."""
    pick = random.Random(seed)  # noqa: S311  # no secret
    first: list[Group] = []
    second: list[Group] = []
    written: list[Row] = []
    for path in paths:
        rows = read_rows(path)
        if not rows:
            raise InputInvalid(f"{path} is empty; leave it out")
        if "context" not in rows[0]:
            written += rows
            continue
        german = _with_strangers(public_groups(row for row in rows if row["lang"] == "de"), plan, seed)
        foreign = _with_strangers(public_groups(row for row in rows if row["lang"] != "de"), plan, seed)
        german += crossed_groups(rows)
        first += [*german, *pick.sample(foreign, min(len(foreign), plan.largest_public))]
        second += [*german, *pick.sample(foreign, min(len(foreign), plan.largest_repeated))]
        logger.info("%s: %d questions", path.name, len(german) + len(foreign))
    articles = [row for row in written if "qas" in row]
    if articles:
        asked = [question for question in written_questions(written) if not held_out(question.article)]
        with closing(index_articles(articles, out, SentenceTransformerEmbedder())) as news_index:
            found = [group for question, group in written_groups(asked, news_index) if _usable(question.gold, group)]
        second += found
        logger.info("%d questions about %d written articles", len(found), len(articles))
    return (
        Stage("public sets", tuple(first), epochs[0], last_rate=0.3),
        Stage("written articles", tuple(second), epochs[1], last_rate=0.0),
    )


def _with_strangers(groups: Iterator[Group], plan: Plan, seed: int) -> list[Group]:
    """The groups, and where a set tells words some with a window of another text."""
    listed = list(groups)
    return with_strangers(listed, share=plan.strangers, seed=seed) if listed and listed[0].spans else listed


def _usable(gold: Sequence[str], group: Group) -> bool:
    """Whether the index found what answers, if anything does."""
    return not gold or any(target.gold for target in group.targets)


def sampled(group: Group, pick: random.Random, plan: Plan) -> Group:
    """The group with few of its windows, chosen anew each time; a question is now and then typed as in a chat."""
    answering = [target for target in group.targets if target.gold]
    others = [target for target in group.targets if not target.gold]
    wanted = 1 + (pick.random() < plan.more_windows) + (not answering)
    if group.ranked:
        others = _likelier_first(others, wanted, pick)
        if len(answering) > 1 and pick.random() < 0.3:
            answering = [pick.choice(answering)]
        chosen = [*answering[:1], *others]
        if pick.random() < 0.2:
            chosen = [replace(target, window=replace(target.window, title="")) for target in chosen]
    else:
        pick.shuffle(others)
        kept = [target for target in others if pick.random() < 0.55]
        chosen = [*answering[:2], *kept][: 3 if not group.spans else 2] or others[:1]
    pick.shuffle(chosen)
    question = group.question
    if group.ranked and pick.random() < 0.14:
        question = question.rstrip("?")
        question = question.lower() if pick.random() < 0.6 else question
    return replace(group, question=question, targets=tuple(chosen))


def _likelier_first(targets: list[Target], count: int, pick: random.Random) -> list[Target]:
    """Some of the targets, those that were found well more often than the others."""
    left = list(enumerate(targets))
    chosen: list[Target] = []
    while left and len(chosen) < count:
        (found,) = pick.choices(left, [1 / (1 + rank) for rank, _ in left])
        left.remove(found)
        chosen.append(found[1])
    return chosen


# training


def training_attention() -> str:
    """Name an attention in transformers that computes its gradients with matrix products.

    For heads as narrow as these that is faster on a processor than the fused kernel, which is kept where no gradient
    is needed.
    """
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, eager_mask

    def attend(
        _module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scaling: float, **_: Any
    ) -> tuple[Tensor, None]:
        if not query.requires_grad:
            joined = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=scaling)
        else:
            scores = torch.matmul(query * scaling, key.transpose(-1, -2))
            joined = torch.matmul(torch.softmax(scores if mask is None else scores + mask, -1), value)
        return joined.transpose(1, 2).contiguous(), None

    AttentionInterface.register("products", attend)
    AttentionMaskInterface.register("products", eager_mask)
    return "products"


def train(network: EvidenceModel, stages: Sequence[Stage], out: Path, plan: Plan, *, seed: int) -> dict[str, Tensor]:
    """Train through the stages, from the checkpoint in `out` where there is one; return the averaged values by name."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(embedded_model_folder() / "tokenizer.json"))
    values = {name: parameter.detach().float().clone() for name, parameter in trained_parameters(network).items()}
    network.to(fast_type()).train()
    state = _State(network, values, plan)
    begun = state.load(out / "checkpoint.pt")
    for number, stage in enumerate(stages):
        if number < begun[0]:
            continue
        if number > begun[0]:
            state.forget_momentum()
        _train_stage(network, stage, state, tokenizer, out, plan, seed=seed, number=number, first=begun[1])
        begun = (number, 0)
    return dict(zip(values, state.average, strict=True))


class _State:
    """The values in float32, their moving average, and the optimiser."""

    def __init__(self, network: EvidenceModel, values: dict[str, Tensor], plan: Plan) -> None:
        self.parameters = list(trained_parameters(network).values())
        self.values = [value.requires_grad_() for value in values.values()]
        self.average = [value.detach().clone() for value in self.values]
        self._heads = [name.startswith("head.") for name in values]
        self._plan = plan
        self.forget_momentum()

    def forget_momentum(self) -> None:
        """Begin with a fresh optimiser."""
        heads = [value for value, head in zip(self.values, self._heads, strict=True) if head]
        layers = [value for value, head in zip(self.values, self._heads, strict=True) if not head]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": heads, "peak": self._plan.head_rate, "weight_decay": 0.0},
                {"params": layers, "peak": self._plan.rate, "weight_decay": 0.01},
            ],
            fused=True,
        )

    def take_gradients(self) -> None:
        """Add the network's gradients to those in float32."""
        for value, parameter in zip(self.values, self.parameters, strict=True):
            if parameter.grad is not None:
                value.grad = parameter.grad.float() if value.grad is None else value.grad.add_(parameter.grad)
                parameter.grad = None

    def step(self, rate: float, done: int) -> None:
        """Change the values at a share of the peak learning rate, and the average and the network after them."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["peak"]
        nn.utils.clip_grad_norm_(self.values, 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad()
        kept = min(self._plan.average, (1 + done) / (10 + done))
        with torch.no_grad():
            for value, average, parameter in zip(self.values, self.average, self.parameters, strict=True):
                average.mul_(kept).add_(value, alpha=1 - kept)
                parameter.copy_(value)

    def save(self, path: Path, stage: int, step: int) -> None:
        """Write a checkpoint beside its place and move it there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = {
            "values": self.values,
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "begun": (stage, step),
        }
        torch.save(kept, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").replace(path)

    def load(self, path: Path) -> tuple[int, int]:
        """Take up a checkpoint; return the stage and the step to go on with."""
        if not path.exists():
            return 0, 0
        try:
            kept = torch.load(path, weights_only=True)
        except (RuntimeError, EOFError, OSError, ValueError, UnpicklingError) as error:
            raise InputInvalid(f"{path} is damaged ({str(error)[:80]}); delete it to begin anew") from error
        with torch.no_grad():
            for mine, theirs in zip([*self.values, *self.average], [*kept["values"], *kept["average"]], strict=True):
                mine.copy_(theirs)
            for parameter, value in zip(self.parameters, self.values, strict=True):
                parameter.copy_(value)
        self.optimiser.load_state_dict(kept["optimiser"])
        stage, step = kept["begun"]
        logger.info("going on with stage %d at step %d", stage + 1, step)
        return stage, step


def _train_stage(
    network: EvidenceModel,
    stage: Stage,
    state: _State,
    tokenizer: "Tokenizer",
    out: Path,
    plan: Plan,
    *,
    seed: int,
    number: int,
    first: int,
) -> None:
    """Train through one stage from a step on."""
    order = _order(len(stage.groups), math.ceil(stage.epochs), seed)
    steps = int(stage.epochs * len(stage.groups)) // plan.batch
    logger.info("stage %d, %s: %d questions, %d steps", number + 1, stage.name, len(stage.groups), steps)
    begun = time.monotonic()
    told = _Losses()
    for step in range(first, steps):
        pick = random.Random(f"{seed} {number} {step}")  # noqa: S311  # no secret
        places = order[step * plan.batch : (step + 1) * plan.batch]
        groups = [sampled(stage.groups[place], pick, plan) for place in places]
        loaded = [(group, encode(tokenizer, group.question, [t.window for t in group.targets])) for group in groups]
        for part in parts(loaded, plan.tokens):
            loss = told.take(*losses(network, part, plan), len(part), plan)
            (loss / plan.batch).backward()  # type: ignore[no-untyped-call]
            state.take_gradients()
        fall = 1 - (1 - stage.last_rate) * step / steps
        state.step(min(1, (step + 1) / plan.warm_up) * fall, step)
        if (step + 1) % 50 == 0 or step + 1 == steps:
            left = (time.monotonic() - begun) / (step + 1 - first) * (steps - step - 1)
            logger.info("step %d of %d: %s, %.0f minutes left", step + 1, steps, told.means(), left / 60)
        if (step + 1) % plan.save_every == 0 or step + 1 == steps:
            state.save(out / "checkpoint.pt", number, step + 1)


def _order(count: int, epochs: int, seed: int) -> list[int]:
    """The places of the groups, shuffled anew for each epoch."""
    pick = random.Random(seed)  # noqa: S311  # no secret
    order: list[int] = []
    for _ in range(epochs):
        order += pick.sample(range(count), count)
    return order


def parts(loaded: Sequence[Loaded], tokens: int) -> Iterator[list[Loaded]]:
    """Groups of like length together, none torn apart, each part within a number of tokens with its padding."""
    part: list[Loaded] = []
    windows = 0
    for group, encoded in sorted(loaded, key=lambda pair: max(len(one.ids) for one in pair[1])):
        longest = max(len(one.ids) for one in encoded)
        if part and (windows + len(encoded)) * longest > tokens:
            yield part
            part, windows = [], 0
        part.append((group, encoded))
        windows += len(encoded)
    if part:
        yield part


class _Losses:
    """Sums of the three losses since they were last told."""

    def __init__(self) -> None:
        self._sums = [0.0, 0.0, 0.0]
        self._groups = 0

    def take(self, among: Tensor, alone: Tensor, spans: Tensor, groups: int, plan: Plan) -> Tensor:
        """Note the losses of some groups and return what is to be made smaller."""
        for place, loss in enumerate((among, alone, spans)):
            self._sums[place] += float(loss.detach())
        self._groups += groups
        return among + alone + plan.weight_of_spans * spans

    def means(self) -> str:
        """The mean losses of a group, and begin anew."""
        among, alone, spans = (total / max(self._groups, 1) for total in self._sums)
        self.__init__()  # type: ignore[misc]
        return f"sentences {among:.3f}, each alone {alone:.3f}, words {spans:.3f}"


def losses(network: EvidenceModel, part: Sequence[Loaded], plan: Plan) -> tuple[Tensor, Tensor, Tensor]:
    """The losses of some groups, each summed: sentences against each other, sentences alone, first and last words."""
    batch = collate([one for _, encoded in part for one in encoded])
    reading = network(batch)
    among, alone, spans = torch.zeros(()), torch.zeros(()), torch.zeros(())
    none = torch.zeros(1)
    weight = torch.tensor(plan.weight_of_answers)
    row = first = 0
    for group, encoded in part:
        sizes = batch.sizes[row : row + len(encoded)]
        evidence = reading.evidence[first : first + sum(sizes)]
        gold = torch.tensor(
            [number in target.gold for target, size in zip(group.targets, sizes, strict=True) for number in range(size)]
        )
        right = evidence[gold] if gold.any() else none
        among = among + torch.logsumexp(torch.cat([evidence, none]), 0) - torch.logsumexp(right, 0)
        alone = alone + nn.functional.binary_cross_entropy_with_logits(evidence, gold.float(), pos_weight=weight)
        if group.spans:
            for place, (target, one) in enumerate(zip(group.targets, encoded, strict=True), start=row):
                spans = spans + _span_loss(target, one, reading.starts[place], reading.ends[place])
        row += len(encoded)
        first += sum(sizes)
    return among, alone, spans


def _span_loss(target: Target, encoded: Encoded, starts: Tensor, ends: Tensor) -> Tensor:
    """Cross entropy of the first and the last word; nothing where a window answers with unknown words."""
    if target.gold and not target.span:
        return torch.zeros(())
    first = last = 0
    if target.span:
        tokens = [
            place
            for place, (start, end) in enumerate(encoded.places)
            if start < end and end > target.span[0] and start < target.span[1]
        ]
        if not tokens:
            return torch.zeros(())
        first, last = tokens[0], tokens[-1]
    loss = torch.logsumexp(starts, 0) - starts[first] + torch.logsumexp(ends, 0) - ends[last]
    return loss * (0.5 if target.span else 0.15)


if __name__ == "__main__":
    sys.exit(run(main))
