import contextlib
import os
import threading
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from helpers import CountingEmbedder

from index.catalogue import FILE_NAME, Catalogue
from index.errors import IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, InputInvalid
from index.files import Skipped
from index.settings import Settings
from index.store import AddReport, NewsIndex, Scope

SMALL = Settings(passage_tokens=20, overlap_tokens=5, commit_articles=2)


@pytest.fixture
def opened(tmp_path):
    """Open the index in `tmp_path`; all are closed at the end."""
    with contextlib.ExitStack() as stack:

        def open_index(embedder=None, *, folder=tmp_path / "index", settings=SMALL):
            news_index = NewsIndex.open_or_create(folder, embedder or CountingEmbedder(), settings=settings)
            stack.callback(news_index.close)
            return news_index

        yield open_index


@pytest.fixture
def news(tmp_path, write_article):
    """A folder of five articles."""
    for name, date, text in (
        ("brot.txt", "2025-01-01", "Das Brot wird teurer. Ein Laib kostet vier Euro. Die Bäcker klagen über Mehl."),
        ("hafen.txt", "2025-02-01", "Der Hafen in Wismar wächst. Zwei Kräne sind da. Im Mai legt das erste Schiff an."),
        ("moor.txt", "2025-03-01", "Das Moor bei Ahlen wird vernässt. Kraniche rasten dort im Herbst."),
        ("sub/schule.txt", "2025-04-01", "Die Schule in Tannau bekommt ein Dach. Der Unterricht ist im Rathaus."),
        ("wahl.txt", "", "Bei der Wahl siegte Anna Roth. Sie erhielt 53,2 Prozent der Stimmen."),
    ):  # fmt: skip
        write_article(name, text, title=name.partition(".")[0].title(), date=date)
    return tmp_path / "news"


def names(hits):
    return [hit.article.name for hit in hits]


def contents(news_index):
    return {entry.article.name: (entry.article.id, len(entry.paths)) for entry in news_index.entries()}


def answers(news_index):
    """What searches give, without the numbers of passages."""
    questions = (
        "Was kostet Brot?",
        "Wann legt das Schiff in Wismar an?",
        "Kraniche",
        "Wer siegte bei der Wahl?",
        "Dach",
    )
    return [
        (hit.article, hit.passage, hit.rank, round(hit.score, 5), round(hit.similarity, 5), round(hit.lexical, 3))
        for question in questions
        for hit in news_index.search(question, top=10)
    ]


def faiss_file(news_index):
    [path] = news_index.folder.glob("vectors-*.faiss")
    return path


def test_add_reports_and_stores_a_folder(opened, news):
    report = opened().add([news])
    assert replace(report, seconds=0) == AddReport(5, 0, 0, 0, (), articles=5, passages=5, sentences=12, seconds=0)
    assert sorted(contents(opened())) == ["brot.txt", "hafen.txt", "moor.txt", "sub/schule.txt", "wahl.txt"]
    assert opened().faults() == []


def test_add_leaves_unchanged_articles_alone(opened, news):
    opened().add([news])
    embedder = CountingEmbedder()
    news_index = opened(embedder)
    before = (news_index.catalogue.sequence, faiss_file(news_index).stat().st_mtime_ns)
    report = news_index.add([news, news / "brot.txt"])
    assert (report.added, report.updated, report.unchanged, report.articles) == (0, 0, 5, 5)
    assert embedder.embedded == 0
    assert (news_index.catalogue.sequence, faiss_file(news_index).stat().st_mtime_ns) == before


def test_add_updates_what_changed_and_finds_only_the_new_text(opened, news):
    news_index = opened()
    news_index.add([news])
    (news / "moor.txt").write_text("Das Moor bleibt trocken. Wölfe wurden gesehen.", encoding="utf-8")
    report = news_index.add([news])
    assert (report.added, report.updated, report.unchanged, report.articles) == (0, 1, 4, 5)
    assert names(news_index.search("Wölfe", top=1)) == ["moor.txt"]
    assert all("Kraniche" not in hit.article.text for hit in news_index.search("Kraniche", top=10))
    assert news_index.faults() == []


def test_add_counts_a_file_as_unchanged_whose_article_is_the_same(opened, news):
    news_index = opened()
    news_index.add([news])
    path = news / "brot.txt"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")
    assert news_index.add([news]).unchanged == 5
    assert news_index.add([news.parent / "news" / "sub" / "schule.txt"]).unchanged == 1


def test_add_takes_a_renamed_file_without_embedding_it_again(opened, news):
    embedder = CountingEmbedder()
    news_index = opened(embedder)
    news_index.add([news])
    embedded = embedder.embedded
    (news / "brot.txt").rename(news / "semmel.txt")
    report = news_index.add([news])
    assert (report.added, report.removed, report.articles, embedder.embedded) == (1, 1, 5, embedded)
    assert names(news_index.search("Was kostet Brot?", top=1)) == ["semmel.txt"]


def test_add_lets_two_files_exchange_their_texts(opened, news):
    news_index = opened()
    news_index.add([news])
    one, other = (news / name for name in ("brot.txt", "hafen.txt"))
    text = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(text)
    before = contents(news_index)
    assert news_index.add([news]).updated == 2
    after = contents(news_index)
    assert (after["brot.txt"], after["hafen.txt"]) == (before["hafen.txt"], before["brot.txt"])
    assert news_index.faults() == []


def test_add_keeps_copies_as_one_article(opened, news, write_article):
    (news / "kopie.txt").write_bytes((news / "brot.txt").read_bytes())
    news_index = opened()
    report = news_index.add([news])
    assert (report.added, report.articles) == (6, 5)
    assert names(news_index.search("Was kostet Brot?", top=10)).count("brot.txt") == 1
    assert names(news_index.search("Brot", top=3, scope=Scope(articles=("kopie.txt",)))) == ["brot.txt"]
    (news / "brot.txt").write_text("Jetzt geht es um Kuchen.", encoding="utf-8")
    assert news_index.add([news]).articles == 6
    assert names(news_index.search("Was kostet ein Laib Brot?", top=1)) == ["kopie.txt"]


def test_add_skips_what_cannot_be_used_and_takes_the_rest(opened, news):
    (news / "bild.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (news / "leer.txt").write_text("")
    (news / "notiz.docx").write_text("x")
    report = opened().add([news, news / "fehlt.txt"])
    assert report.added == 5
    assert [(Path(skipped.path).name, skipped.reason.split(",")[0]) for skipped in report.skipped] == [
        ("fehlt.txt", "does not exist"),
        ("bild.txt", "has the ending .txt"),
        ("leer.txt", "is empty; add a file with text in it"),
        ("notiz.docx", "has the ending .docx"),
    ]
    assert all(isinstance(skipped, Skipped) for skipped in report.skipped)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_add_takes_a_file_whose_name_is_no_utf8(opened, news):
    path = os.fsencode(news) + b"/stra\xdfe.txt"
    with open(path, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a name of bytes
        stream.write("Die Straße nach Ahlen ist gesperrt.")
    (news / "brot.txt").unlink()
    news_index = opened()
    assert news_index.add([news]).added == 5
    assert news_index.add([news]).unchanged == 5
    [hit] = news_index.search("Straße gesperrt", top=1)
    assert hit.article.name == "stra\\udcdfe.txt"
    assert news_index.remove([os.fsdecode(path)]) == [f"{news}/stra\\udcdfe.txt"]


def test_add_of_an_empty_folder_gives_an_index_that_finds_nothing(opened, tmp_path):
    (tmp_path / "empty").mkdir()
    news_index = opened()
    report = news_index.add([tmp_path / "empty"])
    assert replace(report, seconds=0) == AddReport(0, 0, 0, 0, (), articles=0, passages=0, sentences=0, seconds=0)
    assert news_index.search("Was kostet Brot?", top=5) == []
    assert news_index.entries() == []
    assert news_index.faults() == []


def test_search_in_one_article_gives_a_whole_hit(opened, news):
    embedder = CountingEmbedder()
    news_index = opened(embedder)
    news_index.add([news / "moor.txt"])
    [hit] = news_index.search("Kraniche im Moor", top=5)
    query = embedder.embed_question("Kraniche im Moor")
    text = "Das Moor bei Ahlen wird vernässt. Kraniche rasten dort im Herbst."
    assert (hit.article.text, hit.article.title, hit.article.date) == (text, "Moor", "2025-03-01")
    assert (hit.passage.start, hit.passage.end) == (0, len(text))
    assert [sentence.text for sentence in hit.passage.sentences] == [text[:33], text[34:]]
    assert hit.rank == 1
    assert hit.similarity == pytest.approx(float(embedder.embed_question(text) @ query), abs=1e-5)
    assert hit.sentence_similarities == pytest.approx(
        [float(embedder.embed_question(part) @ query) for part in (text[:33], text[34:])], abs=1e-3
    )
    assert hit.lexical > 0


def test_search_ranks_by_cosine_and_bm25_joined(opened, news):
    news_index = opened()
    news_index.add([news])
    hits = news_index.search("Wann legt das Schiff in Wismar an?", top=5)
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    assert names(hits)[0] == "hafen.txt"
    low, high = min(hit.similarity for hit in hits), max(hit.similarity for hit in hits)
    most = max(hit.lexical for hit in hits)
    for hit in hits:
        assert hit.score == pytest.approx(0.7 * (hit.similarity - low) / (high - low) + 0.3 * hit.lexical / most)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert news_index.search("Wann legt das Schiff in Wismar an?", top=2) == hits[:2]


def test_search_with_no_match_in_words_goes_by_meaning_alone(opened, news):
    news_index = opened()
    news_index.add([news])
    hits = news_index.search("Zugspitze", top=3)
    assert len(hits) == 3
    assert {hit.lexical for hit in hits} == {0.0}


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(articles=("brot.txt",)), ["brot.txt"]),
        (Scope(articles=("schule.txt", "moor.txt")), ["moor.txt", "sub/schule.txt"]),
        (Scope(since="2025-03-01"), ["moor.txt", "sub/schule.txt"]),
        (Scope(until="2025-02-01"), ["brot.txt", "hafen.txt"]),
        (Scope(since="2025-02-01", until="2025-03-31"), ["hafen.txt", "moor.txt"]),
        (Scope(articles=("fehlt.txt",)), []),
        (Scope(articles=("wahl.txt",), since="2020-01-01"), []),
        (Scope(publishers=("Nirgendwo",)), []),
    ],
)
def test_search_keeps_to_its_scope(opened, news, scope, expected):
    news_index = opened()
    news_index.add([news])
    assert sorted(names(news_index.search("Was kostet Brot?", top=10, scope=scope))) == expected


def test_search_keeps_to_the_outlets_it_is_given(opened, tmp_path):
    (tmp_path / "n").mkdir()
    for name, publisher in (("a", "Bote"), ("b", "Kurier"), ("c", "Blatt")):
        (tmp_path / "n" / f"{name}.txt").write_text(f"Titel: {name}\nQuelle: {publisher}\n\nDas Brot kostet 3 Euro.\n")
    news_index = opened()
    news_index.add([tmp_path / "n"])
    for publishers, expected in ((("Kurier",), ["b.txt"]), (("Bote", "Blatt"), ["a.txt", "c.txt"])):
        hits = news_index.search("Was kostet Brot?", top=9, scope=Scope(publishers=publishers))
        assert sorted(names(hits)) == expected
    news_index.check_scope(Scope(publishers=("Bote",)))


def test_search_finds_words_in_any_form_of_umlauts(opened, news):
    news_index = opened()
    news_index.add([news])
    for question in ("Bäcker", "BAECKER", unicodedata.normalize("NFD", "Bäcker")):
        assert [hit.article.name for hit in news_index.search(question, top=5) if hit.lexical] == ["brot.txt"]


@pytest.mark.parametrize("by", ["id", "path", "name", "roundabout"])
def test_remove_takes_the_asked_for_article_out_of_search(opened, news, monkeypatch, by):
    news_index = opened()
    news_index.add([news])
    monkeypatch.chdir(news / "sub")
    name = {
        "id": contents(news_index)["brot.txt"][0],
        "path": str(news / "brot.txt"),
        "name": "brot.txt",
        "roundabout": "../brot.txt",
    }[by]
    assert names(news_index.search("Was kostet Brot?", top=1)) == ["brot.txt"]
    assert news_index.remove([name]) == [str(news / "brot.txt")]
    assert "brot.txt" not in names(news_index.search("Was kostet Brot?", top=10))
    assert news_index.search("Brot", top=5, scope=Scope(articles=("brot.txt",))) == []
    assert news_index.faults() == []


def test_remove_names_what_is_unknown_and_removes_nothing(opened, news):
    news_index = opened()
    news_index.add([news])
    with pytest.raises(InputInvalid, match=r"'fehlt.txt' is no article of .*; see: python -m index list"):
        news_index.remove(["brot.txt", "fehlt.txt"])
    assert len(news_index.entries()) == 5


def test_remove_of_all_leaves_an_empty_index_that_can_be_filled_again(opened, news):
    news_index = opened()
    news_index.add([news])
    news_index.remove([entry.article.id for entry in news_index.entries()])
    assert news_index.search("Brot", top=5) == []
    assert news_index.faults() == []
    news_index.add([news])
    assert names(news_index.search("Was kostet Brot?", top=1)) == ["brot.txt"]


def test_other_model_is_refused_with_both_names(opened, news):
    opened().add([news])
    other = opened(CountingEmbedder("other"))
    with pytest.raises(IndexMismatch) as error:
        other.search("Brot", top=1)
    assert str(error.value) == (
        f"{other.folder} was built with the model 'counting', but 'other' is loaded and embeds differently; name the "
        f"first with --model, or build the vectors anew: python -m index rebuild --index {other.folder} --model other"
    )
    (news / "neu.txt").write_text("Etwas Neues ist geschehen.")
    with pytest.raises(IndexMismatch):
        other.add([news])
    assert len(other.entries()) == 5


def test_same_model_under_another_name_is_taken(opened, news):
    opened().add([news])
    embedder = CountingEmbedder()
    embedder.name = "/models/counting"
    assert names(opened(embedder).search("Was kostet Brot?", top=1)) == ["brot.txt"]


def test_rebuild_keeps_the_order_in_which_articles_were_added(opened, tmp_path):
    news_index = opened()
    for name in ("b", "c", "a"):
        (tmp_path / f"{name}.txt").write_text(f"Der Artikel {name} hat einen Satz.", encoding="utf-8")
        news_index.add([tmp_path / f"{name}.txt"])

    def by_addition():
        return [entry.article.name for entry in sorted(news_index.entries(), key=lambda entry: entry.added)]

    assert by_addition() == ["b.txt", "c.txt", "a.txt"]
    news_index.rebuild()
    assert by_addition() == ["b.txt", "c.txt", "a.txt"]


def test_rebuild_with_another_model_equals_a_fresh_index(opened, news, tmp_path):
    first = opened()
    first.add([news])
    assert first.search("Brot", top=1)
    other = opened(CountingEmbedder("other", dimension=32))
    other.rebuild()
    fresh = opened(CountingEmbedder("other", dimension=32), folder=tmp_path / "fresh")
    fresh.add([news])
    assert answers(other) == answers(fresh)
    assert other.catalogue.state("model") == "other"
    assert other.faults() == []
    with pytest.raises(IndexMismatch):  # although it fitted before
        first.search("Brot", top=1)


def test_second_index_object_sees_what_the_first_stored(opened, news):
    first, second = opened(), opened()
    assert second.search("Brot", top=1) == []
    first.add([news / "brot.txt"])
    assert names(second.search("Brot", top=1)) == ["brot.txt"]
    first.add([news])
    assert names(second.search("Kraniche im Moor", top=1)) == ["moor.txt"]
    first.remove(["moor.txt"])
    assert "moor.txt" not in names(second.search("Kraniche im Moor", top=10))


def test_searching_threads_are_not_disturbed_by_additions(opened, news, write_article):
    for number in range(24):
        write_article(f"extra{number:02}.txt", f"Verein Nummer {number} feiert ein Fest. Es kamen viele Leute.")
    writer, reader = opened(), opened()
    writer.add([news / "brot.txt"])
    finished = threading.Event()
    errors: list[BaseException] = []
    searches: list[int] = []

    def search():
        try:
            while not finished.is_set():
                hits = reader.search("Was kostet Brot?", top=100)
                assert names(hits)[0] == "brot.txt"
                searches.append(len(hits))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for path in sorted(news.rglob("*.txt")):
            writer.add([path])
        writer.remove(["extra00.txt"])
    finally:
        finished.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert searches
    assert len(reader.search("Was kostet Brot?", top=100)) == 28
    assert writer.faults() == []


def test_second_writer_is_told_that_the_index_is_busy(opened, news):
    news_index = opened()
    news_index.add([news / "brot.txt"])
    with FileLock(news_index.folder / "write.lock"):
        for write in (lambda: news_index.add([news]), lambda: news_index.remove(["brot.txt"]), news_index.rebuild):
            with pytest.raises(IndexBusy, match="is being written by another process; try again when it has finished"):
                write()
        assert names(news_index.search("Brot", top=1)) == ["brot.txt"]
    assert news_index.add([news]).added == 4


def test_writer_waits_for_a_reader_that_looks_the_index_over(opened, news):
    news_index = opened()
    lock = FileLock(news_index.folder / "write.lock", thread_local=False)
    lock.acquire()  # as a program does that opens the index between two batches of a writer
    opening = threading.Timer(0.2, lock.release)
    opening.start()
    assert news_index.add([news]).added == 5
    opening.join()


def test_verify_while_another_writes_is_busy_and_finds_no_false_fault(opened, news):
    news_index, other = opened(), opened()
    news_index.add([news])

    def verify(*_):
        with pytest.raises(IndexBusy):
            other.faults()

    (news / "neu.txt").write_text("Etwas Neues ist geschehen.")
    news_index.add([news], progress=verify)
    assert other.faults() == []


@pytest.mark.parametrize("damage", ["missing", "flipped", "truncated", "empty", "older", "not noted"])
def test_faiss_file_that_is_not_whole_is_made_up_for(opened, news, tmp_path, damage):
    first = opened(settings=replace(SMALL, snapshot_lag=1.0))
    first.add([news / "brot.txt", news / "moor.txt"])
    if damage == "older":
        first.add([news])  # within the lag: the file stays as it was
        first.remove(["moor.txt"])
    path = faiss_file(first)
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "flipped":
        path.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    elif damage == "truncated":
        path.write_bytes(data[:50])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "not noted":
        first.catalogue.connection.execute("DELETE FROM snapshot")
    fresh = opened(folder=tmp_path / "fresh")
    if damage == "older":
        fresh.add([news])
        fresh.remove(["moor.txt"])
    else:
        fresh.add([news / "brot.txt", news / "moor.txt"])
    reopened = opened()
    assert answers(reopened) == answers(fresh)
    reopened.add([news])
    assert reopened.faults() == []


def test_broken_off_addition_keeps_finished_batches(opened, news):
    news_index = opened()

    def stop(done, total, _):
        assert total == 5
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        news_index.add([news], progress=stop)
    assert sorted(contents(news_index)) == ["brot.txt", "hafen.txt", "moor.txt", "sub/schule.txt"]
    assert news_index.faults() == []
    assert names(news_index.search("Kraniche im Moor", top=1)) == ["moor.txt"]
    report = news_index.add([news])
    assert (report.added, report.unchanged) == (1, 4)


def test_broken_off_rebuild_leaves_the_index_as_it_was(opened, news):
    news_index = opened()
    news_index.add([news])
    before = answers(news_index)

    class Stopping(CountingEmbedder):
        def embed_passages(self, passages):
            if self.embedded:
                raise KeyboardInterrupt
            return super().embed_passages(passages)

    other = opened(Stopping("other"))
    with pytest.raises(KeyboardInterrupt):
        other.rebuild()
    with pytest.raises(IndexMismatch):
        other.search("Brot", top=1)
    assert answers(news_index) == before
    assert news_index.faults() == []


def test_progress_is_told_after_each_batch(opened, news):
    told: list[tuple[int, int, str]] = []
    opened().add([news], progress=lambda done, total, note: told.append((done, total, note)))
    assert told == [(2, 5, "2 passages"), (4, 5, "4 passages"), (5, 5, "5 passages")]


@pytest.mark.parametrize(
    ("damage", "fault", "repairable"),
    [
        ("UPDATE articles SET text = replace(text, 'vier', 'fünf')", "its content is not what was stored", False),
        ("UPDATE passages SET vector = zeroblob(256) WHERE id = 2", "are not those that were stored", False),
        ("DELETE FROM lexical WHERE rowid = 1", "the lexical index does not hold the catalogue's passages", True),
        ("DELETE FROM lexical_data WHERE id > 10", "the lexical index is damaged", True),
        ("DROP TABLE lexical", "no such table: lexical", True),
        ("UPDATE state SET value = 0 WHERE key = 'analysis'", "another version of the German analysis", True),
        ("FAISS", "is not the file that was saved", True),
    ],
)
def test_faults_are_named_and_derived_files_are_repaired(opened, news, damage, fault, repairable):
    news_index = opened()
    news_index.add([news])
    before = answers(news_index)
    if damage == "FAISS":
        faiss_file(news_index).write_bytes(b"x" * 500)
    else:
        news_index.catalogue.connection.execute(damage)
    news_index = opened()
    assert [found for found in news_index.faults() if fault in found] != []
    remaining = news_index.repair()
    assert (remaining == []) is repairable
    if repairable:
        assert answers(opened()) == before


def test_catalogue_with_an_overwritten_page_is_refused(opened, news):
    news_index = opened()
    news_index.add([news])
    news_index.close()
    path = news_index.folder / FILE_NAME
    data = bytearray(path.read_bytes())
    data[8192:] = os.urandom(1) * (len(data) - 8192)
    path.write_bytes(data)
    with pytest.raises(IndexDamaged, match=r"is damaged .*; put the folder aside"):
        opened()
    assert path.read_bytes() == data


def test_stats_counts_and_measures(opened, news):
    news_index = opened()
    news_index.add([news])
    stats = news_index.stats()
    sizes = stats.pop("bytes")
    assert stats == {
        "articles": 5, "passages": 5, "sentences": 12, "model": "counting", "dimension": 64, "faiss": "flat (exact)",
        "sequence": 3,
    }  # fmt: skip
    assert sizes[FILE_NAME] > 1000
    assert sizes[faiss_file(news_index).name] >= 5 * 64 * 4


def test_many_passages_are_searched_in_inverted_lists(opened, write_article, tmp_path):
    for number in range(60):
        write_article(f"{number:02}.txt", f"Der Ort Nummer{number} hat {number} Brunnen. Dort steht Turm{number}.")
    news_index = opened(settings=replace(SMALL, exact_limit=50))
    news_index.add([tmp_path / "news"])
    assert news_index.stats()["faiss"] == "IVF30,SQ8 (approximate)"
    assert names(news_index.search("Wo steht Turm17 in Nummer17?", top=1)) == ["17.txt"]
    news_index.remove(["17.txt"])
    assert "17.txt" not in names(news_index.search("Wo steht Turm17 in Nummer17?", top=60))
    assert news_index.faults() == []


def test_index_folder_and_its_files_are_for_their_owner_only(opened, news):
    news_index = opened()
    news_index.add([news])
    private = [news_index.folder, news_index.folder / FILE_NAME, faiss_file(news_index)]
    assert [path.stat().st_mode & 0o077 for path in private] == [0, 0, 0]


def test_opening_no_index_names_the_remedy_and_makes_nothing(tmp_path):
    with pytest.raises(IndexMissing, match="make one with: python -m index add"):
        NewsIndex(tmp_path / "nowhere", CountingEmbedder())
    assert list(tmp_path.iterdir()) == []


def test_index_folder_that_is_a_file_or_below_one_is_refused(tmp_path):
    (tmp_path / "datei").write_text("x")
    with pytest.raises(InputInvalid, match="is a file; name a folder"):
        NewsIndex.open_or_create(tmp_path / "datei", CountingEmbedder())
    with pytest.raises(InputInvalid, match="cannot be written"):
        NewsIndex.open_or_create(tmp_path / "datei" / "index", CountingEmbedder())


def test_sentence_in_two_passages_has_the_average_of_its_vectors(opened, write_article):
    path = write_article(
        "a.txt", " ".join(f"Das ist der Satz {word} hier." for word in ("eins", "zwei", "drei", "vier", "fünf"))
    )
    news_index = opened(settings=replace(SMALL, passage_tokens=18, overlap_tokens=6))
    news_index.add([path])
    catalogue: Catalogue = news_index.catalogue
    stored = catalogue.passages(catalogue.passage_ids())
    assert [len(found.passage.sentences) for found in stored.values()] == [3, 3]
    for found in stored.values():
        np.testing.assert_allclose(np.linalg.norm(found.sentence_vectors, axis=1), 1, atol=1e-3)
    first, second = stored.values()
    assert first.passage.sentences[-1] == second.passage.sentences[0]
    np.testing.assert_array_equal(first.sentence_vectors[-1], second.sentence_vectors[0])


def test_add_drops_what_has_gone_from_a_named_folder(opened, news):
    news_index = opened()
    news_index.add([news])
    (news / "brot.txt").unlink()
    report = news_index.add([news])
    assert (report.removed, report.articles, report.skipped) == (1, 4, ())
    assert "brot.txt" not in names(news_index.search("Was kostet Brot?", top=10))


def test_add_keeps_a_file_that_was_not_looked_for(opened, news):
    news_index = opened()
    news_index.add([news])
    (news / "brot.txt").unlink()
    report = news_index.add([news / "hafen.txt", news / "sub"])
    assert (report.removed, report.articles) == (0, 5)


def test_add_keeps_all_where_a_whole_folder_has_gone_until_it_is_told(opened, news):
    news_index = opened()
    news_index.add([news])
    for path in news.rglob("*.txt"):
        path.unlink()
    report = news_index.add([news])
    assert (report.removed, report.articles) == (0, 5)
    reason = "5 of its 5 files have gone; if that is right, add it again with --prune"
    assert report.skipped == (Skipped(str(news), reason),)
    assert news_index.add([news], prune=True).removed == 5
    assert news_index.entries() == []


AGENCY = (
    "Der Kreistag hat am Montag den Bau der Fähre beschlossen. Sie soll ab Mai zwischen Wismar und der Insel Poel "
    "fahren und 40 Autos tragen. Die Kosten von neun Millionen Euro teilen sich Land und Kreis. Landrätin Silke Roth "
    "sprach von einem guten Tag für die Küste. Die Opposition stimmte dagegen, weil ein Gutachten fehlt."
)


def test_search_tells_near_copies_of_one_text(opened, write_article):
    write_article("agentur.txt", AGENCY, title="Kreistag beschließt Fähre")
    write_article("bote.txt", f"{AGENCY} Der Bote fragte nach.", title="Neue Fähre kommt")
    write_article("kurier.txt", AGENCY.replace("am Montag ", ""), title="Poel bekommt eine Fähre")
    news = write_article("anders.txt", "Auf Poel blüht der Raps. Die Imker freuen sich über viel Honig.").parent
    news_index = opened()
    news_index.add([news])
    copies = {h.article.name: [c.name for c in h.copies] for h in news_index.search("Was kostet die Fähre?", top=9)}
    assert copies == {
        "agentur.txt": ["bote.txt", "kurier.txt"],
        "bote.txt": ["agentur.txt", "kurier.txt"],
        "kurier.txt": ["agentur.txt", "bote.txt"],
    }
    (other,) = news_index.search("Was blüht auf Poel?", top=1)
    assert (other.article.name, other.copies) == ("anders.txt", ())
    news_index.remove(["bote.txt"])
    copies = {h.article.name: [c.name for c in h.copies] for h in news_index.search("Was kostet die Fähre?", top=9)}
    assert copies["agentur.txt"] == ["kurier.txt"]
    assert news_index.faults() == []


def test_search_lets_no_article_of_repetitions_fill_the_list(opened, write_article):
    write_article("flut.txt", "Was kostet Brot? Brot kostet Brot. " * 40)
    news = write_article("wahrheit.txt", "Ein Laib kostet beim Bäcker in Ahlen vier Euro.").parent
    news_index = opened(settings=replace(SMALL, passage_tokens=12, overlap_tokens=0))
    news_index.add([news])
    found = names(news_index.search("Was kostet Brot?", top=10))
    assert found[:6] == ["flut.txt"] * 5 + ["wahrheit.txt"]
    assert len(found) == 10
