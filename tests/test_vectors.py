import numpy as np
import pytest

from index.errors import IndexDamaged
from index.vectors import VectorIndex


def unit_vectors(count, dimension=16, seed=0):
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def numbers(*values):
    return np.array(values, dtype=np.int64)


def by_numpy(vector, ids, vectors, top):
    cosines = vectors @ vector
    return [(int(ids[i]), pytest.approx(float(cosines[i]), abs=1e-6)) for i in np.argsort(-cosines)[:top]]


@pytest.fixture
def vectors():
    return unit_vectors(40)


@pytest.fixture
def ids():
    return np.arange(100, 180, 2, dtype=np.int64)


@pytest.fixture
def exact(ids, vectors):
    return VectorIndex.build(ids, vectors, exact_limit=1000)


def test_exact_search_equals_numpy(exact, ids, vectors):
    for query in unit_vectors(5, seed=1):
        assert exact.search(query, 7) == by_numpy(query, ids, vectors, 7)
    assert exact.kind == "flat (exact)"
    assert len(exact) == 40
    assert exact.ids() == set(ids.tolist())


def test_exact_search_gives_all_there_are_when_asked_for_more(exact, ids, vectors):
    query = unit_vectors(1, seed=1)[0]
    assert exact.search(query, 1000) == by_numpy(query, ids, vectors, 40)


def test_exact_search_restricted_equals_numpy_among_those(exact, ids, vectors):
    query = unit_vectors(1, seed=1)[0]
    assert exact.search(query, 7, among=ids[5:9]) == by_numpy(query, ids[5:9], vectors[5:9], 7)
    assert exact.search(query, 7, among=numbers(1, 3)) == []
    assert exact.search(query, 7, among=numbers()) == []


def test_empty_index_finds_nothing_and_can_be_added_to(vectors):
    empty = VectorIndex.build(numbers(), np.empty((0, 16), dtype=np.float32), exact_limit=1000)
    assert empty.search(vectors[0], 5) == []
    assert empty.ids() == set()
    grown = empty.changed(without=[], ids=numbers(8), vectors=vectors[:1])
    assert grown.search(vectors[0], 5) == [(8, pytest.approx(1, abs=1e-6))]


@pytest.mark.parametrize("exact_limit", [1000, 30])
def test_changed_is_a_copy_and_leaves_the_original_alone(ids, vectors, exact_limit):
    original = VectorIndex.build(ids, vectors, exact_limit=exact_limit)
    query = vectors[3]
    before = original.search(query, 5)
    changed = original.changed(without={106, 108}, ids=numbers(500), vectors=unit_vectors(1, seed=2))
    assert changed.ids() == set(ids.tolist()) - {106, 108} | {500}
    assert 106 not in [number for number, _ in changed.search(query, 40)]
    assert original.ids() == set(ids.tolist())
    assert original.search(query, 5) == before


@pytest.mark.parametrize("exact_limit", [1000, 30])
def test_save_and_load_round_trip(tmp_path, ids, vectors, exact_limit):
    index = VectorIndex.build(ids, vectors, exact_limit=exact_limit)
    path = tmp_path / "vectors-1.faiss"
    loaded = VectorIndex.load(path, index.save(path))
    assert (loaded.kind, len(loaded), loaded.ids()) == (index.kind, 40, index.ids())
    for query in unit_vectors(3, seed=1):
        assert loaded.search(query, 9) == index.search(query, 9)
    assert [file.name for file in tmp_path.iterdir()] == ["vectors-1.faiss"]
    assert path.stat().st_mode & 0o077 == 0  # for its owner only


@pytest.mark.parametrize("place", [0, 60, -1])
def test_load_refuses_a_file_with_a_flipped_byte(tmp_path, exact, place):
    path = tmp_path / "vectors-1.faiss"
    checksum = exact.save(path)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    with pytest.raises(IndexDamaged, match="not the file that was saved"):
        VectorIndex.load(path, checksum)


def test_load_refuses_a_truncated_or_missing_file(tmp_path, exact):
    path = tmp_path / "vectors-1.faiss"
    checksum = exact.save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(IndexDamaged, match="not the file that was saved"):
        VectorIndex.load(path, checksum)
    path.unlink()
    with pytest.raises(IndexDamaged, match="cannot be read"):
        VectorIndex.load(path, checksum)


@pytest.fixture(scope="module")
def inverted():
    return VectorIndex.build(np.arange(400, dtype=np.int64), unit_vectors(400), exact_limit=50)


def test_inverted_lists_find_near_neighbours(inverted):
    vectors = unit_vectors(400)
    assert inverted.kind == "IVF80,SQ8 (approximate)"
    assert inverted.ids() == set(range(400))
    for number in range(0, 400, 40):
        assert inverted.search(vectors[number], 1) == [(number, pytest.approx(1, abs=0.02))]
    right = 0
    for query in unit_vectors(20, seed=1):
        right += len({n for n, _ in inverted.search(query, 10)} & set(np.argsort(-(vectors @ query))[:10].tolist()))
    assert right >= 150  # of 200


def test_inverted_lists_search_every_list_when_restricted(inverted):
    query = unit_vectors(1, seed=1)[0]
    cosines = unit_vectors(400)[[7, 77, 377]] @ query
    expected = [[7, 77, 377][i] for i in np.argsort(-cosines)]
    assert [number for number, _ in inverted.search(query, 10, among=numbers(7, 77, 377))] == expected


def test_inverted_lists_are_the_same_for_the_same_vectors(inverted):
    again = VectorIndex.build(np.arange(400, dtype=np.int64), unit_vectors(400), exact_limit=50)
    for query in unit_vectors(5, seed=1):
        assert again.search(query, 10) == inverted.search(query, 10)
