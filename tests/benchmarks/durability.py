"""Measures what an index keeps through kills and damage.

    python -m tests.benchmarks.durability --kills 300 --damages 1000

A kill is `kill -9` at a random moment of an addition, update or removal. A damage is a bit flipped in, or a piece cut
off, a file of an index at rest or left by a kill. What must hold is said in `tests.durability`.
"""

import argparse
import json
import logging
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.durability import Place, add, crashed, damage, damages, kill, scenarios


def main(argv: Sequence[str] | None = None) -> int:
    """Print counts of what was done and what came of it; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--damages", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    source = random.Random(arguments.seed)
    counts: Counter[str] = Counter()
    logging.getLogger("index").addHandler(logging.NullHandler())
    with tempfile.TemporaryDirectory() as root:
        place = Place(Path(root))
        known = scenarios(place)
        for number in range(arguments.kills):
            scenario = known[number % len(known)]
            counts[f"kill during {scenario.name}: {kill(place, scenario, source, finish=number % 2 == 0)}"] += 1
        update = known[1]
        older, left = place.root / "base", place.root / "left"
        place.use(older)
        place.write_articles(version=2)
        add(place)
        rest = place.root / "rest"
        shutil.copytree(place.folder, rest)
        for number in range(arguments.damages):
            if number % 80 == 0:
                state = crashed(place, update, left, source.randint(1, 6))
            kept, expected = (left, [state]) if number % 4 == 0 else (rest, [update.states[-1]])
            place.use(kept)
            kind, what = damages(place.folder, source, older)
            verdict = damage(place, expected)
            counts[f"{what} {kind}{' after a kill' if kept == left else ''}: {verdict}"] += 1
    for line, count in sorted(counts.items()):
        print(f"{count:5}  {line}")
    summary = Counter[str]()
    for line, count in counts.items():
        summary[f"{'kill' if line.startswith('kill') else 'damage'}: {line.split(': ')[1]}"] += count
    print(json.dumps(summary, ensure_ascii=False))
    return 1 if any("WRONG" in line for line in counts) else 0


if __name__ == "__main__":
    sys.exit(main())
