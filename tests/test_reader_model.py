import json
import shutil
from dataclasses import replace

import pytest
import torch
from tokenizers import Tokenizer

from index.embedded_model import FOLDER_NAME, embedded_model_folder
from index.errors import ModelUnavailable
from qa.reader_model import (
    Batch,
    Encoded,
    Window,
    build_network,
    collate,
    encode,
    fast_type,
    load_network,
    save_weights,
    sentences_of,
    trained_parameters,
)

QUESTION = "Wer ärgert sich über die Äcker?"
TWO = Window("Hochwasser", "Größere Äcker stehen unter Wasser. Das ärgert Frau Öllerich.", ((0, 34), (35, 60)))
ONE = Window("", "Der Kiosk öffnet um sechs.", ((0, 26),))


def make_weights(folder, *, trained_layers):
    """Weights near the embedded model's, saved as a reader's; gives the values that were saved."""
    torch.manual_seed(7)
    parameters = trained_parameters(build_network(trained_layers=trained_layers))
    values = {name: (value + 0.01 * torch.randn_like(value)).detach() for name, value in parameters.items()}
    values["head.weight"] = 0.3 * torch.randn(3, 384)
    save_weights(values, folder)
    return values


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_file(str(embedded_model_folder() / "tokenizer.json"))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder of weights, and the values that were saved in it."""
    folder = tmp_path_factory.mktemp("reader") / "weights"
    return folder, make_weights(folder, trained_layers=8)


@pytest.fixture(scope="module")
def network(saved):
    """The weights read again, as a processor without bfloat16 computes with them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.cpu, "get_capabilities", dict)
        return load_network(saved[0])


def ids_of(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False).ids


def read(network, batch):
    with torch.inference_mode():
        return network(batch)


@pytest.mark.parametrize("window", [TWO, ONE], ids=["with title", "without title"])
def test_encode_puts_question_title_and_text_between_marks(tokenizer, window):
    [encoded] = encode(tokenizer, QUESTION, [window])
    title = [*ids_of(tokenizer, window.title), 2] if window.title else []
    before = [0, *ids_of(tokenizer, QUESTION), 2, 2, *title]
    body = ids_of(tokenizer, window.text)
    assert encoded.ids == [*before, *body, 2]
    assert encoded.sentence[: len(before)] == [-1] * len(before)
    assert encoded.places[: len(before)] == [(0, 0)] * len(before)
    assert (encoded.sentence[-1], encoded.places[-1]) == (-1, (0, 0))
    assert len(encoded.sentence) == len(encoded.places) == len(encoded.ids)


def test_encode_gives_each_window_as_it_would_alone(tokenizer):
    alone = [encoded for window in (TWO, ONE) for encoded in encode(tokenizer, QUESTION, [window])]
    assert encode(tokenizer, QUESTION, [TWO, ONE]) == alone
    assert encode(tokenizer, QUESTION, []) == []


def test_encode_cuts_a_question_at_96_tokens_and_a_title_at_64(tokenizer):
    question, title = "Warum Hafen? " * 60, "Neues vom Moor " * 40
    [encoded] = encode(tokenizer, question, [replace(ONE, title=title)])
    before = [0, *ids_of(tokenizer, question)[:96], 2, 2, *ids_of(tokenizer, title)[:64], 2]
    assert encoded.ids == [*before, *ids_of(tokenizer, ONE.text), 2]


def test_encode_cuts_a_window_so_that_the_input_has_512_tokens(tokenizer):
    sentence = "Der Deich hielt. "
    window = Window("", sentence * 200, tuple((n * len(sentence), (n + 1) * len(sentence) - 1) for n in range(200)))
    [encoded] = encode(tokenizer, QUESTION, [window])
    before = [0, *ids_of(tokenizer, QUESTION), 2, 2]
    assert encoded.ids == [*before, *ids_of(tokenizer, window.text)[: 511 - len(before)], 2]
    assert (len(encoded.ids), len(encoded.sentence), len(encoded.places)) == (512, 512, 512)
    last = encoded.sentence[-2]
    assert 50 < last < 199
    assert sorted(set(encoded.sentence)) == list(range(-1, last + 1))


@pytest.mark.parametrize(
    "sentences",
    [
        ["Größere Äcker stehen unter Wasser.", "Das ärgert Frau Öllerich."],
        ["„Süßes wird teurer“,  sagt\nÖzlem Çelik.", "Um 3,5 Mio. € – »überall«!", "Тут живе Ольга."],
        ["½ Pfund kostet 2 €…", "Ja."],
        ["A\u0308rger ohne Ende 🙂.", "Nein."],
    ],
    ids=["umlauts", "quotes and white space", "characters that become several", "letters and marks apart"],
)
def test_encode_tells_where_the_words_of_each_sentence_stand(tokenizer, sentences):
    text = "  ".join(sentences)
    offsets, start = [], 0
    for sentence in sentences:
        offsets.append((start, start + len(sentence)))
        start += len(sentence) + 2
    [encoded] = encode(tokenizer, QUESTION, [Window("Titel", text, tuple(offsets))])
    covered = {number: set() for number in range(-1, len(sentences))}
    for (first, end), number in zip(encoded.places, encoded.sentence, strict=True):
        covered[number].update(range(first, end))
        assert first == end or not text[first].isspace()
    assert covered == {
        -1: set(),
        **{n: {place for place in range(*span) if not text[place].isspace()} for n, span in enumerate(offsets)},
    }


@pytest.mark.parametrize(
    ("places", "sentences", "expected"),
    [
        ([(0, 2), (3, 5), (5, 6), (7, 9), (10, 12)], [(0, 6), (10, 12)], [0, 0, 0, -1, 1]),
        ([(0, 2), (4, 6)], [(0, 2), (2, 3), (4, 6)], [0, 2]),
        ([(0, 0), (0, 0), (0, 2), (3, 3), (3, 4), (0, 0)], [(0, 2), (3, 4)], [-1, -1, 0, -1, 1, -1]),
        ([(0, 2), (3, 5)], [(3, 5)], [-1, 0]),
        ([(0, 2)], [], [-1]),
        ([], [(0, 2)], []),
    ],
    ids=["between", "sentence without token", "empty places", "before the first", "no sentences", "no tokens"],
)
def test_sentences_of_names_the_sentence_in_which_a_token_begins(places, sentences, expected):
    assert sentences_of(places, sentences) == expected


def test_collate_pads_and_numbers_the_sentences_of_a_batch():
    short = Encoded([0, 7, 2], [-1, 0, -1], [(0, 0), (0, 3), (0, 0)])
    long = Encoded([0, 8, 9, 9, 2], [-1, 0, 2, 2, -1], [(0, 0), (0, 1), (3, 4), (4, 5), (0, 0)])
    batch = collate([short, long])
    assert {name: getattr(batch, name) for name in ("count", "sizes")} == {"count": 4, "sizes": (1, 3)}
    assert {name: getattr(batch, name).tolist() for name in ("ids", "mask", "rows", "sentences")} == {
        "ids": [[0, 7, 2, 1, 1], [0, 8, 9, 9, 2]],
        "mask": [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]],
        "rows": [1, 6, 7, 8],
        "sentences": [0, 1, 3, 3],
    }


def test_evidence_of_a_sentence_is_the_average_of_its_tokens_scores(network, tokenizer):
    [encoded] = encode(tokenizer, QUESTION, [TWO])
    reading = read(network, collate([encoded]))
    with torch.inference_mode():
        states = network.encoder(input_ids=torch.tensor([encoded.ids])).last_hidden_state[0]
        scores = states @ network.head.weight.T + network.head.bias
    tokens = [[place for place, number in enumerate(encoded.sentence) if number == wanted] for wanted in (0, 1)]
    averages = [sum(float(scores[place, 2]) for place in places) / len(places) for places in tokens]
    assert reading.evidence.tolist() == pytest.approx(averages, abs=1e-4)
    torch.testing.assert_close(reading.starts[0], scores[:, 0], atol=1e-4, rtol=0)
    torch.testing.assert_close(reading.ends[0], scores[:, 1], atol=1e-4, rtol=0)


def test_evidence_of_a_sentence_without_tokens_is_0(network):
    batch = Batch(torch.tensor([[0, 7, 2]]), torch.ones(1, 3, dtype=torch.long), torch.tensor([1]), torch.tensor([1]),
                  2, (2,))  # fmt: skip
    evidence = read(network, batch).evidence
    assert float(evidence[0]) == 0
    assert float(evidence[1]) != 0


def test_reading_does_not_depend_on_what_else_is_in_the_batch(network, tokenizer):
    encoded = encode(tokenizer, QUESTION, [TWO, ONE])
    together = read(network, collate(encoded))
    alone = [read(network, collate([one])) for one in encoded]
    torch.testing.assert_close(together.evidence, torch.cat([one.evidence for one in alone]), atol=1e-4, rtol=0)
    for name in ("starts", "ends"):
        for row, one, single in zip(getattr(together, name), encoded, alone, strict=True):
            length = len(one.ids)
            torch.testing.assert_close(row[:length], getattr(single, name)[0], atol=1e-4, rtol=0)
            assert row[length:].tolist() == [float("-inf")] * (len(row) - length)


def test_training_changes_the_upper_layers_and_the_head(saved):
    _, values = saved
    layers = {int(name.split(".")[3]) for name in values if not name.startswith("head.")}
    assert layers == set(range(4, 12))
    assert len(values) == 8 * 16 + 2


def test_weights_come_back_nearly_as_they_were_saved(saved, network):
    folder, values = saved
    before = build_network(trained_layers=1).state_dict()
    after = network.state_dict()
    for name, was in before.items():
        if name not in values:
            torch.testing.assert_close(after[name], was, atol=0, rtol=0)
        elif was.dim() < 2 or name.startswith("head."):
            torch.testing.assert_close(after[name], values[name], atol=0, rtol=0)
        else:
            greatest = (values[name] - was).abs().amax(dim=1, keepdim=True)
            assert bool(((after[name] - values[name]).abs() <= 0.005 * greatest + 1e-6).all()), name
    assert sorted(path.name for path in folder.iterdir()) == ["reader.json", "reader.safetensors"]
    assert 10_000_000 < (folder / "reader.safetensors").stat().st_size < 20_000_000


def test_loaded_network_is_only_to_be_read(network):
    assert not network.training
    assert [name for name, parameter in network.named_parameters() if parameter.requires_grad] == []
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        ({"amx_bf16": True, "avx512_bf16": True}, torch.bfloat16),
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": False, "avx512_bf16": False, "avx2": True}, torch.float32),
        ({}, torch.float32),
    ],
)
def test_network_computes_in_bfloat16_where_the_processor_does(monkeypatch, processor, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: processor)
    assert fast_type() == expected


def note(folder, **changed):
    path = folder / "reader.json"
    noted = {**json.loads(path.read_text()), **changed}
    path.write_text(json.dumps({name: value for name, value in noted.items() if value is not None}))


def flip_a_byte(folder):
    path = folder / "reader.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (shutil.rmtree, "{folder} holds no reader ("),
        (lambda folder: (folder / "reader.json").unlink(), "{folder} holds no reader ("),
        (lambda folder: (folder / "reader.safetensors").unlink(), "{folder} holds no reader ("),
        (lambda folder: (folder / "reader.json").write_text("{"), "{folder} holds no reader ("),
        (lambda folder: (folder / "reader.json").write_bytes(b"\xff"), "{folder} holds no reader ("),
        (lambda folder: (folder / "reader.json").write_text("[]"), "{folder} holds no reader ("),
        (lambda folder: note(folder, sha256=None), "{folder} holds no reader ("),
        (lambda folder: note(folder, trained_layers=None), "{folder} holds no reader ("),
        (lambda folder: note(folder, trained_layers="acht"), "{folder} holds no reader ("),
        (flip_a_byte, "{folder}/reader.safetensors is damaged: its checksum is not the one in reader.json"),
        (
            lambda folder: note(folder, base="another-base"),
            f"{{folder}}/reader.safetensors was trained from another-base, but {FOLDER_NAME} is here",
        ),
        (
            lambda folder: note(folder, trained_layers=2),
            "{folder}/reader.safetensors does not hold the layers that reader.json tells",
        ),
    ],
    ids=[
        "no folder", "no notes", "no weights", "notes no JSON", "notes no text", "notes no object", "no checksum",
        "no number of layers", "number of layers no number", "damaged", "other base", "missing layer",
    ],
)  # fmt: skip
def test_weights_that_cannot_be_used_are_told_in_one_line(tmp_path, small_weights, damage, found):
    folder = tmp_path / "weights"
    shutil.copytree(small_weights, folder)
    damage(folder)
    with pytest.raises(ModelUnavailable) as error:
        load_network(folder)
    assert str(error.value).startswith(found.format(folder=folder))
    assert str(error.value).endswith("; install the program again, or go without: --reader none")
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def small_weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small") / "weights"
    make_weights(folder, trained_layers=1)
    return folder
