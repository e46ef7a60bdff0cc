import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from helpers import make_article, one_passage
from test_reader_model import make_weights
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForQuestionAnswering, BertModel, PreTrainedTokenizerFast

from index.errors import ModelUnavailable
from index.types import Hit, Passage
from qa.reader import AnsweringModel, TrainedReader, best_span, named_reader, whole_words, window_of
from qa.reader_model import Window
from qa.types import Verdict

QUESTION = "Was kostet die Brücke über die Örtze?"
BRIDGE = make_article(
    "Die Brücke über die  Örtze wird neu gebaut.\nSie kostet „rund 3,5 Mio. Euro“, sagt Åsa Groß. Ab März ist zu.",
    title="Neue Brücke",
)
KIOSK = make_article("Der Kiosk am Markt schließt. Niemand wollte ihn übernehmen.")
LONG = make_article("Der Rat sprach lange über den Haushalt und die Schule. " * 60 + "Am Ende gab es Suppe.")
UNREAD = Verdict(-math.inf, None, -math.inf)


def make_hit(article, first=0):
    """An article as it is found, from one of its sentences on."""
    sentences = one_passage(article).sentences[first:]
    passage = Passage(article.id, sentences[0].start, sentences[-1].end, sentences)
    return Hit(passage, article, 1, 1.0, 0.9, 0.0, (0.9,) * len(sentences))


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reader")
    make_weights(folder, trained_layers=2)
    return TrainedReader(folder)


def nearly(verdicts):
    """Verdicts as they come from another batch, whose padding changes the last digits."""
    return [
        [pytest.approx([verdict.evidence, verdict.span_score], abs=0.06) for verdict in of_hit] for of_hit in verdicts
    ]


def numbers(verdicts):
    return [[[verdict.evidence, verdict.span_score] for verdict in of_hit] for of_hit in verdicts]


@pytest.mark.parametrize(
    ("starts", "ends", "longest", "expected"),
    [
        ([1, 0, 3], [0, 5, 1], 40, (0, 1)),
        ([0, 2, 9], [9, 1, 0], 40, (0, 0)),
        ([9, 2, 0], [0, 0, 9], 3, (0, 2)),
        ([9, 2, 0], [0, 0, 9], 2, (1, 2)),
        ([9, 2, 0], [0, 0, 9], 1, (0, 0)),
        ([-3, -1], [-2, -4], 40, (0, 0)),
        ([0, 0, 0], [0, 0, 0], 40, (0, 0)),
        ([-5], [-7], 40, (0, 0)),
    ],
    ids=["sum", "no end before its start", "as long as allowed", "too long", "one token", "tie", "all alike", "alone"],
)
def test_best_span_has_the_greatest_sum_of_start_and_end(starts, ends, longest, expected):
    arrays = np.array(starts, dtype=np.float32), np.array(ends, dtype=np.float32)
    assert best_span(*arrays, longest=longest) == expected


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ("Podium", "Podiums"),
        ("odiums", "Podiums"),
        ("nd des Podium", "Rand des Podiums"),
        ("19-Jährig", "19-Jährige"),
        ("Jährige", "Jährige"),
        ("am Rand des Podiums.", "am Rand des Podiums."),
        ("Der 19", "Der 19"),
    ],
)
def test_whole_words_ends_no_answer_within_a_word(cut, whole):
    text = "Der 19-Jährige stand am Rand des Podiums."
    start = text.index(cut)
    first, last = whole_words(text, start, start + len(cut))
    assert text[first:last] == whole


def test_best_span_has_at_most_40_tokens():
    starts, ends = np.zeros((2, 60), dtype=np.float32)
    starts[5], ends[45], ends[44] = 9, 9, 5
    assert best_span(starts, ends) == (5, 44)


def test_window_of_has_its_own_offsets_and_the_title():
    text = "Sie kostet „rund 3,5 Mio. Euro“, sagt Åsa Groß. Ab März ist zu."
    assert window_of(make_hit(BRIDGE, 1)) == Window("Neue Brücke", text, ((0, 47), (48, 63)))


@pytest.mark.parametrize("title", ["", "Der Kiosk", "Der Kiosk am…"])
def test_window_of_leaves_out_a_title_that_only_repeats_the_text(title):
    hit = make_hit(make_article("Der Kiosk am Markt schließt.", title=title))
    assert window_of(hit) == Window("", "Der Kiosk am Markt schließt.", ((0, 28),))


def test_named_reader_gives_the_reader_of_that_name():
    assert named_reader("none") is None
    trained, other = named_reader("trained"), named_reader("somebody/gelectra-squad")
    assert (type(trained), trained.name) == (TrainedReader, "trained")
    assert (type(other), other.name) == (AnsweringModel, "somebody/gelectra-squad")


def test_named_reader_takes_a_folder_of_trained_weights(tmp_path):
    (tmp_path / "reader.json").write_text("{}")
    reader = named_reader(str(tmp_path))
    assert (type(reader), reader.name) == (TrainedReader, str(tmp_path))


def test_trained_reader_says_something_of_every_sentence(reader):
    hits = [make_hit(BRIDGE), make_hit(KIOSK), make_hit(BRIDGE, 1)]
    results = reader.read(QUESTION, hits)
    assert [len(verdicts) for verdicts in results] == [3, 2, 2]
    for hit, verdicts in zip(hits, results, strict=True):
        for sentence, verdict in zip(hit.passage.sentences, verdicts, strict=True):
            start, end = verdict.span
            assert 0 <= start < end <= len(sentence.text)
            assert sentence.text[start:end] == sentence.text[start:end].strip()
            assert math.isfinite(verdict.evidence)
            assert math.isfinite(verdict.span_score)
    assert len({verdict.evidence for verdicts in results for verdict in verdicts}) > 4


def test_trained_reader_says_of_a_passage_the_same_in_any_article_and_company(reader):
    alone = make_article("Sie kostet „rund 3,5 Mio. Euro“, sagt Åsa Groß. Ab März ist zu.", title="Neue Brücke")
    assert reader.read(QUESTION, [make_hit(alone)]) == reader.read(QUESTION, [make_hit(BRIDGE, 1)])
    hits = [make_hit(KIOSK), make_hit(BRIDGE)]
    assert numbers(reader.read(QUESTION, hits)) == nearly([reader.read(QUESTION, [hit])[0] for hit in hits])


def test_trained_reader_heeds_question_and_title(reader):
    [titled] = reader.read(QUESTION, [make_hit(BRIDGE)])
    [untitled] = reader.read(QUESTION, [make_hit(make_article(BRIDGE.text))])
    [other] = reader.read("Wer schließt?", [make_hit(BRIDGE)])
    assert len({titled, untitled, other}) == 3


def test_trained_reader_does_not_judge_sentences_beyond_what_it_can_read(reader):
    [verdicts] = reader.read(QUESTION, [make_hit(LONG)])
    assert len(verdicts) == 61
    read = [verdict != UNREAD for verdict in verdicts]
    assert 20 < sum(read) < 60
    assert read == sorted(read, reverse=True)
    assert verdicts[-1] == UNREAD


def test_trained_reader_judges_the_right_sentences_after_a_passage_that_is_too_long(reader):
    hits = [make_hit(LONG), make_hit(KIOSK), make_hit(BRIDGE)]
    results = reader.read(QUESTION, hits)
    assert [len(verdicts) for verdicts in results] == [61, 2, 3]
    assert numbers(results) == nearly([reader.read(QUESTION, [hit])[0] for hit in hits])


def test_trained_reader_may_be_shared_by_threads(reader):
    hits = [make_hit(BRIDGE), make_hit(KIOSK)]
    expected = reader.read(QUESTION, hits)
    fresh = TrainedReader(reader._folder)  # so that the threads load it at the same time, too
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: fresh.read(QUESTION, hits), range(4))) == [expected] * 4


def test_reader_of_no_hits_says_nothing_and_loads_nothing(tmp_path):
    assert TrainedReader(tmp_path / "nowhere").read(QUESTION, []) == []
    assert AnsweringModel(str(tmp_path / "nowhere")).read(QUESTION, []) == []


def test_trained_reader_without_its_weights_says_so_when_it_is_needed(tmp_path):
    reader = TrainedReader(tmp_path / "nowhere")
    for need in (reader.load, lambda: reader.read(QUESTION, [make_hit(KIOSK)])):
        with pytest.raises(ModelUnavailable, match=r"nowhere holds no reader .* --reader none$"):
            need()


SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
PIECES = ["Das", "Brot", "kostet", "es", "drei", "Euro", "Öl", "teurer", ".", "?"]


def make_answering_model(folder, *, metaspace=False):
    """A question-answering model for which an answer begins with "drei" (8) and ends with "Euro" (4); all else is 0."""
    pieces = [mark + piece for mark in ("▁", "") for piece in PIECES] if metaspace else PIECES
    vocabulary = {piece: number for number, piece in enumerate([*SPECIAL, *pieces])}
    if metaspace:  # as SentencePiece, whose tokens have the space before them
        tokenizer = Tokenizer(models.Unigram([(piece, -1.0) for piece in vocabulary], unk_id=1))
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    else:
        tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    model = BertForQuestionAnswering(make_config(vocabulary))
    begins, ends, neither = torch.tensor([[1.0, 1, -1, -1], [1, -1, -1, 1], [1, -1, 1, -1]])
    with torch.no_grad():
        for parameter in model.bert.embeddings.parameters():
            parameter.zero_()
        model.bert.embeddings.LayerNorm.weight.fill_(1)
        words = model.bert.embeddings.word_embeddings.weight
        words[:] = neither
        for piece, number in vocabulary.items():
            if piece.endswith("drei"):
                words[number] = begins
            if piece.endswith("Euro"):
                words[number] = ends
        model.qa_outputs.weight[:] = torch.stack([2 * begins, ends])
        model.qa_outputs.bias.zero_()
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return AnsweringModel(str(folder))


def make_config(vocabulary):
    return BertConfig(
        vocab_size=len(vocabulary), hidden_size=4, num_hidden_layers=0, num_attention_heads=1, intermediate_size=4,
        max_position_embeddings=512,
    )  # fmt: skip


def test_answering_model_finds_the_best_words_of_each_sentence(tmp_path):
    reader = make_answering_model(tmp_path)
    article = make_article("Das Öl kostet drei Euro. Das Brot kostet drei. Es kostet Euro.")
    hits = [make_hit(article), make_hit(make_article("Das Öl teurer.")), make_hit(article, 1)]
    three_euro, three, euro = Verdict(6, (14, 23), 12), Verdict(4, (16, 20), 8), Verdict(2, (0, 14), 4)
    assert reader.read("kostet es drei Euro?", hits) == [
        (three_euro, three, euro),
        (Verdict(0, (0, 3), 0),),
        (three, euro),
    ]


def test_answering_model_gives_words_without_the_space_before_them(tmp_path):
    reader = make_answering_model(tmp_path, metaspace=True)
    hit = make_hit(make_article("Das Öl kostet drei Euro. Euro kostet es. Das Brot kostet drei Euro."))
    assert reader.read("kostet es drei Euro?", [hit]) == [
        (Verdict(6, (14, 23), 12), Verdict(2, (0, 4), 4), Verdict(6, (16, 25), 12))
    ]


def test_answering_model_does_not_judge_sentences_beyond_what_it_can_read(tmp_path):
    hit = make_hit(make_article("Das Brot kostet drei Euro. " * 100))
    [verdicts] = make_answering_model(tmp_path).read("kostet es drei Euro?", [hit])
    # of 512 tokens 3 are marks and 5 the question's; a sentence has 6
    assert verdicts == ((Verdict(6, (16, 25), 12),) * 84 + (UNREAD,) * 16)


def test_answering_model_reads_after_a_question_that_fills_its_window(tmp_path):
    [verdicts] = make_answering_model(tmp_path).read("Das Brot? " * 200, [make_hit(KIOSK)])
    assert len(verdicts) == 2


def test_answering_model_may_be_shared_by_threads(tmp_path):
    reader = make_answering_model(tmp_path)
    hits = [make_hit(make_article("Das Öl kostet drei Euro. Das Brot kostet drei.")), make_hit(KIOSK)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: reader.read("kostet es?", hits), range(12)))
    assert results == [reader.read("kostet es?", hits)] * 12


def damage_model(folder, damage):
    if damage == "no folder":
        return
    folder.mkdir()
    if damage == "empty folder":
        return
    make_answering_model(folder)
    weights = folder / "model.safetensors"
    if damage == "truncated weights":
        weights.write_bytes(weights.read_bytes()[:200])
    elif damage == "pickled weights":
        weights.unlink()
        (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    elif damage == "no configuration":
        (folder / "config.json").unlink()


@pytest.mark.parametrize(
    "damage", ["no folder", "empty folder", "truncated weights", "pickled weights", "no configuration"]
)
def test_answering_model_that_cannot_be_loaded_is_told_in_one_line(tmp_path, damage):
    folder = tmp_path / "model"
    damage_model(folder, damage)
    with pytest.raises(ModelUnavailable) as error:
        AnsweringModel(str(folder)).load()
    assert str(error.value).startswith(f"--reader {folder}")
    assert "\n" not in str(error.value)


def test_model_that_has_not_learnt_to_answer_is_refused(tmp_path):
    reader = make_answering_model(tmp_path)
    BertModel(make_config([*SPECIAL, *PIECES])).save_pretrained(tmp_path)
    for need in (reader.load, lambda: reader.read(QUESTION, [make_hit(KIOSK)])):
        with pytest.raises(ModelUnavailable) as error:
            need()
        assert str(error.value) == (
            f"--reader {tmp_path} is no question-answering model (it has not learnt to find answers, or lacks a "
            "tokenizer that can tell where words stand); name one that was trained on SQuAD or GermanQuAD"
        )
