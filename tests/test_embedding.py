import json
from dataclasses import replace

import numpy as np
import pytest
from helpers import make_article, one_passage

from index.embedded_model import HUB_NAME
from index.embedding import EMBEDDED, SentenceTransformerEmbedder
from index.errors import ModelUnavailable
from index.store import NewsIndex

WORDS = ["das", "der", "brot", "moor", "hafen", "wird", "teurer", "wächst", "neu", "in", "wismar", ".", "?", "was"]


def embed(embedder, *articles):
    return embedder.embed_passages([(one_passage(article), article) for article in articles])


def test_embedder_gives_unit_vectors_of_its_dimension(embedder):
    articles = [make_article("Das Brot wird teurer. Mehl ist knapp."), make_article("Der Hafen in Wismar wächst.")]
    embedded = embed(embedder, *articles)
    assert [(vector.shape, within.shape) for vector, within in embedded] == [((384,), (2, 384)), ((384,), (1, 384))]
    for vector, within in embedded:
        np.testing.assert_allclose(np.linalg.norm([vector, *within], axis=1), 1, atol=1e-5)
    question = embedder.embed_question("Was kostet Brot?")
    assert (question.shape, question.dtype) == ((384,), np.float32)
    assert float(np.linalg.norm(question)) == pytest.approx(1, abs=1e-5)
    assert (embedder.name, embedder.dimension, embedder.window) == (EMBEDDED, 384, 512)


def test_embedder_of_nothing_gives_nothing(embedder):
    assert embedder.embed_passages([]) == []
    assert embedder.count_tokens([]) == []


def test_count_tokens_counts_without_the_marks_at_the_ends(embedder):
    counts = embedder.count_tokens(["", "Brot", "Das Brot wird teurer."])
    assert counts[0] == 0
    assert counts[1] == 1
    assert 4 <= counts[2] <= 7


def test_embed_passages_does_not_depend_on_the_order_or_size_of_batches(embedder):
    articles = [make_article(f"{'Sehr lange Vorrede zum Thema. ' * n}Artikel {n} handelt vom Hafen.") for n in range(5)]
    small = SentenceTransformerEmbedder(batch=2)
    vars(small)["_model"] = embedder._model  # one model is enough for all tests
    together, backwards = embed(embedder, *articles), embed(small, *articles[::-1])[::-1]
    for (vector, within), (other, others) in zip(together, backwards, strict=True):
        assert float(vector @ other) > 0.998
        assert (within * others).sum(axis=1).min() > 0.995


def test_sentence_is_embedded_with_what_its_passage_says(embedder):
    whole = make_article("Kapitänin Marlene Voss steuert seit 1998 die Fähre. Sie geht im Juni in Rente.")
    alone = make_article("Sie geht im Juni in Rente.")
    [(_, within), (_, [by_itself])] = embed(embedder, whole, alone)
    assert float(within[1] @ by_itself) < 0.99
    question = embedder.embed_question("Wann geht die Kapitänin Marlene Voss in Rente?")
    assert float(within[1] @ question) > float(by_itself @ question)


def test_heading_tells_what_a_passage_is_about(embedder):
    untitled = make_article("Die Zahl der Besucher stieg um ein Drittel.")
    titled = replace(untitled, title="Freibad in Ahlen")
    repeated = replace(untitled, title="Die Zahl der Besucher…")
    [(plain, _), (headed, _), (same, _)] = embed(embedder, untitled, titled, repeated)
    question = embedder.embed_question("Wie viele Leute kamen ins Freibad Ahlen?")
    assert float(headed @ question) > float(plain @ question)
    assert float(same @ plain) > 0.999


def test_sentence_beyond_the_window_has_the_vector_of_its_passage(embedder):
    article = make_article("Der Rat tagte lange über die Brücke und den Haushalt. " * 60 + "Am Ende gab es Suppe.")
    [(vector, within)] = embed(embedder, article)
    np.testing.assert_array_equal(within[-1], vector)
    assert float(within[0] @ vector) < 0.9999


def make_model(folder, *, pooling="mean", dense=False):
    """A sentence-transformers folder with a small BERT of random weights."""
    import torch
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)] + list("äöüß0123456789")
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    torch.manual_seed(0)
    model = BertModel(
        BertConfig(
            vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=64, max_position_embeddings=64, initializer_range=0.5,
        )
    )  # fmt: skip
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling")]
    if dense:
        modules.append(("2_Dense", "Dense"))
        (folder / "2_Dense").mkdir()
        (folder / "2_Dense" / "config.json").write_text(
            json.dumps({"in_features": 32, "out_features": 16, "bias": True,
                        "activation_function": "torch.nn.modules.activation.Tanh"})
        )  # fmt: skip
        weights = {"linear.weight": torch.randn(16, 32), "linear.bias": torch.randn(16)}
        save_file(weights, folder / "2_Dense" / "model.safetensors")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": 32, f"pooling_mode_{pooling}": True})
    )
    (folder / "modules.json").write_text(
        json.dumps(
            [
                {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
                for number, (path, kind) in enumerate(modules)
            ]
        )
    )
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 64, "do_lower_case": False}))
    return folder


@pytest.mark.parametrize(
    ("options", "dimension"),
    [({"pooling": "mean_tokens"}, 32), ({"pooling": "cls_token"}, 32), ({"pooling": "mean_tokens", "dense": True}, 16)],
    ids=["mean", "cls", "mean and dense"],
)
def test_other_models_of_sentence_transformers_build_and_search_an_index(tmp_path, write_article, options, dimension):
    folder = tmp_path / "model"
    folder.mkdir()
    other = SentenceTransformerEmbedder(str(make_model(folder, **options)))
    assert (other.name, other.dimension, other.window) == (str(folder), dimension, 64)
    write_article("a.txt", "Das Brot wird teurer. Der Hafen in Wismar wächst.", title="Neu")
    write_article("b.txt", "Das Moor wird neu. " * 20)
    news_index = NewsIndex.open_or_create(tmp_path / "index", other)
    assert news_index.add([tmp_path / "news"]).articles == 2
    hits = news_index.search("Was wird teurer?", top=20)
    assert {hit.article.name for hit in hits} == {"a.txt", "b.txt"}
    assert all(len(hit.sentence_similarities) == len(hit.passage.sentences) for hit in hits)
    assert news_index.faults() == []
    news_index.close()
    article = make_article("Das Brot wird teurer.")
    [(vector, within)] = embed(other, article)
    direct = other._model.encode_document("Das Brot wird teurer.", normalize_embeddings=True, show_progress_bar=False)
    assert (vector.shape, within.shape) == ((dimension,), (1, dimension))
    assert float(vector @ direct) > 0.99


def test_model_with_code_of_its_own_is_refused_and_the_code_not_run(tmp_path):
    folder = make_model(tmp_path, pooling="mean_tokens")
    ran = tmp_path / "ran"
    (folder / "eigen.py").write_text(
        f"open({str(ran)!r}, 'w').close()\nfrom sentence_transformers.models import Pooling\nclass Own(Pooling): pass\n"
    )
    modules = json.loads((folder / "modules.json").read_text())
    modules[1]["type"] = "eigen.Own"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ModelUnavailable):
        _ = SentenceTransformerEmbedder(str(folder)).dimension
    assert not ran.exists()


@pytest.mark.parametrize("damage", ["no such name", "empty folder", "truncated weights", "pickled weights"])
def test_model_that_cannot_be_loaded_is_told_in_one_line(tmp_path, damage):
    folder = tmp_path / "model"
    name = str(folder)
    if damage == "no such name":
        name = "nobody/no-such-model"
    else:
        folder.mkdir()
    if damage.endswith("weights"):
        weights = make_model(folder, pooling="mean_tokens") / "model.safetensors"
        if damage == "truncated weights":
            weights.write_bytes(weights.read_bytes()[:1000])
        else:
            weights.unlink()
            (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(ModelUnavailable) as error:
        _ = SentenceTransformerEmbedder(name).dimension
    assert str(error.value).startswith(f"the embedding model {name!r} cannot be loaded (")
    assert str(error.value).endswith(f"such as {HUB_NAME}, or leave --model out for the embedded one")
    assert "\n" not in str(error.value)
