"""Embeds questions, passages and the sentences in them; the one home of sentence-transformers."""

import logging
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from index.embedded_model import HUB_NAME, PROMPTS, embedded_model_folder
from index.errors import ModelUnavailable
from index.settings import DEFAULTS
from index.types import Article, Passage

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]
EMBEDDED = "embedded:multilingual-e5-small"

logger = logging.getLogger(__name__)


class Embedder(Protocol):
    """What turns text into vectors of unit length, so that a dot product is a cosine."""

    @property
    def name(self) -> str:
        """The name of the model, as `--model` takes it."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    @property
    def window(self) -> int:
        """How many tokens of a passage the model reads."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, without the marks at the ends."""

    def embed_question(self, question: str) -> Vectors:
        """The vector of a question, shape (dimension,)."""

    def embed_passages(self, passages: Sequence[tuple[Passage, Article]]) -> list[tuple[Vectors, Vectors]]:
        """For each passage its vector, shape (dimension,), and those of its sentences, shape (sentences, dimension).

        A passage comes with its article, whose title tells what the passage is about.
        """


class SentenceTransformerEmbedder:
    """A model of sentence-transformers, run on the processor.

    Where the model averages its tokens, a sentence's vector is the average of its own tokens as they were read within
    the passage (late chunking: Günther et al. 2024, arXiv 2409.04701). It costs nothing beyond the passage, and a
    sentence that says "er" or "dort" is embedded with what that stands for. Other models embed each sentence alone.
    """

    def __init__(self, name: str = EMBEDDED, *, batch: int = DEFAULTS.embed_batch) -> None:
        """Name a model: EMBEDDED, one of the hub, or a folder. It is loaded when it is first needed.

        Whatever needs it raises ModelUnavailable where it cannot be loaded.
        """
        self.name = name
        self._batch = batch

    @cached_property
    def _model(self) -> "SentenceTransformer":
        model = _load(str(embedded_model_folder()) if self.name == EMBEDDED else self.name)
        if "e5" in self.name.lower() and not model.prompts.get("query"):
            model.prompts.update(PROMPTS)  # the E5 models of the hub were trained with them but do not say so
        return model

    @property
    def dimension(self) -> int:
        return int(self._model.get_embedding_dimension() or 0)

    @property
    def window(self) -> int:
        return int(self._model.max_seq_length or 512)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        encoded = self._model.tokenizer(list(texts), add_special_tokens=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def embed_question(self, question: str) -> Vectors:
        vector = self._model.encode_query(question, show_progress_bar=False)
        return _unit(np.asarray(vector, dtype=np.float32))  # bfloat16 misses unit length by up to 0.4 %

    def embed_passages(self, passages: Sequence[tuple[Passage, Article]]) -> list[tuple[Vectors, Vectors]]:
        if not passages:
            return []
        if _averages_tokens(self._model):
            return self._embed_in_context(passages)
        vectors = self._embed_texts([heading(article) + _text(passage, article) for passage, article in passages])
        sentences = self._embed_texts([sentence.text for passage, _ in passages for sentence in passage.sentences])
        parts = np.split(sentences, np.cumsum([len(passage.sentences) for passage, _ in passages])[:-1])
        return list(zip(vectors, parts, strict=True))

    def _embed_texts(self, texts: Sequence[str]) -> Vectors:
        vectors = self._model.encode_document(list(texts), show_progress_bar=False)
        return np.stack([_unit(np.asarray(vector, dtype=np.float32)) for vector in vectors])

    def _embed_in_context(self, passages: Sequence[tuple[Passage, Article]]) -> list[tuple[Vectors, Vectors]]:
        prompts = self._model.prompts
        prompt = prompts.get("document") or prompts.get("passage") or ""
        heads = [prompt + heading(article) for _, article in passages]
        inputs = [head + _text(passage, article) for head, (passage, article) in zip(heads, passages, strict=True)]
        results: dict[int, tuple[Vectors, Vectors]] = {}
        by_length = sorted(range(len(inputs)), key=lambda number: len(inputs[number]))  # little padding
        for start in range(0, len(by_length), self._batch):
            batch = by_length[start : start + self._batch]
            texts = [inputs[number] for number in batch]
            outputs: Any = self._model.encode(
                texts, prompt="", output_value=None, batch_size=len(batch), show_progress_bar=False
            )
            encoded = self._model.tokenizer(texts, truncation=True, max_length=self.window, return_offsets_mapping=True)
            for number, output, places in zip(batch, outputs, encoded["offset_mapping"], strict=True):
                passage, _ = passages[number]
                tokens = output["token_embeddings"].float().numpy()[output["attention_mask"].bool().numpy()]
                vector = _unit(tokens.mean(axis=0))
                spans = np.array(places) - len(heads[number]) + passage.start
                results[number] = (vector, _sentence_vectors(passage, tokens, spans, vector))
        return [results[number] for number in range(len(inputs))]


def _text(passage: Passage, article: Article) -> str:
    return article.text[passage.start : passage.end]


def heading(article: Article) -> str:
    """The title as a line above a passage; nothing where it only repeats how the text begins."""
    title = article.title.rstrip("…")
    return "" if not title or article.text.startswith(title) else f"{article.title}\n"


def _sentence_vectors(passage: Passage, tokens: Vectors, spans: npt.NDArray[np.int_], otherwise: Vectors) -> Vectors:
    """Average the tokens, shape (tokens, dimension), that lie in each sentence; `spans` are their places in the text.

    A sentence beyond the model's window has no tokens and gets the vector `otherwise`.
    """
    written = spans[:, 1] > spans[:, 0]  # the marks at the ends stand nowhere
    vectors = np.empty((len(passage.sentences), tokens.shape[1]), dtype=np.float32)
    for row, sentence in enumerate(passage.sentences):
        inside = written & (spans[:, 1] > sentence.start) & (spans[:, 1] <= sentence.end)
        vectors[row] = _unit(tokens[inside].mean(axis=0)) if inside.any() else otherwise
    return vectors


def _unit(vector: Vectors) -> Vectors:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)


def _averages_tokens(model: "SentenceTransformer") -> bool:
    """Whether the model's vector is the average of its tokens', and its tokenizer can tell where each token stands."""
    modules = {type(module).__name__: module for module in model}
    if not modules.keys() <= {"Transformer", "Pooling", "Normalize"}:
        return False  # something, such as a Dense layer, makes another vector of the average
    pooling = modules.get("Pooling")
    mean = getattr(pooling, "pooling_mode", None) in ("mean", ("mean",), ["mean"])
    return mean and bool(getattr(model.tokenizer, "is_fast", False))


def _load(name: str) -> "SentenceTransformer":
    """Load a model without running code that comes with it, and without the loaders' chatter."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    processor = torch.cpu.get_capabilities()
    # bfloat16 is two to three times as fast where the processor has it, and slower where it has not
    fast = bool(processor.get("amx_bf16") or processor.get("avx512_bf16"))
    local = Path(name).expanduser()
    try:
        return SentenceTransformer(
            str(local) if local.exists() else name,
            device="cpu",
            trust_remote_code=False,
            local_files_only=local.exists(),
            model_kwargs={"dtype": torch.bfloat16 if fast else torch.float32, "use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, TypeError, SafetensorError) as error:
        reason = str(error).strip().split("\n", 1)[0][:200]
        raise ModelUnavailable(
            f"the embedding model {name!r} cannot be loaded ({reason}); name a folder of sentence-transformers or a "
            f"model of the Hugging Face hub such as {HUB_NAME}, or leave --model out for the embedded one"
        ) from error
