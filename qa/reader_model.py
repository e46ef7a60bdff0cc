"""The evidence reader's network: reads a question with a passage and scores the sentences and words that answer.

One input is `<s> question </s></s> title ⏎ passage </s>`, read by a BERT encoder (Devlin et al. 2019). A linear layer
gives every token three numbers: how well the answer begins there, how well it ends there, and how much the token is
evidence; a sentence's evidence is the average of its tokens. The first token stands for "the passage does not answer".
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from index.embedded_model import FOLDER_NAME, embedded_model_folder
from index.errors import ModelUnavailable

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import BertModel

LONGEST = 512  # tokens of an input
LONGEST_QUESTION = 96  # tokens of it that are the question's; a longer question loses its end
BOS, PAD, EOS = 0, 1, 2
_REMEDY = "install the program again, or go without: --reader none"


@dataclass(frozen=True, slots=True)
class Window:
    """A passage as the reader sees it."""

    title: str
    text: str
    sentences: tuple[tuple[int, int], ...]  # offsets into the text


@dataclass(frozen=True, slots=True)
class Encoded:
    """A question and a window as token ids; the lists are as long as the input."""

    ids: list[int]
    sentence: list[int]  # which sentence of the window each token belongs to; -1 for none
    places: list[tuple[int, int]]  # where each token stands in the window's text; (0, 0) for nowhere


@dataclass(frozen=True, slots=True)
class Batch:
    """Encoded inputs, padded to one length."""

    ids: Tensor  # (inputs, length)
    mask: Tensor  # (inputs, length), 1 where there is a token
    rows: Tensor  # (tokens of sentences,): places in the flattened inputs
    sentences: Tensor  # (tokens of sentences,): which sentence of the batch each belongs to
    count: int  # sentences in the batch
    sizes: tuple[int, ...]  # sentences of each input


@dataclass(frozen=True, slots=True)
class Reading:
    """What the network says of a batch."""

    evidence: Tensor  # (sentences in the batch,), logits
    starts: Tensor  # (inputs, length), logits; -inf at padding
    ends: Tensor  # (inputs, length)


def encode(tokenizer: "Tokenizer", question: str, windows: Sequence[Window]) -> list[Encoded]:
    """Encode one question with each of several windows. What does not fit at a window's end is left out."""
    asked = [BOS, *tokenizer.encode(question, add_special_tokens=False).ids[:LONGEST_QUESTION], EOS, EOS]
    heads = tokenizer.encode_batch([window.title for window in windows], add_special_tokens=False)
    bodies = tokenizer.encode_batch([window.text for window in windows], add_special_tokens=False)
    results = []
    for window, head, body in zip(windows, heads, bodies, strict=True):
        before = [*asked, *head.ids[:64], EOS] if head.ids else asked
        room = LONGEST - len(before) - 1
        places = [trimmed(window.text, *place) for place in body.offsets[:room]]
        nowhere = [-1] * len(before)
        results.append(
            Encoded(
                ids=[*before, *body.ids[:room], EOS],
                sentence=[*nowhere, *sentences_of(places, window.sentences), -1],
                places=[*((0, 0) for _ in before), *places, (0, 0)],
            )
        )
    return results


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """A token's place without the space before it."""
    while start < end and text[start].isspace():
        start += 1
    return start, end


def sentences_of(places: Sequence[tuple[int, int]], sentences: Sequence[tuple[int, int]]) -> list[int]:
    """For each token the sentence it lies in; both are in the order of the text."""
    found = []
    current = 0
    for start, end in places:
        while current < len(sentences) and sentences[current][1] <= start:
            current += 1
        inside = current < len(sentences) and sentences[current][0] <= start < end
        found.append(current if inside else -1)
    return found


def collate(encoded: Sequence[Encoded]) -> Batch:
    """Put inputs side by side."""
    length = max(len(one.ids) for one in encoded)
    ids = torch.full((len(encoded), length), PAD)
    mask = torch.zeros((len(encoded), length), dtype=torch.long)
    rows: list[int] = []
    sentences: list[int] = []
    sizes: list[int] = []
    first = 0
    for number, one in enumerate(encoded):
        ids[number, : len(one.ids)] = torch.tensor(one.ids)
        mask[number, : len(one.ids)] = 1
        size = 0
        for place, sentence in enumerate(one.sentence):
            if sentence >= 0:
                rows.append(number * length + place)
                sentences.append(first + sentence)
                size = max(size, sentence + 1)
        first += size
        sizes.append(size)
    return Batch(
        ids, mask, torch.tensor(rows, dtype=torch.long), torch.tensor(sentences, dtype=torch.long), first, tuple(sizes)
    )


class EvidenceModel(nn.Module):
    """A BERT encoder with three numbers for every token."""

    def __init__(self, encoder: "BertModel") -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.config.hidden_size, 3)
        nn.init.zeros_(self.head.bias)
        nn.init.normal_(self.head.weight, std=0.02)

    def forward(self, batch: Batch) -> Reading:
        """Score a batch."""
        states = self.encoder(input_ids=batch.ids, attention_mask=batch.mask).last_hidden_state
        scores = self.head(states).float()
        starts, ends, evidence = scores.unbind(-1)
        padding = batch.mask == 0
        sums = torch.zeros(batch.count).index_add(0, batch.sentences, evidence.flatten()[batch.rows])
        counts = torch.zeros(batch.count).index_add(0, batch.sentences, torch.ones(len(batch.rows)))
        return Reading(
            evidence=sums / counts.clamp(min=1),
            starts=starts.masked_fill(padding, float("-inf")),
            ends=ends.masked_fill(padding, float("-inf")),
        )


def build_network(*, trained_layers: int, attention: str = "sdpa") -> EvidenceModel:
    """The network with the embedded model's weights and a fresh head; all but the upper layers are frozen.

    There is no dropout: it gave nothing here and costs more than half the time on a processor.
    """
    from transformers import BertModel

    encoder = BertModel.from_pretrained(
        embedded_model_folder(),
        attn_implementation=attention,
        add_pooling_layer=False,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    network = EvidenceModel(encoder)
    network.requires_grad_(False)
    for layer in encoder.encoder.layer[len(encoder.encoder.layer) - trained_layers :]:
        layer.requires_grad_(True)
    network.head.requires_grad_(True)
    return network


def trained_parameters(network: EvidenceModel) -> dict[str, nn.Parameter]:
    """What training changes, by name."""
    return {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}


def save_weights(values: Mapping[str, Tensor], folder: Path) -> None:
    """Write the trained values as what they differ from the embedded model's.

    The difference of a matrix is kept in 8 bits with a scale for each row: it is small, so this changes no value by
    more than half a per cent of the greatest difference in its row. Vectors are kept as they are.
    """
    before = build_network(trained_layers=1).state_dict()
    tensors: dict[str, Tensor] = {}
    for name, value in values.items():
        if value.dim() < 2 or name.startswith("head."):
            tensors[name] = value.float().contiguous()
            continue
        difference = value.float() - before[name]
        scale = difference.abs().amax(dim=1).clamp(min=1e-12) / 127
        tensors[f"{name}.difference"] = (difference / scale[:, None]).round().to(torch.int8)
        tensors[f"{name}.scale"] = scale
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "reader.safetensors"
    save_file(tensors, path)
    layers = {int(found[1]) for name in values if (found := re.search(r"\.layer\.(\d+)\.", name))}
    noted = {"base": FOLDER_NAME, "trained_layers": len(layers), "sha256": _sha256(path)}
    (folder / "reader.json").write_text(json.dumps(noted, indent=2) + "\n", encoding="utf-8")


def load_network(folder: Path) -> EvidenceModel:
    """The network with the trained weights of a folder, ready to read; in bfloat16 where the processor is good at it.

    Raises ModelUnavailable where a file is missing or is not what was written, or the embedded model is another one.
    """
    path = folder / "reader.safetensors"
    try:
        noted = json.loads((folder / "reader.json").read_text(encoding="utf-8"))
        whole = noted["sha256"] == _sha256(path)
        layers = int(noted["trained_layers"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ModelUnavailable(f"{folder} holds no reader ({error}); {_REMEDY}") from error
    if not whole:
        raise ModelUnavailable(f"{path} is damaged: its checksum is not the one in reader.json; {_REMEDY}")
    if noted.get("base") != FOLDER_NAME:
        raise ModelUnavailable(f"{path} was trained from {noted.get('base')}, but {FOLDER_NAME} is here; {_REMEDY}")
    try:
        network = build_network(trained_layers=layers)
    except ModelUnavailable as error:
        raise ModelUnavailable(f"the reader starts from the embedded model: {error}; without: --reader none") from error
    tensors = load_file(path)
    parameters = trained_parameters(network)
    if {name.removesuffix(".difference").removesuffix(".scale") for name in tensors} != parameters.keys():
        raise ModelUnavailable(f"{path} does not hold the layers that reader.json tells; {_REMEDY}")
    with torch.no_grad():
        for name, parameter in parameters.items():
            if name in tensors:
                parameter.copy_(tensors[name])
            else:
                parameter.add_(tensors[f"{name}.difference"].float() * tensors[f"{name}.scale"][:, None])
    return network.to(fast_type()).requires_grad_(False).eval()


def checksum_of(folder: Path) -> str:
    """The checksum of a folder's trained weights, as reader.json tells it."""
    return str(json.loads((folder / "reader.json").read_text(encoding="utf-8"))["sha256"])


def fast_type() -> torch.dtype:
    """bfloat16 where the processor computes with it, which is two to three times as fast; float32 elsewhere."""
    processor = torch.cpu.get_capabilities()
    return torch.bfloat16 if processor.get("amx_bf16") or processor.get("avx512_bf16") else torch.float32


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
