import hashlib
import json
import resource
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from helpers import CountingEmbedder, make_article

from index.catalogue import Entry
from index.errors import IndexBusy, InputInvalid
from index.store import NewsIndex, Scope
from qa import collection
from qa.collection import (
    UPLOADS,
    Came,
    Change,
    Order,
    Received,
    Removed,
    arranged,
    forget_removed,
    labels,
    outlets,
    period,
    receive,
    remove,
    scope_names,
)

BATH = "Titel: Neues Bad\nDatum: 2025-04-30\n\nDas Bad in Grünau öffnet am 2. Mai. Es hat 25 Bahnen.\n"
MOOR = "Titel: Nasses Moor\n\nDas Moor bei Tannenau ist wieder nass. Dort brütet der Kranich.\n"
TOWER = "Titel: Turm\n\nDer Turm in Grünau ist 83 Meter hoch.\n"
WRONG_ENDING = (
    "is no .csv, .docx, .eml, .htm, .html, .json, .jsonl, .md, .mht, .mhtml, .ndjson, .odt, .pdf, .rtf, .text, .txt, "
    ".xhtml, .zip file"
)
NO_TEXT = "holds binary data, no text; save its text as plain text (.txt)"


@pytest.fixture
def news_index(tmp_path: Path) -> Iterator[NewsIndex]:
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    yield news_index
    news_index.close()


def entry(
    title: str, publisher: str | None = None, date: str | None = None, name: str = "a.txt", added: int = 1
) -> Entry:
    article = make_article("Ein Satz.", title=title, publisher=publisher, date=date)
    return Entry(replace(article, name=name), (f"/{name}",), 1, 1, (), added)


def written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def record(title: str, text: str) -> str:
    return json.dumps({"title": title, "text": text})


def received(news_index: NewsIndex, *paths: Path) -> list[tuple[str, tuple[int, ...], tuple[str, ...]]]:
    """Of each file its name, how many articles were added, updated and unchanged, and why something was skipped."""
    return [
        (one.name, tuple(sum(came.change is change for came in one.came) for change in Change), one.reasons)
        for one in receive(news_index, paths)
    ]


def came(news_index: NewsIndex, *paths: Path) -> list[list[tuple[str, Change]]]:
    """Of each file the titles of its articles and what it did to them."""
    return [[(one.title, one.change) for one in received.came] for received in receive(news_index, paths)]


def by_addition(news_index: NewsIndex) -> list[str]:
    """The titles of all articles, the last added first."""
    return [one.article.title for one in arranged(news_index.entries(), order=Order.ADDED)]


def held(news_index: NewsIndex) -> list[tuple[str, str]]:
    """Title and name of all articles."""
    return [(entry.article.title, entry.article.name) for entry in news_index.entries()]


# arranged

SEA = entry("Ärger am See", "Bote", "2025-06-01", "see.txt", 12)
ALP = entry("alpen ohne Schnee", "FBN", "2025-06-01", "alpen.txt", 1)
ZOO = entry("Zoo", None, "2024-01-02", unicodedata.normalize("NFD", "grünau.txt"), 9)
OLD = entry("Burg", "bote", None, "burg.txt", 20)
ENTRIES = (SEA, ALP, ZOO, OLD)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.DATE, [ALP, SEA, ZOO, OLD]),
        (Order.TITLE, [ALP, OLD, ZOO, SEA]),
        (Order.OUTLET, [OLD, SEA, ALP, ZOO]),
        (Order.ADDED, [OLD, SEA, ZOO, ALP]),
    ],
)
def test_arranged_sorts_and_falls_back_on_the_title(order, expected):
    assert arranged(ENTRIES, order=order) == expected
    assert arranged(reversed(ENTRIES), order=order) == expected


@pytest.mark.parametrize(
    ("find", "outlet", "expected"),
    [
        ("", "", [ALP, SEA, ZOO, OLD]),
        ("ÄRGER", "", [SEA]),
        (unicodedata.normalize("NFD", "ärger"), "", [SEA]),
        ("grünau", "", [ZOO]),
        (" bote   see ", "", [SEA]),
        ("bote", "", [SEA, OLD]),
        ("bote zoo", "", []),
        ("None", "", []),
        (".*", "", []),
        ("", "Bote", [SEA]),
        ("", "Bot", []),
        ("burg", "Bote", []),
        ("see" + " " * 200 + "nirgends", "", [SEA]),
    ],
)
def test_arranged_keeps_what_holds_all_words_and_is_of_the_outlet(find, outlet, expected):
    assert arranged(ENTRIES, find=find, outlet=outlet) == expected


@pytest.mark.parametrize(
    ("typed", "title", "found"),
    [
        ("wehrabruecke", "Streit um die Wehrabrücke", True),
        ("wehrabrücke", "Streit um die WEHRABRUECKE", True),
        ("wehrabrucke", "Streit um die Wehrabrücke", True),
        ("Wehrabrücke", "Streit um die Wehrabrucke", True),
        ("aerger oel", unicodedata.normalize("NFD", "Ärger um das Öl"), True),
        ("strasse", "Lange Straße gesperrt", True),
        ("STRAẞE", "Lange Strasse gesperrt", True),
        ("cafe mueller", "Café Müller schließt", True),
        ("citroen façade", "Die Facade von Citroën", True),
        ("uer", "Steuern", True),
        ("bruck", "Bruecke", False),
        ("brueck", "Brucker", False),
        ("neus", "Neue Straße", False),
    ],
)
def test_arranged_finds_words_however_umlauts_accents_and_capitals_are_spelled(typed, title, found):
    for one in (entry(title), entry("Titel", title), entry("Titel", name=f"{title}.txt")):
        assert arranged([one], find=typed) == ([one] if found else [])


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, [ALP, SEA, ZOO, OLD]),
        ("2024-01-02", None, [ALP, SEA, ZOO]),
        (None, "2025-06-01", [ALP, SEA, ZOO]),
        ("2025-06-01", "2025-06-01", [ALP, SEA]),
        ("2025-06-02", None, []),
        ("2025-06-01", "2024-01-02", []),
    ],
)
def test_arranged_keeps_what_appeared_between_two_days(since, until, expected):
    assert arranged(ENTRIES, since=since, until=until) == expected


def test_arranged_keeps_articles_of_one_title_in_one_order():
    twins = [entry("Bad", "Bote", "2025-01-01"), entry("Bad", "Bote", "2025-01-01", "b.txt"), entry("Bad", "FBN")]
    by_id = sorted(twins, key=lambda one: one.article.id)
    assert arranged(twins, order=Order.TITLE) == by_id


def test_arranged_puts_first_what_was_added_last(news_index, tmp_path):
    for name, content in (("z.txt", BATH), ("a.txt", MOOR), ("m.txt", TOWER)):
        news_index.add([written(tmp_path / name, content)])
    assert by_addition(news_index) == ["Turm", "Nasses Moor", "Neues Bad"]
    news_index.add([written(tmp_path / "kopie.txt", BATH)])
    assert by_addition(news_index) == ["Turm", "Nasses Moor", "Neues Bad"]
    news_index.add([written(tmp_path / "a.txt", MOOR.replace("wieder", "sehr"))])
    assert by_addition(news_index) == ["Nasses Moor", "Turm", "Neues Bad"]
    news_index.remove(["kopie.txt"])
    removed = remove(news_index, next(one.article.id for one in news_index.entries() if one.article.name == "z.txt"))
    news_index.put_back(removed.article, removed.sources)
    assert by_addition(news_index) == ["Neues Bad", "Nasses Moor", "Turm"]


def test_outlets_are_named_once_and_sorted():
    assert outlets([*ENTRIES, entry("x", "Anzeiger"), SEA]) == ["Anzeiger", "Bote", "bote", "FBN"]
    assert outlets([ZOO]) == outlets([]) == []


def test_period_is_from_the_first_day_to_the_last():
    assert period(ENTRIES) == ("2024-01-02", "2025-06-01")
    assert period([OLD]) is period([]) is None


def test_labels_tell_all_articles_apart():
    same = {"title": "Bad", "name": "bad.txt"}
    first, second = entry("Bad", "Bote", "2025-01-01", "bad.txt"), entry("Bad", "FBN", None, "bad.txt")
    third, fourth = (replace(first, paths=(path,)) for path in ("/news/a/bad.txt", "/news/b/bad.txt#1"))
    other = entry("Bad", "Bote", "2025-01-01", "anderes.txt")
    label = f"{same['title']} – {same['name']}"
    assert labels([first, other], "de") == [label, "Bad – anderes.txt"]
    assert labels([first, second], "de") == [f"{label}, Bote, 1.1.2025", f"{label}, FBN"]
    assert labels([third, second, fourth], "de") == [
        f"{label}, Bote, 1.1.2025, a",
        f"{label}, FBN",
        f"{label}, Bote, 1.1.2025, b",
    ]
    identity = first.article.id
    assert labels([third, third], "de") == [f"{label}, Bote, 1.1.2025, a, {identity}"] * 2
    assert labels([], "de") == []


def test_scope_names_are_ids_where_a_file_name_fits_several(news_index, tmp_path):
    for name, text in (("a/see.txt", BATH), ("see.txt", MOOR), ("x/moor.txt", f"{MOOR} Schön.")):
        written(tmp_path / "news" / name, text)
    news_index.add([tmp_path / "news"])
    entries, sources = news_index.entries(), news_index.catalogue.sources()
    assert [one.article.name for one in entries] == ["a/see.txt", "see.txt", "x/moor.txt"]
    names = scope_names(entries, sources)
    assert names == ["a/see.txt", entries[1].article.id, "x/moor.txt"]
    for name, one in zip(names, entries, strict=True):
        found = news_index.search("Was ist nass?", top=9, scope=Scope((name,)))
        assert {hit.article.id for hit in found} == {one.article.id}


# remove, and put back


def files_of(removed: Removed | None) -> list[str]:
    assert removed
    return [source.path for source in removed.sources]


def test_remove_takes_an_article_with_all_its_files_and_it_can_be_put_back(news_index, tmp_path):
    first, second = written(tmp_path / "a.txt", BATH), written(tmp_path / "b#1.txt", BATH)
    news_index.add([first, second, written(tmp_path / "moor.txt", MOOR)])
    before, sources = news_index.entries(), news_index.catalogue.sources()
    removed = remove(news_index, before[0].article.id)
    assert removed == Removed(before[0].article, tuple(sources[:2]))
    assert files_of(removed) == [str(first), str(second)]
    assert (news_index.entries(), news_index.catalogue.sources()) == (before[1:], sources[2:])
    news_index.put_back(removed.article, removed.sources)
    assert (news_index.entries(), news_index.catalogue.sources()) == (before, sources)
    assert news_index.faults() == []
    assert news_index.search("Bahnen", top=1)[0].article == before[0].article
    assert news_index.add([tmp_path / "a.txt", tmp_path / "b#1.txt"]).unchanged == 2


def test_remove_takes_one_record_of_a_file_and_it_alone_can_be_put_back(news_index, tmp_path):
    texts = [record(f"T{number}", f"Der {number}. Satz steht hier allein.") for number in (1, 2, 3)]
    path = written(tmp_path / "drei.jsonl", "\n".join([*texts, "kein JSON", texts[1]]))
    assert len(news_index.add([path]).skipped) == 1
    before, sources = news_index.entries(), news_index.catalogue.sources()
    first, second = (remove(news_index, entry.article.id) for entry in before[:2])
    assert (files_of(first), files_of(second)) == ([f"{path}#1"], [f"{path}#2", f"{path}#5"])
    assert held(news_index) == [("T3", "drei.jsonl#3")]
    path.unlink()
    news_index.put_back(second.article, second.sources)
    assert held(news_index) == [("T2", "drei.jsonl#2"), ("T3", "drei.jsonl#3")]
    news_index.put_back(first.article, first.sources)
    assert (news_index.entries(), news_index.catalogue.sources()) == (before, sources)


def test_remove_of_an_article_that_is_not_there_does_nothing(news_index, tmp_path):
    news_index.add([written(tmp_path / "bad.txt", BATH)])
    for name in ("0123456789abcdef", "", "bad.txt", str(tmp_path / "bad.txt")):
        assert remove(news_index, name) is None
    assert held(news_index) == [("Neues Bad", "bad.txt")]


def test_put_back_leaves_a_file_alone_that_was_changed_and_added_again(news_index, tmp_path):
    first, second = written(tmp_path / "a.txt", BATH), written(tmp_path / "b.txt", BATH)
    news_index.add([first, second])
    removed = remove(news_index, news_index.entries()[0].article.id)
    news_index.add([written(first, MOOR)])
    news_index.put_back(removed.article, removed.sources)
    assert held(news_index) == [("Nasses Moor", "a.txt"), ("Neues Bad", "b.txt")]
    news_index.put_back(removed.article, removed.sources)
    assert held(news_index) == [("Nasses Moor", "a.txt"), ("Neues Bad", "b.txt")]
    assert news_index.faults() == []


def test_remove_and_put_back_wait_for_nobody_else_who_writes(news_index, tmp_path):
    news_index.add([written(tmp_path / "bad.txt", BATH)])
    [before] = news_index.entries()
    removed = Removed(before.article, tuple(news_index.catalogue.sources()))
    with FileLock(news_index.folder / "write.lock"):
        with pytest.raises(IndexBusy):
            remove(news_index, before.article.id)
        with pytest.raises(IndexBusy):
            news_index.put_back(removed.article, removed.sources)
    assert news_index.entries() == [before]


# receive


def kept_path(news_index: NewsIndex, content: str, ending: str = ".txt") -> Path:
    name = hashlib.sha256(content.encode("utf-8")).hexdigest()[:32]
    return news_index.folder.resolve() / UPLOADS / f"{name}{ending}"


def uploads(news_index: NewsIndex) -> list[Path]:
    return sorted((news_index.folder.resolve() / UPLOADS).iterdir())


def test_receive_keeps_a_file_under_a_name_of_its_content_and_adds_it_under_its_own(news_index, tmp_path):
    path = written(tmp_path / "Neues Bad & mehr.TXT", BATH)
    [one] = receive(news_index, [path])
    kept = kept_path(news_index, BATH)
    [entry] = news_index.entries()
    assert one == Received("Neues Bad & mehr.TXT", (Came(entry.article.id, "Neues Bad", Change.ADDED),))
    assert uploads(news_index) == [kept]
    assert kept.read_text(encoding="utf-8") == BATH
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    [source] = news_index.catalogue.sources()
    assert (source.file, source.name) == (str(kept), "Neues Bad & mehr.TXT")
    path.unlink()
    assert received(news_index, kept) == [(kept.name, (0, 0, 1), ())]


@pytest.mark.parametrize(
    ("name", "content", "report", "reason"),
    [
        ("bild.png", b"\x89PNG\r\n", (0, 0, 0), WRONG_ENDING),
        ("ohne", BATH, (0, 0, 0), WRONG_ENDING),
        (".txt", BATH, (0, 0, 0), WRONG_ENDING),
        ("bad.txt.exe", BATH, (0, 0, 0), WRONG_ENDING),
        ("leer.txt", b"", (0, 0, 0), "is empty; add a file with text in it"),
        ("daten.txt", bytes(range(256)) * 4, (0, 0, 0), NO_TEXT),
    ],
)
def test_receive_tells_why_a_file_cannot_be_used_and_goes_on(news_index, tmp_path, name, content, report, reason):
    bad, good = written(tmp_path / name, content), written(tmp_path / "moor.txt", MOOR)
    assert received(news_index, bad, good) == [(name, report, (reason,)), ("moor.txt", (1, 0, 0), ())]
    assert held(news_index) == [("Nasses Moor", "moor.txt")]


def test_receive_tells_of_a_file_that_is_no_longer_there_and_of_a_link(news_index, tmp_path):
    link = tmp_path / "link.txt"
    link.symlink_to(written(tmp_path / "bad.txt", BATH))
    assert received(news_index, tmp_path / "fort.txt", link, tmp_path) == [
        ("fort.txt", (0, 0, 0), ("does not exist any more; add it again when it is back",)),
        ("link.txt", (0, 0, 0), ("is a symbolic link, which is not followed; name the file itself",)),
        (tmp_path.name, (0, 0, 0), (WRONG_ENDING,)),
    ]
    assert held(news_index) == []


def test_receive_takes_the_good_records_of_a_file_and_names_the_reason_for_the_others(news_index, tmp_path):
    lines = [record("T1", "Der erste Satz steht hier."), "kein JSON", record("T3", "Der dritte Satz steht hier.")]
    [(name, report, reasons)] = received(news_index, written(tmp_path / "zwei.jsonl", "\n".join(lines)))
    assert (name, report, len(reasons)) == ("zwei.jsonl", (2, 0, 0), 1)
    assert str(tmp_path) not in reasons[0]
    assert held(news_index) == [("T1", "zwei.jsonl#1"), ("T3", "zwei.jsonl#3")]


def test_receive_of_the_same_content_twice_has_one_article_with_the_latest_name(news_index, tmp_path):
    first, second = written(tmp_path / "bad.txt", BATH), written(tmp_path / "schwimmen.txt", BATH)
    assert received(news_index, first, first) == [("bad.txt", (1, 0, 0), ()), ("bad.txt", (0, 0, 1), ())]
    assert received(news_index, second) == [("schwimmen.txt", (0, 0, 1), ())]
    assert uploads(news_index) == [kept_path(news_index, BATH)]
    assert held(news_index) == [("Neues Bad", "schwimmen.txt")]


def test_receive_names_the_articles_of_each_file_by_title_and_those_alone(news_index, tmp_path):
    titles = ["T10", "T2", "T1", "ähnlich", "T2"]
    lines = [record(title, f"Der Satz von {title} steht hier.") for title in titles]
    several = written(tmp_path / "acht.jsonl", "\n".join([*lines, "kein JSON"]))
    moor = written(tmp_path / "moor.txt", MOOR)
    news_index.add([written(tmp_path / "bad.txt", BATH)])
    assert came(news_index, several, moor, written(tmp_path / "leer.txt", "")) == [
        [(title, Change.ADDED) for title in ("T1", "T10", "T2", "ähnlich")],
        [("Nasses Moor", Change.ADDED)],
        [],
    ]
    further = "\n".join([lines[0], record("T3", "Der Satz von T3 steht hier.")])
    assert came(news_index, written(tmp_path / "neun.jsonl", further), moor) == [
        [("T10", Change.UNCHANGED), ("T3", Change.ADDED)],
        [("Nasses Moor", Change.UNCHANGED)],
    ]


def test_receive_names_an_article_that_takes_the_place_of_another_as_updated(news_index, tmp_path):
    damaged = written(kept_path(news_index, BATH), BATH.replace("25 Bahnen", "2? Bahnen"))
    news_index.add([damaged])
    damaged.unlink()
    assert came(news_index, written(tmp_path / "bad.txt", BATH)) == [[("Neues Bad", Change.UPDATED)]]
    assert held(news_index) == [("Neues Bad", "bad.txt")]


def test_receive_into_a_moved_index_names_what_was_there_already_as_unchanged(news_index, tmp_path):
    path = written(tmp_path / "bad.txt", BATH)
    received(news_index, path)
    news_index.close()
    moved = NewsIndex(news_index.folder.rename(tmp_path / "anderswo"), CountingEmbedder())
    assert came(moved, path) == [[("Neues Bad", Change.UNCHANGED)]]
    moved.close()


def test_receive_of_what_a_named_folder_holds_already_adds_a_file_but_no_article(news_index, tmp_path):
    path = written(tmp_path / "bad.txt", BATH)
    news_index.add([path])
    assert received(news_index, path) == [("bad.txt", (0, 0, 1), ())]
    [entry] = news_index.entries()
    assert entry.paths == tuple(sorted([str(path), str(kept_path(news_index, BATH))]))


def test_receive_of_files_with_one_name_keeps_both(news_index, tmp_path):
    first, second = written(tmp_path / "1" / "text.txt", BATH), written(tmp_path / "2" / "text.txt", MOOR)
    assert received(news_index, first, second) == [("text.txt", (1, 0, 0), ())] * 2
    assert sorted(held(news_index)) == [("Nasses Moor", "text.txt"), ("Neues Bad", "text.txt")]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("x" * 251 + ".txt", "x" * 200),
        ("a\nb\u202e\x1b.txt", "a\\nb\\u202e\\x1b.txt"),
        ("a#1.txt", "a#1.txt"),
        ("..txt", "..txt"),
        ("<b>&amp;.txt", "<b>&amp;.txt"),
    ],
)
def test_receive_of_a_strange_name_shows_it_harmless_and_in_bounds(news_index, tmp_path, name, shown):
    assert received(news_index, written(tmp_path / name, BATH)) == [(shown, (1, 0, 0), ())]
    assert held(news_index) == [("Neues Bad", shown)]
    assert uploads(news_index) == [kept_path(news_index, BATH)]
    [entry] = news_index.entries()
    removed = remove(news_index, entry.article.id)
    news_index.put_back(removed.article, removed.sources)
    assert news_index.entries() == [entry]


def test_receive_of_a_busy_index_stops_and_what_was_added_stays(news_index, tmp_path):
    paths = [written(tmp_path / "bad.txt", BATH), written(tmp_path / "moor.txt", MOOR)]
    coming = receive(news_index, paths)
    assert next(coming).name == "bad.txt"
    with FileLock(news_index.folder / "write.lock"), pytest.raises(IndexBusy):
        next(coming)
    assert held(news_index) == [("Neues Bad", "bad.txt")]
    assert received(news_index, *paths) == [("bad.txt", (0, 0, 1), ()), ("moor.txt", (1, 0, 0), ())]


def test_receive_tells_that_the_folder_cannot_be_written(news_index, tmp_path):
    folder = written(news_index.folder / UPLOADS, "keine Ordner")
    with pytest.raises(InputInvalid) as raised:
        received(news_index, written(tmp_path / "bad.txt", BATH))
    assert str(raised.value) == (
        f"{folder} cannot be written (File exists); make room and see to it that the folder is yours"
    )
    assert held(news_index) == []


def test_receive_leaves_no_half_file_behind_where_there_is_no_room(news_index, tmp_path):
    path = written(tmp_path / "bad.txt", BATH)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        with pytest.raises(InputInvalid) as raised:
            next(receive(news_index, [path]))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(raised.value) == (
        f"{news_index.folder / UPLOADS} cannot be written (File too large); make room and see to it that the folder is "
        "yours"
    )
    assert (uploads(news_index), held(news_index)) == ([], [])
    assert received(news_index, path) == [("bad.txt", (1, 0, 0), ())]


def test_receive_waits_for_another_program_that_is_taking_in_a_file(news_index, tmp_path, monkeypatch):
    monkeypatch.setattr(collection, "_PATIENCE", 0.1)
    with FileLock(news_index.folder / "uploads.lock"), pytest.raises(IndexBusy):
        received(news_index, written(tmp_path / "bad.txt", BATH))
    assert received(news_index, written(tmp_path / "bad.txt", BATH)) == [("bad.txt", (1, 0, 0), ())]


# forget_removed


def test_forget_removed_deletes_the_uploads_of_removed_articles_alone(news_index, tmp_path):
    lines = [record(f"T{number}", f"Der {number}. Satz steht hier allein.") for number in (1, 2)]
    named = written(tmp_path / "news" / "bad.txt", BATH)
    news_index.add([named])
    received(news_index, written(tmp_path / "moor.txt", MOOR), written(tmp_path / "zwei.jsonl", "\n".join(lines)))
    by_title = {one.article.title: one.article.id for one in news_index.entries()}
    for title in ("Neues Bad", "Nasses Moor", "T1"):
        remove(news_index, by_title[title])
    assert len(uploads(news_index)) == 2  # as long as the removal can be undone
    forget_removed(news_index)
    assert uploads(news_index) == [kept_path(news_index, "\n".join(lines), ".jsonl")]
    assert named.exists()
    remove(news_index, by_title["T2"])
    forget_removed(news_index)
    assert uploads(news_index) == []
    assert news_index.faults() == []


def test_forget_removed_keeps_what_a_moved_index_needs(news_index, tmp_path):
    received(news_index, written(tmp_path / "bad.txt", BATH))
    news_index.close()
    moved = tmp_path / "anderswo"
    news_index.folder.rename(moved)
    other = NewsIndex(moved, CountingEmbedder())
    forget_removed(other)
    assert uploads(other) == [kept_path(other, BATH)]
    other.close()


def test_forget_removed_deletes_nothing_that_is_no_upload(news_index, tmp_path):
    received(news_index, written(tmp_path / "bad.txt", BATH))
    remove(news_index, news_index.entries()[0].article.id)
    folder = news_index.folder / UPLOADS
    outside = written(tmp_path / f"{'b' * 32}.txt", "draußen")
    own = {written(folder / "notiz.txt", "mein"), written(folder / f"{'a' * 32}.txt.bak", "mein")}
    inner = written(folder / f"{'c' * 32}.txt" / "a.txt", "mein")
    link = folder / f"{'d' * 32}.txt"
    link.symlink_to(outside)
    half = written(folder / f"{'e' * 32}.4711.part", "halb")
    before = sorted(path for path in news_index.folder.iterdir())
    forget_removed(news_index)
    assert set(uploads(news_index)) == {path.parent.resolve() / path.name for path in (*own, inner.parent, link)}
    assert (inner.read_text(), outside.read_text(encoding="utf-8"), half.exists()) == ("mein", "draußen", False)
    assert sorted(path for path in news_index.folder.iterdir()) == before


def test_forget_removed_follows_no_link_out_of_the_index(news_index, tmp_path):
    outside = written(tmp_path / "sonst" / f"{'a' * 32}.txt", "draußen")
    (news_index.folder / UPLOADS).symlink_to(outside.parent)
    forget_removed(news_index)
    assert outside.exists()


def test_forget_removed_leaves_a_file_that_is_just_coming_in(news_index):
    coming = written(news_index.folder / UPLOADS / f"{'a' * 32}.txt", BATH)
    with FileLock(news_index.folder / "uploads.lock"):
        forget_removed(news_index)
    assert coming.exists()
    forget_removed(news_index)
    assert not coming.exists()


def test_receive_of_nothing_is_nothing(news_index):
    assert received(news_index) == []
    assert not (news_index.folder / UPLOADS).exists()
