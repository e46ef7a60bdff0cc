import json
import logging
import random
import re
from dataclasses import replace
from math import inf, log

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from torch import nn
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from index.command_line import run
from index.embedded_model import FOLDER_NAME, embedded_model_folder
from index.errors import InputInvalid
from qa.reader_model import (
    BOS,
    EOS,
    PAD,
    Encoded,
    Reading,
    Window,
    build_network,
    collate,
    encode,
    fast_type,
    load_network,
    save_weights,
    trained_parameters,
)
from qa.train_reader import Plan, Stage, losses, main, make_stages, parts, sampled, train, training_attention
from qa.training_data import Group, Target

NOTHING: frozenset[int] = frozenset()


def target(text, answer="", title=""):
    """A window of one sentence, and the words in it that answer."""
    window = Window(title, text, ((0, len(text)),))
    if not answer:
        return Target(window, NOTHING)
    start = text.index(answer)
    return Target(window, frozenset({0}), (start, start + len(answer)))


FERRY = target("Die Fähre kostet zwei Euro.", "zwei Euro")
QUEUE = target("Am Kai warten viele Leute.")
GROUPS = (
    Group("Was kostet die Fähre?", (FERRY, QUEUE)),
    Group("Wer pflegt den Garten?", (target("Den Garten pflegt Herr Ahlers.", "Herr Ahlers"), QUEUE)),
    Group("Wann öffnet das Bad?", (target("Der Bus fährt um neun."), target("Das Bad öffnet um acht.", "um acht"))),
    Group("Wo steht die Mühle?", (target("Die Mühle steht am Bach.", "am Bach"),), spans=False),
    Group("Wie heißt der Wirt?", (target("Der Wirt schweigt."), target("Die Wirtin heißt Gerda."))),
)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Networks as small as these wait for each other's threads far longer than they compute."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.from_file(str(embedded_model_folder() / "tokenizer.json"))


@pytest.fixture
def float32(monkeypatch):
    """Compute as a processor without bfloat16 does."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)


# what is chosen of a group

SURE = tuple(target(f"Antwort {number}.", "Antwort", title="Titel") for number in range(3))
OTHER = tuple(target(f"Anderes {number}.", title="Titel") for number in range(6))
SEEDS = range(300)


def chosen(group, seed, **plan):
    return sampled(group, random.Random(seed), Plan(**plan))


def untitled(targets):
    return [replace(one, window=replace(one.window, title="")) for one in targets]


@pytest.mark.parametrize("ranked", [True, False])
@pytest.mark.parametrize("spans", [True, False])
@pytest.mark.parametrize("answering", [1, 3])
@pytest.mark.parametrize("others", [0, 6])
def test_sampled_has_a_window_that_answers_where_there_is_one(ranked, spans, answering, others):
    group = Group("Wer?", (*OTHER[:others], *SURE[:answering]), spans=spans, ranked=ranked)
    assert all(any(one.gold for one in chosen(group, seed).targets) for seed in SEEDS)


@pytest.mark.parametrize("ranked", [True, False])
@pytest.mark.parametrize("count", [1, 6])
def test_sampled_keeps_windows_where_nothing_answers(ranked, count):
    group = Group("Wer?", OTHER[:count], ranked=ranked)
    assert all(chosen(group, seed).targets for seed in SEEDS)


@pytest.mark.parametrize("ranked", [True, False])
def test_sampled_takes_only_windows_of_the_group_and_none_twice(ranked):
    group = Group("Wer?", (*SURE, *OTHER), ranked=ranked)
    for seed in SEEDS:
        texts = untitled(chosen(group, seed).targets)
        assert all(one in untitled(group.targets) for one in texts)
        assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("group", "counts"),
    [
        (Group("Wer?", (*SURE, *OTHER), ranked=True), {2, 3}),
        (Group("Wer?", OTHER, ranked=True), {2, 3}),
        (Group("Wer?", (*SURE[:1], *OTHER), spans=True), {1, 2}),
        (Group("Wer?", (*SURE[:1], *OTHER), spans=False), {1, 2, 3}),
        (Group("Wer?", OTHER, spans=True), {1, 2}),
    ],
    ids=["found", "found, no answer", "words", "sentences", "words, no answer"],
)
def test_sampled_takes_few_windows(group, counts):
    assert {len(chosen(group, seed).targets) for seed in SEEDS} == counts


@pytest.mark.parametrize(("chance", "expected"), [(0.0, {1}), (1.0, {2})])
def test_sampled_takes_a_second_window_without_the_answer_by_chance(chance, expected):
    group = Group("Wer?", (*SURE[:1], *OTHER), ranked=True)
    taken = {sum(not one.gold for one in chosen(group, seed, more_windows=chance).targets) for seed in SEEDS}
    assert taken == expected


def test_sampled_takes_what_was_found_well_more_often():
    group = Group("Wer?", (*SURE[:1], *OTHER), ranked=True)
    texts = [one.window.text for seed in SEEDS for one in chosen(group, seed, more_windows=0).targets]
    counts = [texts.count(one.window.text) for one in OTHER]
    assert counts[0] > 2 * counts[5] > 0


def test_sampled_gives_the_same_for_the_same_seed_and_changes_with_it():
    group = Group("Wer?", (*SURE, *OTHER), ranked=True)
    assert [chosen(group, seed) for seed in SEEDS] == [chosen(group, seed) for seed in SEEDS]
    assert len({chosen(group, seed) for seed in SEEDS}) > 20


def test_sampled_mixes_the_order_of_windows():
    group = Group("Wer?", (*SURE[:1], *OTHER), ranked=True)
    assert {chosen(group, seed).targets.index(SURE[0]) for seed in SEEDS if SURE[0] in chosen(group, seed).targets} == {
        0,
        1,
        2,
    }


def test_sampled_types_a_question_now_and_then_as_in_a_chat_and_leaves_out_titles():
    group = Group("Wer ärgert Öllerich?", (*SURE, *OTHER), ranked=True)
    results = [chosen(group, seed) for seed in SEEDS]
    questions = [result.question for result in results]
    assert set(questions) == {"Wer ärgert Öllerich?", "Wer ärgert Öllerich", "wer ärgert öllerich"}
    assert questions.count("Wer ärgert Öllerich?") > 220
    assert [result.targets[0].window.title for result in results].count("") in range(30, 100)
    assert all(len({one.window.title for one in result.targets}) == 1 for result in results)


def test_sampled_leaves_the_questions_of_public_sets_as_they_are():
    group = Group("Wer ärgert Öllerich?", (*SURE, *OTHER))
    for seed in SEEDS:
        result = chosen(group, seed)
        assert result.question == group.question
        assert set(result.targets) <= set(group.targets)


# what goes through the network at once


def loaded_with(*lengths):
    """A group, told apart by its question, with inputs of so many tokens."""
    group = Group("/".join(map(str, lengths)), tuple(OTHER[: len(lengths)]))
    return group, [Encoded([7] * length, [-1] * length, [(0, 0)] * length) for length in lengths]


@pytest.mark.parametrize(
    ("groups", "tokens", "expected"),
    [
        ([], 100, []),
        ([(10,), (10,)], 20, [["10", "10"]]),
        ([(10,), (10,)], 19, [["10"], ["10"]]),
        ([(30,), (10,), (20,)], 1000, [["10", "20", "30"]]),
        ([(30,), (10,), (20,)], 59, [["10", "20"], ["30"]]),
        ([(10,), (11, 5)], 32, [["10"], ["11/5"]]),
        ([(10,), (11, 5)], 33, [["10", "11/5"]]),
        ([(50, 50), (10,)], 60, [["10"], ["50/50"]]),
    ],
    ids=["none", "fits", "too many", "by length", "padding", "windows count", "windows fit", "too great a group"],
)
def test_parts_keep_groups_whole_and_within_the_tokens(groups, tokens, expected):
    found = list(parts([loaded_with(*lengths) for lengths in groups], tokens))
    assert [[group.question for group, _ in part] for part in found] == expected
    for part in found:
        assert all("/".join(str(len(one.ids)) for one in encoded) == group.question for group, encoded in part)


def test_parts_have_every_group_once_and_keep_the_budget():
    pick = random.Random(3)
    groups = [loaded_with(*pick.choices(range(5, 90), k=pick.randint(1, 3))) for _ in range(60)]
    found = list(parts(groups, 300))
    assert sorted(group.question for part in found for group, _ in part) == sorted(
        group.question for group, _ in groups
    )
    for part in found:
        inputs = [len(one.ids) for _, encoded in part for one in encoded]
        assert len(inputs) * max(inputs) <= 300


# losses


class Fixed(nn.Module):
    """Says the same of every batch."""

    def __init__(self, evidence, starts=None, ends=None):
        super().__init__()
        empty = [[0.0]]
        self.reading = Reading(*(torch.tensor(scores) for scores in (evidence, starts or empty, ends or empty)))

    def forward(self, _batch):
        return self.reading


def window_of_sentences(count, gold=(), span=None):
    """A target with its input: a token of 3 characters for each sentence, a space between."""
    places = [(4 * number, 4 * number + 3) for number in range(count)]
    encoded = Encoded([BOS, *range(5, 5 + count), EOS], [-1, *range(count), -1], [(0, 0), *places, (0, 0)])
    return Target(Window("", " ".join(["abc"] * count), tuple(places)), frozenset(gold), span), encoded


def losses_of(network, *groups, spans=False):
    """The three losses of groups, each a list of windows as above."""
    part = [
        (Group("Wer?", tuple(one for one, _ in windows), spans=spans), [encoded for _, encoded in windows])
        for windows in groups
    ]
    return [float(loss) for loss in losses(network, part, Plan(weight_of_answers=3.0))]


@pytest.mark.parametrize(
    ("evidence", "gold", "among", "alone"),
    [
        # e to the evidence is 2 and 1, and 1 for none of them: 4 together
        ([log(2), 0.0], {0}, log(4 / 2), (3 * log(3 / 2) + log(2)) / 2),
        ([log(2), 0.0], {1}, log(4 / 1), (log(3) + 3 * log(2)) / 2),
        ([log(2), 0.0], {}, log(4 / 1), (log(3) + log(2)) / 2),
        ([log(2), 0.0], {0, 1}, log(4 / 3), (3 * log(3 / 2) + 3 * log(2)) / 2),
        ([log(8)], {0}, log(9 / 8), 3 * log(9 / 8)),
        # a sentence that answers but is cut off is as none
        ([log(2), 0.0], {2}, log(4 / 1), (log(3) + log(2)) / 2),
    ],
    ids=["first", "second", "none", "both", "only one", "cut off"],
)
def test_losses_of_sentences_worked_by_hand(evidence, gold, among, alone):
    found = losses_of(Fixed(evidence), [window_of_sentences(len(evidence), gold)])
    assert found == pytest.approx([among, alone, 0.0], abs=1e-6)


def test_losses_compare_sentences_of_all_windows_of_a_question_but_not_of_others():
    network = Fixed([log(2), 0.0, 0.0, log(3), 0.0])
    first = [window_of_sentences(2), window_of_sentences(1, {0})]
    second = [window_of_sentences(2)]
    among = log(5 / 1) + log(5 / 1)
    alone = (log(3) + log(2) + 3 * log(2)) / 3 + (log(4) + log(2)) / 2
    assert losses_of(network, first, second) == pytest.approx([among, alone, 0.0], abs=1e-6)


# e to the scores together: 5 for the start, 6 for the end; the third token is the second sentence
STARTS = [0.0, log(2), 0.0, 0.0]
ENDS = [0.0, 0.0, log(3), 0.0]


@pytest.mark.parametrize(
    ("gold", "span", "expected"),
    [
        ({0, 1}, (0, 7), 0.5 * (log(5 / 2) + log(6 / 3))),
        ({1}, (4, 7), 0.5 * (log(5 / 1) + log(6 / 3))),
        ({0}, (1, 2), 0.5 * (log(5 / 2) + log(6 / 1))),
        ({0, 1}, (2, 5), 0.5 * (log(5 / 2) + log(6 / 3))),
        ({0}, (3, 4), 0.0),
        ({1}, (9, 12), 0.0),
        ({1}, None, 0.0),
        ({}, None, 0.15 * (log(5 / 1) + log(6 / 1))),
    ],
    ids=["all", "last word", "part of a word", "parts of two", "only a space", "cut off", "unknown", "negative"],
)
def test_losses_of_words_worked_by_hand(gold, span, expected):
    network = Fixed([0.0, 0.0], [STARTS], [ENDS])
    assert losses_of(network, [window_of_sentences(2, gold, span)], spans=True)[2] == pytest.approx(expected, abs=1e-6)


def test_losses_of_words_are_0_for_sets_that_do_not_tell_them():
    network = Fixed([0.0, 0.0], [STARTS], [ENDS])
    assert losses_of(network, [window_of_sentences(2, {1}, (4, 7))], spans=False)[2] == 0


def test_losses_of_words_add_up_over_windows_and_heed_the_padding():
    padded = [0.0, log(2), 0.0, -inf]
    network = Fixed([0.0] * 4, [STARTS, padded, [0.0, 0.0, -inf, -inf]], [ENDS, padded, [0.0, log(4), -inf, -inf]])
    first = [window_of_sentences(2, {1}, (4, 7)), window_of_sentences(1)]
    second = [window_of_sentences(1, {0}, (0, 3))]
    positive = 0.5 * (log(5 / 1) + log(6 / 3)) + 0.5 * (log(2 / 1) + log(5 / 4))
    negative = 0.15 * (log(4 / 1) + log(4 / 1))
    assert losses_of(network, first, second, spans=True)[2] == pytest.approx(positive + negative, abs=1e-6)


# training of a small network, in which all steps take moments


def words_of(*texts):
    return sorted({word for text in texts for word in re.findall(r"\w+|[^\w\s]", text)})


def write_small_model(folder):
    """A model of 12 narrow layers that has learnt nothing and knows the words of the groups, laid out as ours."""
    texts = [group.question for group in GROUPS] + [one.window.text for group in GROUPS for one in group.targets]
    marks = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    vocabulary = {word: number for number, word in enumerate([*marks.values(), *words_of(*texts)])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    torch.manual_seed(5)
    sizes = {"hidden_size": 16, "num_hidden_layers": 12, "num_attention_heads": 2, "intermediate_size": 16}
    model = BertModel(BertConfig(vocab_size=len(vocabulary), pad_token_id=PAD, **sizes), add_pooling_layer=False)
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **marks).save_pretrained(folder)
    modules = [("0", "", "Transformer"), ("1", "1_Pooling", "Pooling")]
    described = {
        "modules.json": [
            {"idx": int(name), "name": name, "path": path, "type": f"sentence_transformers.models.{kind}"}
            for name, path, kind in modules
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True},
        "checksums.json": {},
    }
    (folder / "1_Pooling").mkdir()
    for name, content in described.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture(scope="module")
def small_cache(tmp_path_factory):
    """A cache with the small model in the place of the embedded one."""
    cache = tmp_path_factory.mktemp("cache")
    write_small_model(cache / FOLDER_NAME)
    return cache


@pytest.fixture
def small_model(small_cache, monkeypatch):
    """Use the small model instead of the embedded one."""
    monkeypatch.setenv("BELEGSTELLE_CACHE", str(small_cache))


def new_network(attention="sdpa"):
    torch.manual_seed(6)
    return build_network(trained_layers=2, attention=attention)


PLAN = Plan(batch=2, save_every=2, warm_up=2, rate=1e-3, head_rate=1e-2)
STAGES = (Stage("first", GROUPS, 2.0, last_rate=0.3), Stage("second", GROUPS[:4], 1.5, last_rate=0.0))
STEPS = 5 + 3


class Stopped(Exception):
    """Stands for whatever ends a training before its end."""


def trained(out, *, stages=STAGES, plan=PLAN, seed=3, stop_at=None):
    """Train a new network; gives the averaged values and how many times the network was used."""
    network = new_network()
    uses = 0

    def count(*_):
        nonlocal uses
        if uses == stop_at:
            raise Stopped
        uses += 1

    network.register_forward_pre_hook(count)
    return train(network, stages, out, plan, seed=seed), uses


@pytest.fixture(scope="module")
def whole(small_cache, tmp_path_factory):
    """The values of a training without interruption."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BELEGSTELLE_CACHE", str(small_cache))
        values, uses = trained(tmp_path_factory.mktemp("whole"))
    assert uses == STEPS
    return values


def same(values, others):
    return values.keys() == others.keys() and all(torch.equal(values[name], others[name]) for name in values)


@pytest.mark.usefixtures("small_model")
def test_training_changes_all_that_is_to_be_trained_and_nothing_else(whole, tmp_path):
    network, before = new_network(), new_network()
    train(network, STAGES, tmp_path, PLAN, seed=3)
    assert whole.keys() == trained_parameters(before).keys()
    assert {value.dtype for value in whole.values()} == {torch.float32}
    assert [name for name in whole if torch.equal(whole[name], before.get_parameter(name))] == []
    frozen = [name for name, parameter in before.named_parameters() if not parameter.requires_grad]
    changed = [
        name
        for name in frozen
        if not torch.equal(network.get_parameter(name), before.get_parameter(name).to(fast_type()))
    ]
    assert (len(frozen) > 100, changed) == (True, [])


@pytest.mark.usefixtures("small_model")
def test_training_gives_the_same_for_the_same_seed_and_changes_with_it(whole, tmp_path):
    assert same(trained(tmp_path / "a")[0], whole)
    assert not same(trained(tmp_path / "b", seed=4)[0], whole)


@pytest.mark.usefixtures("small_model")
@pytest.mark.parametrize(
    ("stop_at", "left"),
    [(0, STEPS), (1, STEPS), (2, STEPS - 2), (3, STEPS - 2), (4, STEPS - 4), (5, 3), (6, 3), (7, 1)],
)
def test_interrupted_training_goes_on_from_its_checkpoint_to_the_same_weights(whole, tmp_path, stop_at, left):
    with pytest.raises(Stopped):
        trained(tmp_path, stop_at=stop_at)
    values, uses = trained(tmp_path)
    assert uses == left
    assert same(values, whole)


@pytest.mark.usefixtures("small_model")
def test_training_may_be_interrupted_again_and_again(whole, tmp_path):
    lasting = []
    for _ in range(3):
        with pytest.raises(Stopped):
            trained(tmp_path, stop_at=2)
        lasting.append(torch.load(tmp_path / "checkpoint.pt", weights_only=True)["begun"])
    assert lasting == [(0, 2), (0, 4), (0, 5)]
    values, uses = trained(tmp_path)
    assert uses == 3
    assert same(values, whole)


@pytest.mark.usefixtures("small_model")
def test_finished_training_has_nothing_left_to_do(whole, tmp_path):
    trained(tmp_path)
    values, uses = trained(tmp_path)
    assert uses == 0
    assert same(values, whole)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]


@pytest.mark.usefixtures("small_model", "float32")
def test_groups_in_one_part_or_in_several_give_the_same_step(tmp_path):
    stages = (Stage("only", GROUPS[:2], 1.0, last_rate=1.0),)
    together, one = trained(tmp_path / "together", stages=stages)
    apart, two = trained(tmp_path / "apart", stages=stages, plan=replace(PLAN, tokens=1))
    assert (one, two) == (1, 2)
    torch.testing.assert_close(apart["head.weight"], together["head.weight"], rtol=0, atol=1e-5)


@pytest.mark.usefixtures("small_model")
@pytest.mark.parametrize("stages", [(), (Stage("empty", (), 1.0, 0.3),), (Stage("small", GROUPS[:1], 1.0, 0.3),)])
def test_training_on_less_than_a_batch_changes_nothing(tmp_path, stages):
    values, uses = trained(tmp_path, stages=stages)
    assert uses == 0
    assert same(values, trained_parameters(new_network()))


@pytest.mark.usefixtures("small_model")
def test_attention_of_training_reads_as_the_usual_one():
    tokenizer = Tokenizer.from_file(str(embedded_model_folder() / "tokenizer.json"))
    batch = collate(encode(tokenizer, "Wer?", [one.window for group in GROUPS for one in group.targets]))
    network = new_network(training_attention())
    with torch.no_grad():
        expected = new_network()(batch)
        fused = network(batch)
    for reading in (fused, network(batch)):
        for part in ("evidence", "starts", "ends"):
            torch.testing.assert_close(getattr(reading, part), getattr(expected, part), rtol=1e-4, atol=1e-5)


# training of the embedded model


def mean_loss(network, tokenizer):
    loaded = [(group, encode(tokenizer, group.question, [one.window for one in group.targets])) for group in GROUPS]
    with torch.no_grad():
        return float(sum(losses(network, loaded, Plan()))) / len(GROUPS)


def test_training_writes_weights_with_which_the_loss_is_less(tmp_path, tokenizer):
    torch.manual_seed(1)
    network = build_network(trained_layers=1, attention=training_attention())
    before = mean_loss(network, tokenizer)
    plan = Plan(trained_layers=1, batch=4, warm_up=1, rate=1e-3, head_rate=1e-2, average=0.5, save_every=4)
    values = train(network, (Stage("only", GROUPS, 8.0, last_rate=0.3),), tmp_path, plan, seed=1)
    save_weights(values, tmp_path)
    read = load_network(tmp_path)
    assert mean_loss(read, tokenizer) < 0.8 * before
    assert json.loads((tmp_path / "reader.json").read_text(encoding="utf-8"))["trained_layers"] == 1


# the command

ARTICLE = {"publisher": "Seebote", "date": "2024-03-05"}
WRITTEN = [
    {
        "id": f"a00{number}",
        "title": f"Neues aus {place}",
        "paragraphs": [[f"In {place} eröffnet ein {shop}.", f"Den Laden führt {owner} seit März."]],
        "qas": [
            {"q": f"Wer führt den Laden in {place}?", "s": [1], "a": owner},
            {"q": f"Wer besucht {place}?", "s": [], "a": ""},
        ],
        **ARTICLE,
    }
    for number, (place, shop, owner) in enumerate(
        [("Hollern", "Hofladen", "Frau Wulff"), ("Steinkamp", "Buchladen", "Herr Ito"), ("Moorbek", "Kiosk", "Ada")],
        start=1,
    )
]


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def public_row(number, **fields):
    context = f"Im Haus {number} wohnt Familie Meier{number}. Der Garten ist groß."
    answer = f"Meier{number}"
    return {
        "id": f"s-{number}",
        "lang": "nl",
        "question": f"Wer wohnt im Haus {number}?",
        "context": context,
        "answers": [{"text": answer, "start": context.index(answer)}],
        **fields,
    }


@pytest.mark.usefixtures("small_model")
def test_command_trains_and_writes_weights_and_leaves_no_checkpoint(tmp_path, caplog, capsys):
    caplog.set_level(logging.INFO, logger="qa.train_reader")
    public = write_rows(tmp_path / "public.jsonl", [public_row(number) for number in range(8)])
    written = write_rows(tmp_path / "written.jsonl", WRITTEN)
    out = tmp_path / "out"
    assert run(main, [str(public), str(written), "--out", str(out), "--epochs", "2", "1.4"]) == 0
    assert "error" not in capsys.readouterr().err
    assert "8 questions, 1 steps" in caplog.text
    assert "4 questions about 3 written articles" in caplog.text
    assert "stage 2, written articles: 12 questions, 1 steps" in caplog.text
    assert {path.name for path in out.iterdir()} == {"articles", "index", "reader.json", "reader.safetensors"}
    assert load_network(out).head.weight.shape == (3, 16)


@pytest.mark.usefixtures("small_model")
def test_command_begins_with_the_weights_it_is_given(tmp_path):
    public = write_rows(tmp_path / "public.jsonl", [public_row(number) for number in range(4)])
    values = {name: value + 1 for name, value in trained_parameters(build_network(trained_layers=2)).items()}
    save_weights(values, tmp_path / "start")
    less_than_a_step = ["--epochs", "0.1", "0"]
    command = [str(public), *less_than_a_step, "--start", str(tmp_path / "start"), "--out", str(tmp_path / "out")]
    assert run(main, command) == 0
    start, out = load_network(tmp_path / "start"), load_network(tmp_path / "out")
    torch.testing.assert_close(out.state_dict(), start.state_dict(), rtol=0, atol=0.02)


def test_command_does_not_begin_anew_where_a_training_is_unfinished(tmp_path, capsys):
    public = write_rows(tmp_path / "public.jsonl", [public_row(1)])
    out = tmp_path / "out"
    out.mkdir()
    (out / "checkpoint.pt").write_bytes(b"begun")
    assert run(main, [str(public), "--out", str(out)]) == 1
    assert capsys.readouterr().err == (
        f"error: --out {out} holds an unfinished training; go on with --resume, or name another folder\n"
    )
    assert (out / "checkpoint.pt").read_bytes() == b"begun"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read ([Errno 2] No such file or directory:"),
        ("", "is empty; leave it out"),
        ("{}\nkeine Zeile\n", ":2 cannot be read (Expecting value"),
    ],
    ids=["missing", "empty", "no JSON"],
)
def test_command_tells_in_one_line_what_is_wrong_with_a_set(tmp_path, capsys, content, message):
    path = tmp_path / "set.jsonl"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert run(main, [str(path), "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: {path}")
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def staged(tmp_path, rows, **plan):
    path = write_rows(tmp_path / "public.jsonl", rows)
    return make_stages([path], tmp_path / "out", Plan(**plan), seed=2, epochs=(1.0, 2.0))


def test_stages_take_so_many_questions_of_a_public_set(tmp_path):
    rows = [public_row(number) for number in range(12)]
    first, second = staged(tmp_path, rows, largest_public=9, largest_repeated=4, strangers=0)
    assert (first.name, first.epochs, first.last_rate) == ("public sets", 1.0, 0.3)
    assert (second.name, second.epochs, second.last_rate) == ("written articles", 2.0, 0.0)
    for stage, count in ((first, 9), (second, 4)):
        questions = {group.question for group in stage.groups}
        assert len(stage.groups) == len(questions) == count
        assert questions <= {row["question"] for row in rows}
    assert not (tmp_path / "out").exists()


def test_stages_take_all_german_questions_of_a_public_set(tmp_path):
    rows = [public_row(number, lang="de" if number < 7 else "ar") for number in range(12)]
    german = {row["question"] for row in rows[:7]}
    for stage in staged(tmp_path, rows, largest_public=3, largest_repeated=3, strangers=0):
        questions = [group.question for group in stage.groups]
        assert german <= set(questions)
        assert len(questions) == len(set(questions)) == 10


@pytest.mark.parametrize(
    ("fields", "expected"), [({}, {2}), ({"sentences": [[0, 10], [11, 20]]}, {1})], ids=["words", "sentences"]
)
def test_stages_give_texts_of_others_to_sets_that_tell_words(tmp_path, fields, expected):
    first, _ = staged(tmp_path, [public_row(number, answers=[], **fields) for number in range(6)], strangers=1)
    assert {len(group.targets) for group in first.groups} == expected


def test_stages_ask_german_texts_in_other_languages_too(tmp_path):
    rows = [
        public_row(1, id="s-de-1", lang="de"),
        public_row(1, id="s-en-1", lang="en", question="Who lives there?"),
        public_row(2, id="s-de-2", lang="de"),
    ]
    first, second = staged(tmp_path, rows, strangers=0)
    german = rows[0]["context"]
    for stage in (first, second):
        asked = [group.targets[0].window.text for group in stage.groups if group.question == "Who lives there?"]
        assert asked == [german, german]
        assert len(stage.groups) == 4


def test_stages_of_more_questions_alone_are_empty(tmp_path):
    more = {"article": "a001", "question": "Wer?", "sentences": [], "answer": ""}
    first, second = staged(tmp_path, [more])
    assert (first.groups, second.groups) == ((), ())


def test_stages_of_an_empty_set_name_it(tmp_path):
    with pytest.raises(InputInvalid, match=r"public\.jsonl is empty; leave it out$"):
        staged(tmp_path, [])


@pytest.mark.usefixtures("small_model")
def test_second_stage_begins_with_a_fresh_optimiser(tmp_path):
    trained(tmp_path)
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["optimiser"]["state"]
    assert {float(state["step"]) for state in kept.values()} == {3.0}  # of 5 and 3
