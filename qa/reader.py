"""Reads the best passages with the question: which sentence answers, with which words.

`TrainedReader` is the one that ships: the network of `reader_model` with the weights in `reader_weights`.
`AnsweringModel` takes a question-answering model of transformers instead. Both say the same of a passage.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from index.embedded_model import embedded_model_folder
from index.embedding import heading
from index.errors import ModelUnavailable
from index.types import Hit
from qa.types import Verdict

if TYPE_CHECKING:
    from qa.reader_model import Window

TRAINED = "trained"  # the reader that ships
NONE = "none"  # no reader: sentences are ranked by similarity alone
WEIGHTS = Path(__file__).parent / "reader_weights"

_LONGEST_SPAN = 40  # tokens of a short answer
_LONGEST_INPUT = 512  # tokens of a question with a passage

Scores = npt.NDArray[np.float32]
_UNREAD = Verdict(float("-inf"), None, float("-inf"))  # a sentence beyond what the network can read


class Reader(Protocol):
    """What reads passages with a question."""

    @property
    def name(self) -> str:
        """The name of the reader, as `--reader` takes it."""

    @property
    def version(self) -> str:
        """What tells it from others of that name, for the record of what was run."""

    def read(self, question: str, hits: Sequence[Hit]) -> list[tuple[Verdict, ...]]:
        """For each hit a verdict on each of its sentences."""

    def load(self) -> None:
        """Load it now rather than at the first question. Raises ModelUnavailable where that cannot be done."""


def named_reader(name: str) -> Reader | None:
    """The reader that `--reader` names: a folder that `qa.train_reader` wrote is one, too. None for NONE."""
    if name == NONE:
        return None
    if name == TRAINED:
        return TrainedReader()
    folder = Path(name).expanduser()
    return TrainedReader(folder) if (folder / "reader.json").exists() else AnsweringModel(name)


class TrainedReader:
    """The network that ships with the program. It is loaded when it is first needed. Threads may share it.

    Whatever needs it raises ModelUnavailable where the embedded model, from whose weights it starts, is missing or
    its own weights are damaged.
    """

    def __init__(self, folder: Path = WEIGHTS) -> None:
        self.name = TRAINED if folder == WEIGHTS else str(folder)
        self._folder = folder

    @property
    def version(self) -> str:
        """The name with the beginning of the weights' checksum."""
        from qa.reader_model import checksum_of

        return f"{Path(self.name).name} {checksum_of(self._folder)[:12]}"

    @cached_property
    def _network(self) -> Any:
        from qa.reader_model import load_network

        return load_network(self._folder)

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        return Tokenizer.from_file(str(embedded_model_folder() / "tokenizer.json"))

    def load(self) -> None:
        """Load the network now."""
        _ = self._network, self._tokenizer

    def read(self, question: str, hits: Sequence[Hit]) -> list[tuple[Verdict, ...]]:
        if not hits:
            return []
        import torch

        from qa.reader_model import collate, encode

        windows = [window_of(hit) for hit in hits]
        encoded = encode(self._tokenizer, question, windows)
        batch = collate(encoded)
        with torch.inference_mode():
            reading = self._network(batch)
        evidence = np.split(reading.evidence.numpy(), np.cumsum(batch.sizes)[:-1])
        starts, ends = reading.starts.numpy(), reading.ends.numpy()
        return [
            _verdicts(window, one.places, one.sentence, starts[row], ends[row], evidence[row])
            for row, (window, one) in enumerate(zip(windows, encoded, strict=True))
        ]


class AnsweringModel:
    """A question-answering model of transformers, from the hub or a folder. Threads may share it.

    It knows spans only, so a sentence's evidence is that of its best span. Whatever needs the model raises
    ModelUnavailable where it cannot be loaded.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def version(self) -> str:
        """The name alone; that of a folder without what leads there."""
        return Path(self.name).name if Path(self.name).exists() else self.name

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        return _load_answering(self.name)

    def load(self) -> None:
        """Load the model now."""
        _ = self._loaded

    def read(self, question: str, hits: Sequence[Hit]) -> list[tuple[Verdict, ...]]:
        if not hits:
            return []
        import torch

        from qa.reader_model import sentences_of, trimmed

        tokenizer, model = self._loaded
        windows = [window_of(hit) for hit in hits]
        encoded = tokenizer(
            [_shortened(question, tokenizer)] * len(windows),
            [window.text for window in windows],
            truncation="only_second",
            max_length=min(int(tokenizer.model_max_length), _LONGEST_INPUT),
            padding=True,
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        places = encoded.pop("offset_mapping").tolist()
        with torch.inference_mode():
            output = model(**encoded)
        results = []
        for row, window in enumerate(windows):
            starts, ends = output.start_logits[row].float().numpy(), output.end_logits[row].float().numpy()
            spans = [
                trimmed(window.text, *place) if part == 1 else (0, 0)
                for place, part in zip(places[row], encoded.sequence_ids(row), strict=True)
            ]
            verdicts = _verdicts(window, spans, sentences_of(spans, window.sentences), starts, ends)
            results.append(tuple(replace(verdict, evidence=verdict.span_score / 2) for verdict in verdicts))
        return results


def _shortened(question: str, tokenizer: Any) -> str:
    """As much of a question as leaves room for a passage."""
    from qa.reader_model import LONGEST_QUESTION

    places = tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    return question if len(places) <= LONGEST_QUESTION else question[: places[LONGEST_QUESTION - 1][1]]


def _load_answering(name: str) -> tuple[Any, Any]:
    """Tokenizer and model, without running code that comes with it."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from safetensors import SafetensorError
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    from qa.reader_model import fast_type

    local = Path(name).expanduser()
    source, here = (str(local), True) if local.exists() else (name, False)
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=here, trust_remote_code=False)
        model, report = AutoModelForQuestionAnswering.from_pretrained(
            source,
            local_files_only=here,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=fast_type(),
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, TypeError, SafetensorError) as error:
        reason = str(error).strip().split("\n", 1)[0][:200]
        raise ModelUnavailable(
            f"--reader {name}: the model cannot be loaded ({reason}); name a question-answering model of the Hugging "
            "Face hub or its folder, or leave --reader out for the one that ships"
        ) from error
    words_known = len(tokenizer) > model.config.vocab_size // 2  # transformers makes up a tokenizer where none is
    if report["missing_keys"] or not tokenizer.is_fast or not words_known:
        raise ModelUnavailable(
            f"--reader {name} is no question-answering model (it has not learnt to find answers, or lacks a tokenizer "
            "that can tell where words stand); name one that was trained on SQuAD or GermanQuAD"
        )
    return tokenizer, model.eval()


def window_of(hit: Hit) -> "Window":
    """A hit as the network reads it, with the title where the text does not begin with it."""
    from qa.reader_model import Window

    first = hit.passage.start
    return Window(
        title=heading(hit.article).strip(),
        text=hit.article.text[first : hit.passage.end],
        sentences=tuple((sentence.start - first, sentence.end - first) for sentence in hit.passage.sentences),
    )


def _verdicts(
    window: "Window",
    places: Sequence[tuple[int, int]],
    sentence_of: Sequence[int],
    starts: Scores,
    ends: Scores,
    evidence: Scores | None = None,
) -> tuple[Verdict, ...]:
    """The verdicts on one window's sentences; a span never leaves its sentence. The first token stands for no answer.

    `places` and `sentence_of` tell of each token where in the text it stands and in which sentence.
    """
    none = float(starts[0] + ends[0])
    belongs = np.array(sentence_of)
    verdicts = []
    for number, (first, last) in enumerate(window.sentences):
        text = window.text[first:last]
        (tokens,) = np.nonzero(belongs == number)
        if not len(tokens):
            verdicts.append(_UNREAD)
            continue
        start, end = best_span(starts[tokens], ends[tokens])
        score = float(starts[tokens[start]] + ends[tokens[end]]) - none
        verdicts.append(
            Verdict(
                evidence=score if evidence is None else float(evidence[number]),
                span=whole_words(text, places[tokens[start]][0] - first, places[tokens[end]][1] - first),
                span_score=score,
            )
        )
    return tuple(verdicts)


def whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The place with the words whole that it cuts; a token may be a part of one."""
    while 0 < start < len(text) and text[start - 1].isalnum() and text[start].isalnum():
        start -= 1
    while 0 < end < len(text) and text[end - 1].isalnum() and text[end].isalnum():
        end += 1
    return start, end


def best_span(starts: Scores, ends: Scores, longest: int = _LONGEST_SPAN) -> tuple[int, int]:
    """First and last token of the span with the greatest sum of start and end, both of shape (tokens,)."""
    sums = starts[:, None] + ends[None, :]
    allowed = np.triu(np.ones(sums.shape, dtype=bool)) & ~np.triu(np.ones(sums.shape, dtype=bool), longest)
    best = int(np.argmax(np.where(allowed, sums, -np.inf)))
    return best // len(starts), best % len(starts)
