"""The README's commands print what it says they print."""

import re
import shlex
from pathlib import Path

import pytest

import index.__main__
import qa.__main__

ROOT = Path(__file__).parents[1]
PROGRAMS = {"index": index.__main__.main, "qa": qa.__main__.main}


def console_commands():
    """(command, expected output) for each `$` line of the README's console blocks, in order."""
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return [
        (command, output.strip())
        for block in blocks
        for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    ]


def without_measures(text):
    """Times and confidences differ a little from one processor to the next."""
    return re.sub(r"\d+\s%", "N %", re.sub(r"in \d+\.\d s", "in N s", text)).strip()


def test_readme_console_blocks_show_real_output(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    commands = console_commands()
    assert len(commands) == 4
    for command, expected in commands:
        python, dash_m, program, *arguments = shlex.split(command)
        assert (python, dash_m) == ("python", "-m")
        assert PROGRAMS[program]([str(tmp_path / a) if a == "my_index" else a for a in arguments]) == 0
        assert without_measures(capsys.readouterr().out) == without_measures(expected), command


@pytest.mark.parametrize("name", re.findall(r"\]\(([^)h#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8")))
def test_readme_links_lead_somewhere(name):
    assert (ROOT / name).exists()
