import os
import random
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest

from index.catalogue import FILE_NAME
from index.command_line import run
from index.errors import IndexBusy, IndexDamaged, NewsError
from index.store import NewsIndex
from tests.durability import (
    SETTINGS,
    Place,
    add,
    add_limited,
    crashed,
    damage,
    damages,
    fingerprint,
    hold,
    kill,
    scenarios,
    start,
    state_of,
)
from tests.helpers import CountingEmbedder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs signals and forked processes")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("durability"))


@pytest.fixture(scope="module")
def known(place):
    return scenarios(place)


@pytest.fixture
def filled(tmp_path):
    """A place of its own with an index."""
    place = Place(tmp_path)
    place.write_articles(version=1)
    add(place)
    return place


def overwrite(path, position, data):
    with path.open("r+b") as stream:
        stream.seek(position)
        stream.write(data)


@pytest.mark.parametrize("number", range(15))
def test_killed_work_leaves_a_state_between_two_batches(place, known, number):
    how = kill(place, known[number % 3], random.Random(number), finish=number % 5 == 0)
    assert how in ("before", "between", "after", "finished")


@pytest.fixture(scope="module")
def kept(place, known):
    """Index folders at rest, older, and left by a kill, with the states that they have."""
    left, rest = place.root / "left", place.root / "rest"
    state = crashed(place, known[1], left, 3)
    place.use(known[1].before)
    place.write_articles(version=2)
    add(place)
    shutil.copytree(place.folder, rest)
    return {rest: known[1].states[-1], left: state}


@pytest.mark.parametrize("number", range(60))
def test_damaged_file_is_noticed_and_made_again_or_refused(place, kept, number):
    source = random.Random(number)
    folder, state = list(kept.items())[number % 3 == 0]
    place.use(folder)
    damages(place.folder, source, place.root / "base")
    assert damage(place, [state]) in ("refused", "noticed", "harmless")


def test_flip_where_no_answer_depends_on_it_is_accepted_once(filled, caplog):
    before = state_of(filled)
    overwrite(filled.folder / FILE_NAME, 68, b"\x01")  # the header's application id
    caplog.clear()
    assert state_of(filled) == before
    assert "was not closed or has been changed; it is checked as a whole" in caplog.text
    caplog.clear()
    assert state_of(filled) == before
    assert caplog.text == ""


def test_flip_in_a_text_is_refused_with_the_remedy_and_nothing_is_changed(filled):
    path = filled.folder / FILE_NAME
    data = path.read_bytes()
    # the same letters are in the lexical index, in lower case
    overwrite(path, data.index(b"Brunnen. Dort"), b"Brunner")
    damaged = path.read_bytes()
    for _ in range(2):
        with pytest.raises(IndexDamaged) as error:
            filled.open()
        assert str(error.value).startswith(f"{path} is damaged (article ")
        assert str(error.value).endswith(
            "put the folder aside and add the articles again: "
            f"python -m index add --index {filled.folder} PATH..."
        )  # fmt: skip
    assert path.read_bytes() == damaged


def test_flip_in_the_lexical_index_is_repaired(filled, caplog):
    path = filled.folder / FILE_NAME
    before = state_of(filled)
    overwrite(path, path.read_bytes().index(b"turnhall"), b"tX")
    assert state_of(filled) == before
    assert "the lexical index" in caplog.text


def test_missing_catalogue_of_an_index_is_no_new_index(filled):
    (filled.folder / FILE_NAME).unlink()
    left = sorted(path.name for path in filled.folder.iterdir())
    with pytest.raises(IndexDamaged, match="is missing, although other files of its index are there"):
        filled.open(create=True)
    assert left == sorted(path.name for path in filled.folder.iterdir())


def test_older_catalogue_is_refused(filled):
    older = (filled.folder / FILE_NAME).read_bytes()
    filled.write_articles(version=2)
    add(filled)
    (filled.folder / FILE_NAME).write_bytes(older)
    with pytest.raises(IndexDamaged, match=r"change 6 is older than change 1\d, which was stored"):
        filled.open()


@pytest.mark.parametrize("limit", [3_000, 60_000, 100_000, 200_000, 300_000, 500_000])
def test_full_disk_is_told_and_what_was_stored_stays(place, known, limit):
    for scenario in known[:2]:
        place.write_articles(version=scenario.version)
        place.use(scenario.before)
        assert add_limited(place, limit) in (0, 1)
        if place.folder.exists():
            assert {path.suffix for path in place.folder.iterdir()} <= {
                ".sqlite",
                ".sqlite-wal",
                ".sqlite-shm",
                ".seal",
                ".faiss",
                ".lock",
            }
        assert state_of(place) in scenario.states


def test_second_writer_is_told_who_writes_and_a_dead_one_does_not_block(filled):
    filled.write_articles(version=2)
    process, child = start(hold, filled, 1)
    assert child.recv() == "holding"
    began = time.monotonic()
    with pytest.raises(IndexBusy) as error:
        add(filled)
    assert time.monotonic() - began < 1
    assert str(error.value).startswith(f"{filled.folder} is being written by another process ({process.pid}, since ")
    process.kill()
    process.join()
    add(filled)
    assert state_of(filled) is not None


def _add_one(us, place, number):
    news_index = place.open(create=True)
    while True:
        try:
            news_index.add([place.news / f"{number:02}.txt"])
            break
        except IndexBusy:
            time.sleep(0.01)
    news_index.close()
    us.send("added")


def test_writers_that_try_again_lose_nothing(tmp_path):
    place = Place(tmp_path)
    place.write_articles(version=1)
    place.open(create=True).close()
    children = [start(_add_one, place, number) for number in range(4)]
    assert [child.recv() for _, child in children] == ["added"] * 4
    for process, _ in children:
        process.join()
    news_index = place.open()
    assert [entry.article.name for entry in news_index.entries()] == [f"{number:02}.txt" for number in range(4)]
    assert news_index.faults() == []
    news_index.close()


def _rewrite(us, place):
    news_index = place.open()
    for version in range(2, 14):
        for number in range(3):
            (place.news / f"{number}.txt").write_text(f"Der Turm {number} hat {version} Glocken. Er ist hoch.")
        news_index.add([place.news])
    news_index.close()
    us.send("done")


def test_readers_see_one_state_while_another_process_writes(tmp_path):
    place = Place(tmp_path)
    place.news.mkdir()
    for number in range(3):
        (place.news / f"{number}.txt").write_text(f"Der Turm {number} hat 1 Glocken. Er ist hoch.")
    add(place)
    process, child = start(_rewrite, place)
    lasting = place.open()
    seen, errors = [], []

    def read():
        try:
            while not child.poll():
                passing = place.open()
                for reader in (lasting, passing):
                    hits = reader.search("Wie viele Glocken hat der Turm?", top=9)
                    seen.append({hit.article.text.split()[4] for hit in hits})
                    assert len(hits) == 3
                passing.close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert child.recv() == "done"
    process.join()
    assert errors == []
    assert {len(versions) for versions in seen} == {1}
    assert len({version for versions in seen for version in versions}) > 1
    assert lasting.search("Glocken", top=1)[0].article.text.split()[4] == "13"
    lasting.close()


def _interrupted(us, place):
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def work(_):
        def stop():
            us.send(fingerprint(reader))
            us.recv()

        reader = place.open()
        add(place, after_batch=stop)
        return 0

    os._exit(_status(work))


def _status(work):
    try:
        return run(work)
    except SystemExit as error:
        return error.code


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_work_keeps_finished_batches(filled, number, status, capfd):
    filled.write_articles(version=2)
    process, child = start(_interrupted, filled)
    state = child.recv()
    os.kill(process.pid, number)
    process.join()
    assert process.exitcode == status
    assert state_of(filled) == state


def test_seal_that_is_missing_or_of_another_index_costs_a_check_alone(filled, tmp_path, caplog):
    before = state_of(filled)
    seal = filled.folder / "catalogue.seal"
    for content in (None, b"", b"0" * 64 + b" 99 x", b"\xff"):
        seal.unlink()
        if content is not None:
            seal.write_bytes(content)
        caplog.clear()
        assert state_of(filled) == before
        assert "it is checked as a whole" in caplog.text


def test_opening_a_whole_index_takes_no_lock_and_writes_nothing(filled):
    seal = (filled.folder / "catalogue.seal").stat().st_mtime_ns
    lock = (filled.folder / "write.lock").stat().st_mtime_ns
    NewsIndex(filled.folder, CountingEmbedder(), settings=SETTINGS).close()
    assert (filled.folder / "catalogue.seal").stat().st_mtime_ns == seal
    assert (filled.folder / "write.lock").stat().st_mtime_ns == lock


def test_every_refusal_is_one_line(filled):
    path = filled.folder / FILE_NAME
    data = path.read_bytes()
    for content in (b"", data[:100], data[:-5000], data[: len(data) // 2], b"x" * len(data)):
        Path(path).write_bytes(content)
        with pytest.raises(NewsError) as error:
            filled.open()
        assert "\n" not in str(error.value)
        assert str(path) in str(error.value)
        assert path.read_bytes() == content


def test_long_log_is_brought_into_the_catalogue_between_batches(filled, monkeypatch):
    monkeypatch.setattr("index.catalogue._LONG_LOG", 1)
    filled.write_articles(version=2)
    log = filled.folder / f"{FILE_NAME}-wal"
    lengths = []
    add(filled, after_batch=lambda: lengths.append(log.stat().st_size))
    assert lengths == [0] * 6
    assert state_of(filled) is not None
