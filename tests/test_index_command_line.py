import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from helpers import CountingEmbedder

from index import command_line
from index.__main__ import main
from index.catalogue import FILE_NAME
from index.command_line import run
from index.embedding import EMBEDDED

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def command(tmp_path, capsys, monkeypatch):
    """Run a command on the index in `tmp_path` with counted words; gives status, stdout and stderr."""
    monkeypatch.setattr(command_line, "SentenceTransformerEmbedder", CountingEmbedder)
    monkeypatch.setenv("BELEGSTELLE_INDEX", str(tmp_path / "index"))
    handler = signal.getsignal(signal.SIGTERM)

    def run_command(*arguments):
        status = run(main, [str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    yield run_command
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def news(write_article):
    path = write_article("brot.txt", "Das Brot wird teurer. Mehl ist knapp.", title="Brot", date="2025-01-02")
    write_article("moor.txt", "Das Moor bei Ahlen wird vernässt.")
    return path.parent


def test_add_json_is_the_last_line_and_has_the_promised_fields(command, news):
    (news / "leer.txt").write_text("")
    status, out, err = command("add", news, "--json")
    report = json.loads(out.splitlines()[-1])
    assert isinstance(report.pop("seconds"), float)
    reason = "is empty; add a file with text in it"
    assert report == {
        "added": 2,
        "updated": 0,
        "unchanged": 0,
        "removed": 0,
        "skipped": [{"path": str(news / "leer.txt"), "reason": reason}],
        "articles": 2,
        "passages": 2,
        "sentences": 3,
    }
    assert status == 0
    assert err.splitlines() == ["3 of 3 files, 2 passages", f"skipped {news / 'leer.txt'}: {reason}"]


def test_add_tells_people_what_it_did(command, news):
    command("add", news / "brot.txt")
    (news / "brot.txt").write_text("Das Brot wird billiger.")
    status, out, err = command("add", news, news / "fehlt.txt", "--quiet")
    assert status == 0
    assert re.fullmatch(
        r"1 added, 1 updated, 0 unchanged, 1 skipped in \d+\.\d s; "
        r"the index holds 2 articles, 2 passages, 2 sentences\n",
        out,
    )
    assert err == f"skipped {news / 'fehlt.txt'}: does not exist\n"


def test_quiet_says_nothing_on_stderr(command, news):
    assert command("add", "--quiet", news)[2] == ""


def test_add_raw_takes_plain_text_as_it_is(command, news):
    assert command("add", "--raw", news / "brot.txt")[0] == 0
    [line] = command("list", "--json")[1].splitlines()
    assert json.loads(line)["title"] == "Titel: Brot"
    assert json.loads(line)["date"] is None


def test_index_option_goes_before_the_variable(command, news, tmp_path):
    assert command("add", "--index", tmp_path / "other", news)[0] == 0
    assert (tmp_path / "other" / FILE_NAME).exists()
    assert not (tmp_path / "index").exists()


def test_list_prints_one_article_a_line(command, news):
    command("add", news)
    status, out, err = command("list")
    lines = [line.split("\t") for line in out.splitlines()]
    assert [fields[1:] for fields in lines] == [
        ["Brot", "2025-01-02", "-", "2", "1", str(news / "brot.txt")],
        ["Das Moor bei Ahlen wird vernässt.", "-", "-", "1", "1", str(news / "moor.txt")],
    ]
    assert all(re.fullmatch("[0-9a-f]{16}", fields[0]) for fields in lines)
    assert (status, err) == (0, "")
    assert json.loads(command("list", "--json")[1].splitlines()[0]) == {
        "id": lines[0][0],
        "title": "Brot",
        "date": "2025-01-02",
        "publisher": None,
        "sentences": 2,
        "passages": 1,
        "path": str(news / "brot.txt"),
        "article": "brot.txt",
        "url": None,
        "date_source": "header",
        "language": "de",
        "paths": [str(news / "brot.txt")],
        "near_copies": [],
    }


def test_remove_prints_what_it_removed(command, news):
    command("add", news)
    assert command("remove", news / "brot.txt") == (0, f"removed {news / 'brot.txt'}\n", "")
    status, out, err = command("remove", "fehlt.txt")
    assert (status, out) == (1, "")
    assert re.fullmatch(r"error: 'fehlt.txt' is no article of .*; see: python -m index list --index .*\n", err)
    assert len(command("list")[1].splitlines()) == 1


def test_stats_tells_model_kind_and_sizes(command, news):
    command("add", news)
    stats = json.loads(command("stats", "--json")[1])
    assert {key: stats[key] for key in ("articles", "passages", "sentences", "model", "dimension", "faiss")} == {
        "articles": 2,
        "passages": 2,
        "sentences": 3,
        "model": EMBEDDED,
        "dimension": 64,
        "faiss": "flat (exact)",
    }
    assert stats["bytes"][FILE_NAME] > 0
    status, out, _ = command("stats")
    assert status == 0
    assert re.search(r"^articles +2$", out, re.MULTILINE)


def test_verify_finds_faults_and_repair_mends_them(command, news, tmp_path):
    command("add", news)
    assert command("verify") == (0, "the index is whole\n", "")
    [path] = (tmp_path / "index").glob("vectors-*.faiss")
    path.write_bytes(b"x" * 100)
    fault = f"{path} is not the file that was saved (its checksum differs)"
    status, out, err = command("verify")
    assert (status, out) == (1, f"{fault}\n")
    assert re.fullmatch(r"error: .* has 1 faults?; rebuild what can be: .*verify.* --repair\n", err)
    status, out, _ = command("verify", "--json")
    assert (status, json.loads(out)) == (1, {"ok": False, "faults": [fault]})
    status, out, _ = command("verify", "--repair", "--json")
    assert (status, json.loads(out)) == (0, {"ok": True, "faults": []})


def test_rebuild_makes_derived_files_anew(command, news, tmp_path):
    command("add", news)
    for path in (tmp_path / "index").glob("vectors-*.faiss"):
        path.unlink()
    assert command("rebuild", "--quiet") == (0, f"rebuilt with {EMBEDDED}: 2 passages\n", "")
    assert command("verify")[0] == 0


@pytest.mark.parametrize("arguments", [["list"], ["stats"], ["verify"], ["remove", "x"], ["rebuild"]])
def test_command_without_an_index_says_how_to_make_one(command, tmp_path, arguments):
    folder = tmp_path / "index"
    message = f"error: {folder} holds no index; make one with: python -m index add --index {folder} PATH...\n"
    assert command(*arguments) == (1, "", message)
    assert not folder.exists()


def test_command_with_no_index_named_says_how_to_name_one(command, news, monkeypatch):
    monkeypatch.delenv("BELEGSTELLE_INDEX")
    message = "error: no index is named; give --index DIR or set BELEGSTELLE_INDEX\n"
    assert command("add", news) == (1, "", message)


def test_damaged_catalogue_is_one_line_with_the_remedy(command, news, tmp_path):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / FILE_NAME).write_text("Das ist keine Datenbank. " * 100)
    fault = r".* is damaged \(.*\); put the folder aside and add the articles again: .*"
    for arguments in (["add", news], ["list"]):
        status, out, err = command(*arguments)
        assert (status, out) == (1, "")
        assert re.fullmatch(f"error: {fault}\n", err)
    status, out, err = command("verify", "--json")
    [listed] = json.loads(out)["faults"]
    assert re.fullmatch(fault, listed)
    assert (status, err.count("\n")) == (1, 1)


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["add"], ["remove"], ["list", "--frobnicate"]])
def test_wrong_usage_exits_with_2(command, arguments):
    with pytest.raises(SystemExit) as error:
        command(*arguments)
    assert error.value.code == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_terminal_escapes_in_names_and_titles_are_not_printed_raw(command, news):
    (news / "\x1b[31mrot\n.txt").write_text("Titel: \x1b]0;Pfau\x07\n\nDer Pfau ist rot.")
    (news / "\x1b[2J.txt").write_text("")
    (news / "\x9b1m.docx").write_text("")
    printed = [
        command("add", news),
        command("list"),
        command("verify"),
        command("stats"),
        command("remove", "\x1b[31mfehlt"),
        command("remove", news / "\x1b[31mrot\n.txt"),
    ]
    assert [status for status, _, _ in printed] == [0, 0, 0, 0, 1, 0]
    text = "".join(out + err for _, out, err in printed)
    assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", text) == []
    assert len(printed[1][1].splitlines()) == 3
    assert "\\x1b[31mrot\\n.txt" in printed[1][1]


def test_stopped_by_ctrl_c_exits_with_130(capsys):
    def program(argv):
        raise KeyboardInterrupt

    assert run(program, []) == 130
    assert capsys.readouterr().err == "stopped; what was finished is kept\n"


def start(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "index", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        **options,
    )


def test_program_prints_utf8_whatever_the_locale_is(command, news, tmp_path):
    command("add", news)
    environment = {**os.environ, "BELEGSTELLE_INDEX": str(tmp_path / "index"), "PYTHONIOENCODING": "ascii"}
    process = start("list", env=environment)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "vernässt" in out


def test_program_whose_reader_has_gone_ends_without_a_traceback(command, news, tmp_path):
    command("add", news)
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run(
        [sys.executable, "-m", "index", "list", "--index", str(tmp_path / "index")],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert (process.returncode, process.stderr) == (1, "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_program_that_is_stopped_leaves_a_usable_index(command, tmp_path, write_article):
    for i in range(600):
        path = write_article(f"{i:04}.txt", f"In Ort {i} wächst der Hafen. " + f"Das sagte Sprecher {i} am Abend. " * 8)
    process = start("add", "--index", tmp_path / "index", path.parent)
    assert process.stderr is not None
    for line in process.stderr:
        if " of 600 files" in line:
            break
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "Traceback" not in err
    assert command("verify")[0] == 0
    articles = json.loads(command("stats", "--json")[1])["articles"]
    assert 0 < articles < 600
    assert articles % 32 == 0


def test_add_watch_keeps_the_index_in_step(command, news, monkeypatch):
    def changes(*paths):
        assert paths == (news,)
        (news / "kran.txt").write_text("Der Kran steht im Hafen.")
        yield "added"
        (news / "brot.txt").unlink()
        (news / "leer.txt").write_text("")
        yield "deleted"
        yield "nothing new"

    monkeypatch.setattr("watchfiles.watch", changes)
    status, out, err = command("add", "--watch", "--quiet", news)
    assert status == 0
    assert [line.partition(" in ")[0] for line in out.splitlines()] == [
        "2 added, 0 updated, 0 unchanged",
        "1 added, 0 updated, 2 unchanged",
        "0 added, 0 updated, 2 unchanged, 1 removed, 1 skipped",
        "0 added, 0 updated, 2 unchanged, 1 skipped",
    ]
    assert err.count("leer.txt") == 1  # told once
    assert "brot" not in command("list")[1]
