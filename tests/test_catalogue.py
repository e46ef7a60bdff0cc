import sqlite3
from dataclasses import replace

import numpy as np
import pytest
from helpers import CountingEmbedder, make_article

from index import lexical
from index.catalogue import FILE_NAME, FORMAT, Catalogue, Entry, Prepared, Source, StoredPassage
from index.errors import IndexBusy, IndexDamaged, IndexMismatch, IndexMissing
from index.passages import make_passages
from index.sentences import split_sentences

EMBEDDER = CountingEmbedder(dimension=8)
BREAD = make_article(
    "Das Brot wird teurer. Ein Laib kostet 4,20 Euro.\n\nDie Bäcker „bedauern“ das. Mehl ist knapp.",
    title="Brot wird teurer",
    publisher="Mühlenbote",
    date="2025-03-01",
    url="https://example.org/brot",
)
CHEESE = make_article("Der Käse bleibt billig. 😀 Das freut alle.", title="Käse", date="2025-04-01")


def prepare(article):
    sentences = tuple(split_sentences(article))
    passages = tuple(make_passages(sentences, [1] * len(sentences), aim=3, overlap=1))
    vectors = np.stack([EMBEDDER.embed_question(article.text[p.start : p.end]) for p in passages])
    return Prepared(
        article, sentences, np.stack([EMBEDDER.embed_question(s.text) for s in sentences]), passages, vectors
    )


def source(article, path="/n/a.txt"):
    return Source(path, path, path.removeprefix("/n/"), article.id, "00" * 32, "1")


@pytest.fixture
def catalogue(tmp_path):
    catalogue = Catalogue.create(tmp_path / "index" / FILE_NAME, {"model": "m", "dimension": 8})
    yield catalogue
    catalogue.close()


def store(catalogue, *pairs):
    with catalogue.changing():
        for article, _ in pairs:
            if not catalogue.has_article(article.id):
                catalogue.add(prepare(article))
        catalogue.set_sources([source(article, path) for article, path in pairs])


def words(catalogue):
    return [row[0] for row in catalogue.connection.execute("SELECT rowid FROM lexical ORDER BY rowid")]


def test_catalogue_gives_back_every_field(catalogue):
    store(catalogue, (BREAD, "/n/b/brot.txt"), (CHEESE, "/n/a.txt"))
    reopened = Catalogue(catalogue.path)
    bread, cheese = replace(BREAD, name="b/brot.txt"), replace(CHEESE, name="a.txt")
    assert reopened.article(BREAD.id) == bread
    assert reopened.article("0" * 16) is None
    assert reopened.entries() == [Entry(cheese, ("/n/a.txt",), 2, 1, ()), Entry(bread, ("/n/b/brot.txt",), 4, 2, ())]
    assert reopened.sources() == [source(CHEESE, "/n/a.txt"), source(BREAD, "/n/b/brot.txt")]
    assert reopened.counts() == {"articles": 2, "passages": 3, "sentences": 6}
    assert (reopened.state("model"), reopened.state("nothing")) == ("m", None)
    assert reopened.faults() == []
    reopened.close()


def test_catalogue_gives_back_sentences_and_passages_with_their_vectors(catalogue):
    store(catalogue, (BREAD, "/n/brot.txt"), (CHEESE, "/n/a.txt"))
    for article in (BREAD, CHEESE):
        sentences = catalogue.sentences(article)
        assert sentences == split_sentences(article)
        assert [article.text[s.start : s.end] for s in sentences] == [s.text for s in sentences]
    prepared = prepare(BREAD)
    stored = catalogue.passages([1, 2, 99])
    candidates = catalogue.candidates([1, 2, 99])
    assert sorted(stored) == sorted(candidates) == [1, 2]
    for number, rows in ((1, slice(0, 3)), (2, slice(2, 4))):
        found = stored[number]
        assert isinstance(found, StoredPassage)
        assert found.passage == prepared.passages[number - 1]
        assert found.article == replace(BREAD, name="brot.txt")
        article_id, vector = candidates[number]
        assert article_id == BREAD.id
        np.testing.assert_array_equal(vector, prepared.passage_vectors[number - 1])
        np.testing.assert_allclose(found.sentence_vectors, prepared.sentence_vectors[rows], atol=1e-3)
    np.testing.assert_array_equal(catalogue.passage_vectors([2, 1]), prepared.passage_vectors)
    assert catalogue.passage_vectors([]).shape == (0, 8)


@pytest.mark.parametrize(
    ("restriction", "numbers"),
    [
        ({}, [1, 2, 3]),
        ({"names": [CHEESE.id]}, [3]),
        ({"names": ["b/brot.txt"]}, [1, 2]),
        ({"names": ["brot.txt", "/n/kaese.txt"]}, [1, 2, 3]),
        ({"names": ["rot.txt"]}, []),
        ({"since": "2025-04-01"}, [3]),
        ({"since": "2025-04-02"}, []),
        ({"until": "2025-03-01"}, [1, 2]),
        ({"since": "2025-03-01", "until": "2025-04-01"}, [1, 2, 3]),
        ({"names": ["kaese.txt"], "until": "2025-03-31"}, []),
    ],
)
def test_passage_ids_are_restricted_by_name_and_date(catalogue, restriction, numbers):
    store(catalogue, (BREAD, "/n/b/brot.txt"), (CHEESE, "/n/kaese.txt"))
    assert catalogue.passage_ids(**restriction) == numbers


def test_article_without_a_date_lies_in_no_period(catalogue):
    store(catalogue, (make_article("Ohne Datum ist es auch schön."), "/n/a.txt"))
    assert catalogue.passage_ids(until="9999-12-31") == []
    assert catalogue.passage_ids(since="0001-01-01") == []


def test_sequence_counts_changes_and_an_error_takes_all_back(catalogue):
    assert catalogue.sequence == 0
    store(catalogue, (BREAD, "/n/brot.txt"))
    assert catalogue.sequence == 1

    def change_and_stop():
        with catalogue.changing():
            catalogue.add(prepare(CHEESE))
            catalogue.set_sources([source(CHEESE)])
            catalogue.set_sources([], gone=["/n/brot.txt"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        change_and_stop()
    assert catalogue.sequence == 1
    assert [entry.article.id for entry in catalogue.entries()] == [BREAD.id]
    assert words(catalogue) == [1, 2]
    assert catalogue.faults() == []


def test_copies_are_one_article_that_goes_with_its_last_file(catalogue):
    store(catalogue, (BREAD, "/n/a.txt"), (BREAD, "/n/b.txt"))
    assert catalogue.entries() == [Entry(replace(BREAD, name="a.txt"), ("/n/a.txt", "/n/b.txt"), 4, 2, ())]
    with catalogue.changing():
        catalogue.set_sources([], gone=["/n/a.txt"])
    assert catalogue.entries() == [Entry(replace(BREAD, name="b.txt"), ("/n/b.txt",), 4, 2, ())]
    with catalogue.changing():
        catalogue.set_sources([], gone=["/n/b.txt"])
        catalogue.set_sources([], gone=["/n/never.txt"])
    assert catalogue.counts() == {"articles": 0, "passages": 0, "sentences": 0}
    assert words(catalogue) == []
    assert lexical.search(catalogue.connection, "Brot", 5) == []
    assert catalogue.faults() == []


def test_set_sources_keeps_an_article_that_a_copy_still_stands_for(catalogue):
    store(catalogue, (BREAD, "/n/a.txt"), (BREAD, "/n/b.txt"))
    store(catalogue, (CHEESE, "/n/b.txt"))
    assert [(entry.article.id, entry.paths) for entry in catalogue.entries()] == [
        (BREAD.id, ("/n/a.txt",)),
        (CHEESE.id, ("/n/b.txt",)),
    ]
    store(catalogue, (CHEESE, "/n/a.txt"))
    assert catalogue.counts() == {"articles": 1, "passages": 1, "sentences": 2}
    assert words(catalogue) == [3]


def test_set_sources_lets_two_files_exchange_their_articles(catalogue):
    store(catalogue, (BREAD, "/n/a.txt"), (CHEESE, "/n/b.txt"))
    store(catalogue, (CHEESE, "/n/a.txt"), (BREAD, "/n/b.txt"))
    assert {entry.article.id: entry.paths for entry in catalogue.entries()} == {
        CHEESE.id: ("/n/a.txt",),
        BREAD.id: ("/n/b.txt",),
    }
    assert words(catalogue) == [1, 2, 3]


def test_entries_tell_in_which_order_articles_were_added(catalogue):
    def added():
        return [(entry.article.title, entry.added) for entry in catalogue.entries()]

    store(catalogue, (BREAD, "/n/a.txt"))
    store(catalogue, (CHEESE, "/n/b.txt"))
    store(catalogue, (BREAD, "/n/c.txt"))
    assert added() == [("Brot wird teurer", 1), ("Käse", 3)]
    changed = make_article("Der Käse wird teurer.", title="Teurer Käse")
    store(catalogue, (changed, "/n/b.txt"))
    assert added() == [("Brot wird teurer", 1), ("Teurer Käse", 4)]
    before = catalogue.entries()
    with catalogue.changing():
        catalogue.set_sources([], gone=["/n/a.txt", "/n/c.txt"])
    store(catalogue, (BREAD, "/n/a.txt"), (BREAD, "/n/c.txt"))
    assert added() == [("Brot wird teurer", 5), ("Teurer Käse", 4)]
    assert catalogue.entries() == before


def test_passage_numbers_are_never_used_twice(catalogue):
    store(catalogue, (BREAD, "/n/a.txt"))
    with catalogue.changing():
        catalogue.set_sources([], gone=["/n/a.txt"])
    store(catalogue, (BREAD, "/n/a.txt"))
    assert catalogue.passage_ids() == [3, 4]


def test_rebuild_lexical_gives_the_same_results(catalogue):
    store(catalogue, (BREAD, "/n/brot.txt"), (CHEESE, "/n/a.txt"))
    queries = ("Was kostet das Brot?", "Käse", "freut")
    before = [lexical.search(catalogue.connection, query, 5) for query in queries]
    with catalogue.changing():
        catalogue.connection.execute("DELETE FROM lexical")
        catalogue.rebuild_lexical()
    assert [lexical.search(catalogue.connection, query, 5) for query in queries] == before
    assert all(before)


def test_snapshot_is_the_last_one_noted(catalogue):
    assert catalogue.snapshot() is None
    catalogue.set_snapshot(3, "ab")
    catalogue.set_snapshot(4, "cd")
    assert catalogue.snapshot() == (4, "cd")
    assert catalogue.sequence == 0


def test_reading_sees_one_state_whatever_is_written_meanwhile(catalogue):
    store(catalogue, (BREAD, "/n/brot.txt"))
    other = Catalogue(catalogue.path)
    with other.reading():
        assert other.sequence == 1
        store(catalogue, (CHEESE, "/n/a.txt"))
        assert (other.sequence, other.counts()["articles"]) == (1, 1)
    assert (other.sequence, other.counts()["articles"]) == (2, 2)
    other.close()


def test_changing_a_catalogue_that_another_writes_is_busy(catalogue):
    other = Catalogue(catalogue.path)
    other.connection.execute("PRAGMA busy_timeout = 0")
    with catalogue.changing(), pytest.raises(IndexBusy), other.reading():
        other.remember(model="x")
    other.close()


def test_missing_catalogue_is_named_with_its_remedy(tmp_path):
    with pytest.raises(IndexMissing) as error:
        Catalogue(tmp_path / "leer" / FILE_NAME)
    folder = tmp_path / "leer"
    assert str(error.value) == f"{folder} holds no index; make one with: python -m index add --index {folder} PATH..."
    assert not folder.exists()


@pytest.mark.parametrize("content", [b"", b"Das ist keine Datenbank. " * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_file_that_is_no_catalogue_is_damaged(tmp_path, content):
    path = tmp_path / FILE_NAME
    path.write_bytes(content)
    with pytest.raises(IndexDamaged, match=r"is damaged .*; put the folder aside and add the articles again"):
        Catalogue(path)
    assert path.read_bytes() == content


def test_newer_format_is_refused(catalogue):
    catalogue.remember(format=FORMAT + 1)
    with pytest.raises(IndexMismatch, match=f"has format {FORMAT + 1}, this program reads up to {FORMAT}"):
        Catalogue(catalogue.path)


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("UPDATE passages SET vector = zeroblob(32) WHERE id = 2", "are not those that were stored"),
        ("UPDATE sentences SET start = start + 1 WHERE position = 1", "are not those that were stored"),
        ("UPDATE articles SET sentence_vectors = zeroblob(length(sentence_vectors))", "are not those that were stored"),
        ("DELETE FROM lexical WHERE rowid = 1", "the lexical index does not hold the catalogue's passages"),
        (
            "INSERT INTO lexical(rowid, body) VALUES (9, 'x')",
            "the lexical index does not hold the catalogue's passages",
        ),
        ("DELETE FROM lexical_data WHERE id > 10", "the lexical index is damaged"),
        ("DELETE FROM sentences WHERE position = 3", "are not those that were stored"),
    ],
)
def test_faults_names_what_does_not_agree(catalogue, damage, fault):
    store(catalogue, (BREAD, "/n/brot.txt"))
    catalogue.connection.execute(damage)
    assert [found for found in catalogue.faults() if fault in found] != []


def test_faults_names_an_orphan(catalogue):
    store(catalogue, (BREAD, "/n/brot.txt"))
    connection = sqlite3.connect(catalogue.path)
    connection.execute("INSERT INTO sources VALUES ('/n/x.txt', '/n/x.txt', 'x.txt', 'fehlt', '', '1')")
    connection.commit()
    connection.close()
    assert catalogue.faults() == ["the catalogue is damaged (orphan in sources)"]


def test_damage_in_a_text_is_told_in_one_line(tmp_path):
    path = tmp_path / "catalogue.sqlite"
    catalogue = Catalogue.create(path, {"dimension": 2})
    catalogue.connection.execute("INSERT INTO state VALUES ('kaputt', CAST(x'41ff0a42' AS TEXT))")
    with pytest.raises(IndexDamaged) as error, catalogue.reading():
        catalogue.state("kaputt")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300 + 2 * len(str(path))
    catalogue.close()
