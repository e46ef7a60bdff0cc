"""The command line of the index: `python -m index add|remove|list|verify|stats|rebuild`."""

import argparse
import json
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from index.command_line import common_options, index_folder, named_embedder, open_index, progress_bar, run, summary
from index.errors import IndexBusy, IndexDamaged
from index.files import Skipped, printable
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
    add.add_argument("--prune", action="store_true", help="drop files that have gone, however many they are")
    add.add_argument("--watch", action="store_true", help="go on and keep the index in step with the paths")
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
    told = _add_once(news_index, arguments, told=())
    if arguments.watch:
        from watchfiles import watch

        print("watching for changes; stop it with Ctrl-C", file=sys.stderr, flush=True)
        _keep_in_step(news_index, arguments, watch(*arguments.paths), told)
    return 0


def _add_once(news_index: NewsIndex, arguments: argparse.Namespace, told: Collection[Skipped]) -> tuple[Skipped, ...]:
    """Add the named paths and say what came of it, but not again what was `told`; return what was skipped."""
    report = news_index.add(
        arguments.paths,
        raw=arguments.raw,
        prune=arguments.prune,
        progress=progress_bar("files", quiet=arguments.quiet),
    )
    for skipped in report.skipped:
        if skipped not in told:
            print(f"skipped {printable(skipped.path)}: {printable(skipped.reason)}", file=sys.stderr)
    print(json.dumps(asdict(report), ensure_ascii=False) if arguments.json else summary(report), flush=True)
    return report.skipped


def _keep_in_step(
    news_index: NewsIndex, arguments: argparse.Namespace, changes: Iterable[object], told: tuple[Skipped, ...]
) -> None:
    """Add the named paths again after each change; while another process writes, wait for the next one."""
    for _ in changes:
        try:
            told = _add_once(news_index, arguments, told)
        except IndexBusy as error:
            print(printable(str(error)), file=sys.stderr, flush=True)


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
            more = {
                "article": article.name,
                "url": article.url,
                "date_source": article.date_source,
                "language": article.language,
                "paths": entry.paths,
                "near_copies": entry.near_copies,
            }
            print(json.dumps({**fields, **more}, ensure_ascii=False))
        else:
            print("\t".join(printable("-" if value is None else str(value)) for value in fields.values()))
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    folder = index_folder(arguments.index)
    try:
        news_index = open_index(arguments)
        faults = news_index.repair() if arguments.repair else news_index.faults()
    except IndexDamaged as error:  # so much that it is not even opened
        faults = [str(error)]
    if arguments.json:
        print(json.dumps({"ok": not faults, "faults": faults}, ensure_ascii=False))
    else:
        print("\n".join(printable(fault) for fault in faults) or "the index is whole")
    if faults:
        remedy = "add the articles again to a new index" if arguments.repair else "rebuild what can be: verify --repair"
        print(f"error: {folder} has {len(faults)} faults; {remedy}", file=sys.stderr)
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
