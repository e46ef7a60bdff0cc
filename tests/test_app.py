import argparse
import os
import re
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from helpers import CountingEmbedder

import app
from app import Turn, conversation, source_html
from index.command_line import run
from index.store import NewsIndex
from qa import render
from qa.answers import Assistant
from qa.settings import BY_SIMILARITY, Settings

ROOT = Path(__file__).resolve().parent.parent
NO_SOURCE = "Ein Klick auf einen Beleg zeigt hier den ganzen Artikel."


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def program(capsys, monkeypatch):
    """Run the program in this process; gives status, stdout and stderr."""
    monkeypatch.delenv("BELEGSTELLE_INDEX", raising=False)
    handler = signal.getsignal(signal.SIGTERM)

    def run_program(*arguments):
        status = run(app.main, [str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    yield run_program
    signal.signal(signal.SIGTERM, handler)


@pytest.fixture
def assistant(tmp_path, write_article):
    write_article("bad.txt", "Das Bad öffnet im Mai. Es hat 25 Bahnen.\n\nDer Rat freut sich.", title="Bad")
    write_article("moor.txt", "Das Moor ist nass.", title="Moor")
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    news_index.add([tmp_path / "news"])
    yield Assistant(news_index, settings=Settings(threshold=0.0), weights=replace(BY_SIMILARITY, further=5.0))
    news_index.close()


def ask(assistant: Assistant, question: str, number: int = 1) -> Turn:
    return app._turn(assistant, question, number, "de")


def marked(markup: str) -> list[tuple[str, str]]:
    """Class and text of each mark."""
    found = re.findall(r'<mark class="([^"]+)">(.*?)</mark>', markup)
    plain = [(name, re.sub(r'<span class="nummer">.*?</span>', "", inner)) for name, inner in found]
    return [(name, re.sub(r"<[^>]+>", "", inner)) for name, inner in plain]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.20", "example.org", "", "127.0.0.1.example.org"])
def test_program_serves_no_address_that_others_can_reach(program, free_port, host):
    status, out, err = program("--host", host, "--port", free_port)
    assert (status, out) == (1, "")
    assert err == (
        f"error: --host {host} is no loopback address; the page has no login, so serve 127.0.0.1 and put a web server "
        "with TLS and passwords before it\n"
    )


def test_program_tells_that_a_port_is_taken(program):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, out, err = program("--port", port)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"error: --port {port} cannot be used (")
    assert err.endswith("); name another, such as --port 7861\n")


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_program_refuses_what_is_no_port(program, port):
    message = f"error: --port {port} is no port; name one from 1024 to 65535, such as --port 7860\n"
    assert program("--port", port) == (1, "", message)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_program_accepts_loopback_addresses(free_port, host):
    app._check_address(host, free_port)


def test_program_tells_that_an_index_is_missing(program, free_port, tmp_path):
    status, out, err = program("--index", tmp_path / "fehlt", "--port", free_port)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"error: {tmp_path / 'fehlt'}")
    assert not (tmp_path / "fehlt").exists()


@pytest.mark.parametrize("arguments", [["--port", "viele"], ["--lang", "ru"], ["--articles"], ["rest"]])
def test_program_wrongly_used_exits_with_2(program, arguments):
    with pytest.raises(SystemExit) as stopped:
        program(*arguments)
    assert stopped.value.code == 2


def test_program_offers_examples_for_the_sample_articles_only(monkeypatch):
    monkeypatch.delenv("BELEGSTELLE_INDEX", raising=False)
    plain = argparse.Namespace(index=None, articles=None)
    assert app._serves_samples(plain)
    assert not app._serves_samples(argparse.Namespace(index="x", articles=None))
    assert not app._serves_samples(argparse.Namespace(index=None, articles=[Path("x")]))
    monkeypatch.setenv("BELEGSTELLE_INDEX", "x")
    assert not app._serves_samples(plain)


def test_program_serves_the_page_and_ends_without_a_trace(tmp_path, write_article, free_port):
    write_article("bad.txt", "Das Bad in Quastenburg öffnet am 2. Mai.", title="Bad")
    (tmp_path / "temp").mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "BELEGSTELLE_INDEX"}
    environment |= {"TMPDIR": str(tmp_path / "temp"), "GRADIO_SHARE": "True", "GRADIO_ALLOWED_PATHS": "/"}
    options = ["--index", tmp_path / "index", "--articles", tmp_path / "news", "--port", str(free_port), "--quiet"]
    with subprocess.Popen(
        [sys.executable, "app.py", *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            address = f"http://127.0.0.1:{free_port}"
            assert process.stdout.readline() == f"Belegstelle: {address}\n"
            page = httpx.get(address)
            assert (page.status_code, "Belegstelle" in page.text) == (200, True)
            assert "default-src 'self'" in page.headers["content-security-policy"]
            article = tmp_path / "news" / "bad.txt"
            assert httpx.get(f"{address}/gradio_api/file={article}").status_code == 403
            assert httpx.get(address, headers={"host": "fremd.example"}).status_code == 421
            [folder] = (tmp_path / "temp").glob("belegstelle-*")
            assert folder.stat().st_mode & 0o777 == 0o700
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=20)
            assert (process.returncode, out, err) == (0, "", "")
            assert list((tmp_path / "temp").glob("belegstelle-*")) == []
        finally:
            process.kill()
    news_index = NewsIndex(tmp_path / "index", CountingEmbedder())
    assert [entry.article.title for entry in news_index.entries()] == ["Bad"]
    news_index.close()


@pytest.mark.parametrize(
    ("question", "kept", "notice"),
    [
        ("", "", "Bitte geben Sie eine Frage ein."),
        (" ?!", " ?!", "Bitte geben Sie eine Frage ein."),
        ("x" * 2001, "", "Die Frage hat 2001 Zeichen, erlaubt sind 2000. Bitte kürzen Sie sie."),
    ],
)
def test_turn_of_a_question_that_cannot_be_asked_is_a_notice(assistant, question, kept, notice):
    assert ask(assistant, question) == Turn(1, kept, None, notice)


def test_turn_of_an_empty_index_tells_how_to_fill_it(tmp_path):
    empty = Assistant(NewsIndex.open_or_create(tmp_path / "leer", CountingEmbedder()))
    assert ask(empty, "Wer?").notice == (
        "Der Index enthält noch keine Artikel. Fügen Sie welche hinzu mit: python -m index add --index DIR PATH..."
    )


def test_turn_that_fails_shows_a_number_and_logs_the_rest(assistant, tmp_path, caplog):
    for file in (tmp_path / "index").glob("catalogue*"):
        file.write_bytes(b"kaputt" * 1000)
    turn = ask(Assistant(assistant.news_index), "Wer?")
    found = re.fullmatch(
        r"Die Frage konnte nicht beantwortet werden \(Fehler ([0-9a-f]{8})\); Näheres steht im Protokoll .{1,30}",
        turn.notice,
    )
    assert (turn.question, turn.answer) == ("Wer?", None)
    assert found[1] in caplog.text
    assert str(tmp_path) not in turn.notice


def test_conversation_has_question_and_answer_of_each_turn(assistant):
    turns = [ask(assistant, "Was ist nass?"), ask(assistant, "", 2), ask(assistant, "<b>Wer?", 3)]
    messages = conversation(turns, "de")
    assert [message["role"] for message in messages] == ["user", "assistant", "assistant", "user", "assistant"]
    assert messages[0]["content"] == "<bdi>Was ist nass?</bdi>"
    assert 'href="#beleg-1-1"' in messages[1]["content"]
    assert messages[2]["content"] == '<div class="hinweis"><bdi>Bitte geben Sie eine Frage ein.</bdi></div>'
    assert messages[3]["content"] == "<bdi>&lt;b&gt;Wer?</bdi>"
    assert 'href="#beleg-3-1"' in messages[4]["content"]


def test_source_marks_all_citations_from_the_article_and_the_chosen_one_more(assistant):
    turn = ask(assistant, "Wie viele Bahnen hat das Bad?")
    bath = {c.marker: c.sentence.text for c in turn.answer.citations if c.article.title == "Bad"}
    assert len(bath) >= 2
    for chosen in bath:
        shown = marked(source_html([turn], f"beleg-1-{chosen}/7", "de"))
        assert {text for _, text in shown} == set(bath.values())
        assert [text for name, text in shown if name == "beleg aktuell"] == [bath[chosen]]


def test_source_marks_a_chosen_passage(assistant):
    turn = ask(assistant, "Was ist nass?")
    rank = next(hit.rank for hit in turn.answer.passages if hit.article.title == "Moor")
    assert marked(source_html([turn], f"stelle-1-{rank}", "de")) == [("beleg aktuell", "Das Moor ist nass.")]


@pytest.mark.parametrize("chosen", ["", "beleg-2-1", "beleg-1-9", "stelle-1-99", "beleg-1-1<script>", "x"])
def test_source_of_anything_unknown_is_a_hint(assistant, chosen):
    shown = source_html([ask(assistant, "Was ist nass?")], chosen, "de")
    assert shown == f'<div class="hinweis"><bdi>{NO_SOURCE}</bdi></div>'
    assert render.PAGE["de"]["no_source"] == NO_SOURCE


def test_source_finds_the_turn_by_its_number_after_older_ones_were_dropped(assistant):
    turns = [ask(assistant, "Wie viele Bahnen hat das Bad?", 41), ask(assistant, "Was ist nass?", 42)]
    best = turns[1].answer.citations[0].sentence.text
    assert ("beleg aktuell", best) in marked(source_html(turns, "beleg-42-1", "de"))
    assert NO_SOURCE in source_html(turns, "beleg-1-1", "de")
