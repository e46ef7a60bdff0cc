"""The command line of the index: `python -m index add|remove|list|verify|stats|rebuild`."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from index.command_line import common_options, index_folder, named_embedder, open_index, progress_bar, run, summary
from index.files import printable
from index.store import NewsIndex


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = _parser().parse_args(argv)
    status: int = arguments.command(arguments)
    return status


def _parser() -> argparse.ArgumentParser:
    common = common_options()
    parser = argparse.ArgumentParser(prog="python -m index", description="Build and look after an index of articles.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    add = commands.add_parser("add", parents=[common], help="add new articles and update changed ones")
    add.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder with all below it")
    add.add_argument("--raw", action="store_true", help="take plain text as it is: drop no clutter, read no header")
    add.add_argument("--json", action="store_true", help="the last line of the output is a JSON object")
    add.set_defaults(command=_add)

    remove = commands.add_parser("remove", parents=[common], help="remove articles")
    remove.add_argument("articles", nargs="+", metavar="ARTICLE", help="an id, or the path the article came from")
    remove.set_defaults(command=_remove)

    for name, command, text in (
        ("list", _list, "one article a line"),
        ("verify", _verify, "check that the index is whole"),
        ("stats", _stats, "counts, sizes, model and kind of FAISS index"),
    ):
        looking = commands.add_parser(name, parents=[common], help=text)
        looking.add_argument("--json", action="store_true", help="print JSON")
        looking.set_defaults(command=command)
        if name == "verify":
            looking.add_argument("--repair", action="store_true", help="rebuild what can be rebuilt")

    rebuild = commands.add_parser("rebuild", parents=[common], help="make vectors and lexical index anew")
    rebuild.set_defaults(command=_rebuild)
    return parser


def _add(arguments: argparse.Namespace) -> int:
    folder = index_folder(arguments.index)
    news_index = NewsIndex.open_or_create(folder, named_embedder(arguments))
    report = news_index.add(
        arguments.paths, raw=arguments.raw, progress=progress_bar("articles", quiet=arguments.quiet)
    )
    for skipped in report.skipped:
        print(f"skipped {printable(skipped.path)}: {printable(skipped.reason)}", file=sys.stderr)
    print(json.dumps(asdict(report), ensure_ascii=False) if arguments.json else summary(report))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    removed = open_index(arguments).remove(arguments.articles)
    for path in removed:
        print(f"removed {printable(path)}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    for entry in open_index(arguments).entries():
        article = entry.article
        fields = {
            "id": article.id,
            "title": article.title,
            "date": article.date,
            "publisher": article.publisher,
            "sentences": entry.sentences,
            "passages": entry.passages,
            "path": entry.paths[0],
        }
        if arguments.json:
            more = {"article": article.name, "url": article.url, "paths": entry.paths}
            print(json.dumps({**fields, **more}, ensure_ascii=False))
        else:
            print("\t".join(printable("-" if value is None else str(value)) for value in fields.values()))
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    news_index = open_index(arguments)
    faults = news_index.repair() if arguments.repair else news_index.faults()
    if arguments.json:
        print(json.dumps({"ok": not faults, "faults": faults}, ensure_ascii=False))
    else:
        print("\n".join(printable(fault) for fault in faults) or "the index is whole")
    if faults:
        remedy = "add the articles again to a new index" if arguments.repair else "rebuild what can be: verify --repair"
        print(f"error: {news_index.folder} has {len(faults)} faults; {remedy}", file=sys.stderr)
    return 1 if faults else 0


def _stats(arguments: argparse.Namespace) -> int:
    stats = open_index(arguments).stats()
    if arguments.json:
        print(json.dumps(stats, ensure_ascii=False))
    else:
        for name, value in stats.items():
            print(f"{name:10}  {printable(str(value))}")
    return 0


def _rebuild(arguments: argparse.Namespace) -> int:
    news_index = open_index(arguments)
    news_index.rebuild()
    print(f"rebuilt with {news_index.embedder.name}: {news_index.catalogue.counts()['passages']} passages")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
