"""Searches vectors; the one home of FAISS.

A `VectorIndex` holds passage vectors under the catalogue's passage numbers. It is derived: everything in it can be
made again from the catalogue, and its file is only believed when its checksum is the one the catalogue noted.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from index.embedding import Vectors
from index.errors import IndexDamaged, InputInvalid

Ids = npt.NDArray[np.int64]

_LISTS_PER_ROOT = 4  # inverted lists per square root of the vectors, as FAISS's guidelines have it
_TRAIN_PER_LIST = 64  # vectors that train one inverted list
_PROBED = 32  # inverted lists that a search looks into


class VectorIndex:
    """Passage vectors by number, exact up to a size and in compressed inverted lists beyond it."""

    def __init__(self, faiss_index: Any) -> None:  # FAISS's hints know no subclasses
        self._index = faiss_index

    @classmethod
    def build(cls, ids: Ids, vectors: Vectors, *, exact_limit: int) -> "VectorIndex":
        """Index vectors of shape (n, dimension) under n different numbers."""
        count, dimension = vectors.shape
        if count <= exact_limit:
            flat = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
            flat.add_with_ids(vectors, ids)
            return cls(flat)
        lists = int(_LISTS_PER_ROOT * count**0.5)
        inverted = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dimension), dimension, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        )
        # evenly spread, so that the same vectors always train the same lists
        sample = vectors[:: max(1, count // (lists * _TRAIN_PER_LIST))]
        inverted.train(np.ascontiguousarray(sample))
        inverted.add_with_ids(vectors, ids)
        inverted.nprobe = min(_PROBED, lists)
        return cls(inverted)

    @classmethod
    def load(cls, path: Path, sha256: str) -> "VectorIndex":
        """Read a saved index; raises IndexDamaged where the file is missing or not the one that was saved."""
        try:
            with path.open("rb") as stream:
                # whatever lies there now may be larger than memory, so it is checked before it is read as a whole
                if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
                    raise IndexDamaged(f"{path} is not the file that was saved (its checksum differs)")
                stream.seek(0)
                data = stream.read()
        except OSError as error:
            raise IndexDamaged(f"{path} cannot be read ({error.strerror})") from error
        try:
            return cls(faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8)))
        except RuntimeError as error:  # whole, but of another version of FAISS
            raise IndexDamaged(f"{path} cannot be read by this version of FAISS") from error

    def save(self, path: Path) -> str:
        """Write the index beside `path`, flush it to disk and move it there; return its SHA-256.

        Raises InputInvalid where there is no room or no permission.
        """
        data = faiss.serialize_index(self._index).tobytes()
        beside = path.with_suffix(".tmp")
        try:
            beside.touch(mode=0o600)  # vectors tell what private articles say
            with beside.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(path)
        except OSError as error:
            reason = error.strerror or error
            raise InputInvalid(f"{path} cannot be written ({reason}); check the disk, then try again") from error
        finally:
            beside.unlink(missing_ok=True)
        return hashlib.sha256(data).hexdigest()

    @property
    def kind(self) -> str:
        """What kind of FAISS index it is, in a few words."""
        exact = isinstance(self._index, faiss.IndexIDMap2)
        return "flat (exact)" if exact else f"IVF{self._index.nlist},SQ8 (approximate)"

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def ids(self) -> set[int]:
        """The numbers that it holds."""
        if isinstance(self._index, faiss.IndexIDMap2):
            return set(faiss.vector_to_array(self._index.id_map).tolist())
        lists = self._index.invlists
        found: set[int] = set()
        for number in range(self._index.nlist):
            size = lists.list_size(number)
            if size:
                found.update(faiss.rev_swig_ptr(lists.get_ids(number), size).tolist())
        return found

    def changed(self, *, without: Iterable[int], ids: Ids, vectors: Vectors) -> "VectorIndex":
        """A copy that lacks some numbers and holds others besides; whoever searches this one is not disturbed."""
        copy = faiss.clone_index(self._index)
        removed = np.fromiter(without, dtype=np.int64)
        if len(removed):
            copy.remove_ids(faiss.IDSelectorBatch(removed))
        if len(ids):
            copy.add_with_ids(vectors, ids)
        return VectorIndex(copy)

    def search(self, vector: Vectors, top: int, *, among: Ids | None = None) -> list[tuple[int, float]]:
        """The `top` nearest numbers with their cosines, best first; `among` restricts the search."""
        if not len(self) or (among is not None and not len(among)):
            return []
        options: dict[str, Any] = {}
        if among is not None:
            selector = faiss.IDSelectorBatch(among)
            exact = isinstance(self._index, faiss.IndexIDMap2)
            kind: Any = faiss.SearchParameters if exact else faiss.SearchParametersIVF  # its hints lack the keywords
            options["params"] = kind(sel=selector) if exact else kind(sel=selector, nprobe=self._index.nlist)
        scores, ids = self._index.search(vector.reshape(1, -1), min(top, len(self)), **options)
        return [(int(number), float(score)) for number, score in zip(ids[0], scores[0], strict=True) if number >= 0]
