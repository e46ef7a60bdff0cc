import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from helpers import CountingEmbedder, impossible_here
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from test_serving import make_certificates

import app
from index.command_line import run
from index.store import NewsIndex
from qa.answers import Assistant
from qa.chat import Turn
from qa.desk import Desk
from qa.dialogue import Understood
from qa.html import notice_html
from qa.settings import BY_SIMILARITY, Settings
from qa.types import Verdict
from qa.words import PAGE

try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    sync_playwright = None

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
PATIENCE = 40_000  # milliseconds, on a computer that has other things to do as well
ENDPOINTS = ["/article", "/ask", "/context", "/search"]
BATH = "Das Bad in Quastenburg öffnet am 2. Mai. Es hat 25 Bahnen."
PASSWORD = "ein Wort für alle"

# without models, which take long to load, and with a reader that finds nothing but takes its time when it is asked for
# patience: what happens meanwhile can be tested
PATIENT_PROGRAM = """
import sys, time
from pathlib import Path
sys.path.insert(0, TESTS)
import app
from helpers import CountingEmbedder
from index.command_line import run
from qa import serving
from qa.answers import Assistant
from qa.settings import BY_SIMILARITY, Settings
from qa.types import Verdict

class PatientReader:
    name = "patient"

    def load(self):
        pass

    def read(self, question, hits, **more):
        end = time.monotonic() + 40
        while "Geduld" in question and not Path(GO_ON).exists() and time.monotonic() < end:
            time.sleep(0.02)
        return [(Verdict(0.0, None, 0.0),) * len(hit.passage.sentences) for hit in hits]

serving.named_embedder = lambda arguments: CountingEmbedder()
app.named_assistant = lambda arguments, index: Assistant(
    index, reader=PatientReader(), weights=BY_SIMILARITY, settings=Settings(threshold=0.0)
)
app.LAST_SECONDS = HOW_LONG
app.LONGEST_WAIT = LONGEST_WAIT
sys.exit(run(app.main))
"""


def patient_program(folder: Path, *, seconds: float = 10, longest_wait: float = 120) -> list[str]:
    """The patient program, which goes on once the file go-on is in the folder, and has so long to end and to answer."""
    told = {"TESTS": str(ROOT / "tests"), "GO_ON": str(folder / "go-on"), "HOW_LONG": seconds}
    program = PATIENT_PROGRAM.replace("= LONGEST_WAIT", f"= {longest_wait}")
    for name, value in told.items():
        program = program.replace(name, repr(value))
    return ["-c", program]


@dataclass(frozen=True)
class Page:
    """A page that is served, and the folder in which its files lie: news, index, temp."""

    process: subprocess.Popen
    address: str
    folder: Path

    def client(self, **login: tuple[str, str]) -> Client:
        return Client(self.address, verbose=False, download_files=False, analytics_enabled=False, **login)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def loopback() -> str:
    """The address of this computer in the newer form, or in the older one where it has no other."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return "127.0.0.1"
    return "::1"


@contextmanager
def served(folder: Path, *options: object, program: Sequence[str] = ("app.py",)) -> Iterator[Page]:
    """The program with one article and without a reader, until the end of the block."""
    (folder / "news").mkdir()
    (folder / "news" / "bad.txt").write_text(f"Titel: Bad\nDatum: 2025-04-30\n\n{BATH}\n", encoding="utf-8")
    (folder / "temp").mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "BELEGSTELLE_INDEX"}
    environment |= {"TMPDIR": str(folder / "temp"), "GRADIO_SHARE": "True", "GRADIO_ALLOWED_PATHS": "/"}
    environment |= {"GRADIO_MCP_SERVER": "True", "GRADIO_ANALYTICS_ENABLED": "True"}
    port = free_port()
    command = [*program, "--index", folder / "index", "--articles", folder / "news", "--port", port, "--quiet"]
    with subprocess.Popen(
        [sys.executable, *(str(part) for part in [*command, "--reader", "none", *options])],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            line = process.stdout.readline()
            address = line.removeprefix("Belegstelle: ").rstrip("\n")
            if not re.fullmatch(rf"https?://(127\.0\.0\.1|0\.0\.0\.0|\[::1\]):{port}", address):
                process.kill()
                pytest.fail(f"{line!r} instead of an address; {process.communicate()[1]}")
            yield Page(process, address.replace("0.0.0.0", "127.0.0.1"), folder)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Iterator[Page]:
    """The page as it is served to its owner."""
    with served(tmp_path_factory.mktemp("own")) as page:
        yield page


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Iterator[Page]:
    """The page as it is served to others."""
    folder = tmp_path_factory.mktemp("shared")
    (folder / "passwort").write_text(f"{PASSWORD}\n", encoding="utf-8")
    others = ["--host", "0.0.0.0", "--password-file", folder / "passwort", "--trusted-network"]
    with served(folder, *others) as page:
        yield page


@pytest.fixture
def program(capsys, monkeypatch) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Run the program in this process; gives status, stdout and stderr."""
    monkeypatch.delenv("BELEGSTELLE_INDEX", raising=False)
    handler = signal.getsignal(signal.SIGTERM)

    def run_program(*arguments):
        status = run(app.main, [str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    with patch.dict(os.environ):  # which the program changes
        yield run_program
    signal.signal(signal.SIGTERM, handler)


# what is not served


def test_program_serves_no_address_that_others_can_reach_without_a_password(program):
    status, out, err = program("--host", "0.0.0.0", "--port", free_port())
    assert (status, out) == (1, "")
    assert err == (
        "error: --host 0.0.0.0 can be reached by others; ask for a password with --password-file, or serve 127.0.0.1\n"
    )


def test_program_tells_that_a_port_is_taken(program):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, out, err = program("--port", port)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"error: --port {port} cannot be used (")


def test_program_tells_that_a_password_cannot_be_read_before_it_opens_an_index(program, tmp_path):
    options = ["--password-file", tmp_path / "fehlt", "--index", tmp_path / "index", "--articles", ROOT / "articles"]
    status, out, err = program("--port", free_port(), *options)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"error: --password-file {tmp_path / 'fehlt'} cannot be read (")
    assert not (tmp_path / "index").exists()


def test_program_tells_that_an_index_is_missing(program, tmp_path):
    status, out, err = program("--index", tmp_path / "fehlt", "--port", free_port())
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"error: {tmp_path / 'fehlt'}")
    assert not (tmp_path / "fehlt").exists()


@pytest.mark.parametrize("arguments", [["--port", "viele"], ["--lang", "ru"], ["--articles"], ["rest"], ["--share"]])
def test_program_wrongly_used_exits_with_2(program, arguments):
    with pytest.raises(SystemExit) as stopped:
        program(*arguments)
    assert stopped.value.code == 2


# the page


def test_program_serves_the_page_and_ends_without_a_trace(tmp_path):
    with served(tmp_path, "--host", loopback()) as page:
        assert httpx.get(page.address).status_code == 200
        [folder] = (tmp_path / "temp").glob("belegstelle-*")
        assert folder.stat().st_mode & 0o777 == 0o700
        page.process.send_signal(signal.SIGTERM)
        out, err = page.process.communicate(timeout=60)
        assert (page.process.returncode, out, err) == (0, "", "")
        assert list((tmp_path / "temp").iterdir()) == []
    news_index = NewsIndex(tmp_path / "index", CountingEmbedder())
    assert [entry.article.title for entry in news_index.entries()] == ["Bad"]
    news_index.close()


def test_page_comes_with_the_headers_that_keep_it_to_itself(own):
    page = httpx.get(own.address)
    assert "Belegstelle" in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert (page.headers["x-frame-options"], page.headers["x-content-type-options"]) == ("DENY", "nosniff")
    assert "access-control-allow-origin" not in page.headers


def test_page_fetches_nothing_from_elsewhere(own):
    page = httpx.get(own.address).text
    fetched = re.findall(r'<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)="(https?:)?//', page)
    assert fetched == []


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "de"),
        ({"accept-language": "de-AT,de;q=0.9,en;q=0.8"}, "de"),
        ({"accept-language": "en-GB,de;q=0.5"}, "en"),
        ({"accept-language": "en", "cookie": "belegstelle-language=de"}, "de"),
        ({"accept-language": "de", "cookie": 'belegstelle-language="><script>alert(1)</script>'}, "de"),
    ],
)
def test_page_begins_in_the_language_of_its_reader(own, headers, language):
    page = httpx.get(own.address, headers=headers).text
    assert re.findall(r'<html\s+lang="(\w+)"', page) == [language]
    assert "alert(1)" not in page


@pytest.mark.parametrize("host", ["fremd.example", "127.0.0.1.fremd.example", "localhost:1"])
def test_page_is_not_served_under_the_name_of_another(own, host):
    assert httpx.get(own.address, headers={"host": host}).status_code == 421


def test_page_takes_no_requests_of_other_sites(own):
    sent = httpx.post(
        f"{own.address}/gradio_api/call/ask", json={"data": ["Wann?"]}, headers={"origin": "https://fremd.example"}
    )
    assert sent.status_code == 403


def test_page_gives_out_no_files(own):
    kept = next((own.folder / "index").glob("*.sqlite"))
    for path in (own.folder / "news" / "bad.txt", kept, ROOT / "app.py", Path("/etc/passwd"), Path("app.py")):
        assert httpx.get(f"{own.address}/gradio_api/file={path}").status_code == 403


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("/docs", {403}),
        ("/redoc", {403}),
        ("/openapi.json", {403}),
        ("/gradio_api/openapi.json", {403}),
        ("/monitoring", {403}),
        ("/gradio_api/runs", {403}),
        ("/gradio_api/run-history", {403}),
        ("/gradio_api/deep_link", {403}),
        ("/gradio_api/proxy=https://fern.example/", {403}),
        ("/gradio_api/mcp/", {404}),
        ("/gradio_api/mcp/sse", {404}),
        ("/gradio_api/mcp/schema", {404}),
        ("/gradio_api/vibe-code/", {403}),
    ],
)
def test_page_has_no_further_doors(own, path, statuses):
    assert httpx.get(own.address + path).status_code in statuses


# of the framework's routes, those that are needed
OPEN = {
    *("/", "/assets/{path:path}", "/config", "/favicon.ico", "/login", "/logout", "/manifest.json", "/robots.txt"),
    *("/static/{path:path}", "/theme.css"),
    *(
        f"/gradio_api/{name}"
        for name in (
            *("app_id", "call/v2/{api_name}", "call/v2/{api_name}/{event_id}", "call/{api_name}"),
            *("call/{api_name}/{event_id}", "cancel", "heartbeat/{session_hash}", "info", "login_check", "queue/data"),
            *("queue/join", "reset", "startup-events", "theme.css", "upload", "upload_progress"),
        )
    ),
}


@pytest.fixture(scope="module")
def routes() -> set[tuple[str, str]]:
    """Path and method of all that the framework serves."""
    import gradio as gr
    from gradio.routes import App

    with gr.Blocks(analytics_enabled=False) as page:
        gr.Textbox()
    return set(routes_of(App.create_app(page).routes))


def test_page_opens_of_all_that_the_framework_serves_only_what_it_needs(own, routes):
    assert {"/monitoring", "/gradio_api/dev/reload", "/gradio_api/process_recording"} < {path for path, _ in routes}
    assert answered(own, routes, refused=403) == OPEN


def answered(page: Page, routes: Iterable[tuple[str, str]], *, refused: int) -> set[str]:
    """The paths of the routes that a page does not refuse with a status."""
    paths = set()
    for path, method in routes:
        asked = re.sub(r"\{[^}]+\}", "x", path)
        with httpx.stream(method, page.address + asked, json={} if method == "POST" else None) as answer:
            if answer.status_code != refused:
                paths.add(path.rstrip("/") or "/")
    return paths


def routes_of(routes) -> Iterator[tuple[str, str]]:
    """Path and method of all routes, however the framework nests them."""
    for route in routes:
        candidates = getattr(route, "effective_candidates", None)
        for one in candidates() if candidates else [route]:
            for method in getattr(one, "methods", None) or ():
                yield one.path, method


def test_page_tells_a_watchman_that_it_is_there(own, shared):
    health = httpx.get(f"{own.address}/healthz").json()
    assert (health["ok"], health["articles"], health["sentences"]) == (True, 1, 2)
    assert {"model", "change"} < health.keys()
    assert httpx.get(f"{shared.address}/healthz").json() == {"ok": True}


def test_page_has_no_login_where_no_password_is_set_and_keeps_errors_to_itself(own):
    config = httpx.get(f"{own.address}/config").json()
    closed = {"auth_required", "is_space", "mcp_server", "show_error", "dev_mode", "vibe_mode", "share"}
    assert [name for name in sorted(closed) if config.get(name)] == []
    assert not config["footer_links"]
    assert config["title"] == PAGE["de"]["title"]


# other programs


def test_endpoints_answer_other_programs_of_this_computer(own):
    client = own.client()
    answer = client.predict("Wann öffnet das Bad?", api_name="/ask")
    [citation] = answer["citations"][:1]
    assert (citation["sentence"], citation["article"], answer["abstained"]) == (BATH[:40], "bad.txt", False)
    [passage] = client.predict("Wann öffnet das Bad?", 3, api_name="/search")
    assert (passage["article"], passage["text"]) == ("bad.txt", BATH)
    article = client.predict(citation["article_id"], api_name="/article")
    assert (article["title"], article["date"], article["text"]) == ("Bad", "2025-04-30", BATH)
    assert client.predict(citation["article_id"], 0, 5, api_name="/context") == {
        "before": [],
        "place": [{"start": 0, "end": 40, "sentence": BATH[:40]}],
        "after": [{"start": 41, "end": 58, "sentence": BATH[41:]}],
    }
    assert client.predict("Wann?", 3, ["bad.txt"], "2025-05-01", "", api_name="/search") == []


@pytest.mark.parametrize(
    ("endpoint", "arguments", "message"),
    [
        ("/ask", ["  "], "the question is empty; ask one, such as: Wann beginnt die Messe?"),
        ("/ask", ["Wann?", None, "gestern"], "since must be a date like 2025-11-30, not 'gestern'"),
        (
            "/search",
            ["Wann?", 3, ["fehlt.txt"]],
            "'fehlt.txt' is no article of this collection; see article in its passages",
        ),
        ("/article", ["x"], "'x' is no article of this collection; see article_id in its passages"),
    ],
)
def test_endpoints_tell_other_programs_what_they_can_mend(own, endpoint, arguments, message):
    with pytest.raises(AppError) as raised:
        own.client().predict(*arguments, api_name=endpoint)
    assert str(raised.value) == message


def test_endpoints_tell_nothing_of_what_else_goes_wrong(own):
    with pytest.raises(AppError) as raised:
        own.client().predict("Wann?", "viele", api_name="/search")
    assert "viele" not in str(raised.value)


def test_endpoints_for_other_programs_are_all_that_is_public(own):
    info = httpx.get(f"{own.address}/gradio_api/info").json()
    assert (sorted(info["named_endpoints"]), info["unnamed_endpoints"]) == (ENDPOINTS, {})
    everything = httpx.get(f"{own.address}/gradio_api/info", params={"all_endpoints": "true"}).json()
    assert (sorted(everything["named_endpoints"]), everything["unnamed_endpoints"]) == (ENDPOINTS, {})
    functions = httpx.get(f"{own.address}/config").json()["dependencies"]
    public = [function["api_name"] for function in functions if function["api_visibility"] != "private"]
    assert sorted(f"/{name}" for name in public) == ENDPOINTS
    assert len(functions) > len(public)


def test_functions_of_the_page_are_refused_to_other_programs(own):
    client = own.client()
    functions = httpx.get(f"{own.address}/config").json()["dependencies"]
    private = [function for function in functions if function["api_visibility"] == "private"]
    for function in private:
        with pytest.raises(ValueError, match="Cannot find a function"):
            client.predict("Wann?", api_name=f"/{function['api_name']}")
    for way in ("run", "api"):
        for function in functions:
            if function["queue"] is not False:
                path = f"{own.address}/gradio_api/{way}/{function['api_name']}"
                assert httpx.post(path, json={"data": ["Wann?"]}).status_code == 403


# others


def test_page_for_others_answers_before_the_login_only_what_the_login_needs(shared, routes):
    needed = OPEN - {"/login", "/gradio_api/upload"}  # which are asked below, with what they take
    assert answered(shared, [route for route in routes if (route[0].rstrip("/") or "/") in needed], refused=401) == {
        *("/", "/assets/{path:path}", "/favicon.ico", "/logout", "/manifest.json", "/robots.txt"),
        *("/static/{path:path}", "/theme.css"),
        *(f"/gradio_api/{name}" for name in ("app_id", "startup-events", "theme.css")),
    }


@pytest.mark.parametrize(
    "path",
    ["/config", "/gradio_api/info", "/gradio_api/queue/data?session_hash=a", "/gradio_api/call/ask/0"],
)
def test_page_for_others_gives_nothing_without_the_password(shared, path):
    assert httpx.get(shared.address + path).status_code == 401


def test_page_for_others_takes_nothing_without_the_password(shared):
    data = {"data": ["Wann?"], "fn_index": 0, "session_hash": "a"}
    for path in ("queue/join", "call/ask", "reset", "cancel"):
        assert httpx.post(f"{shared.address}/gradio_api/{path}", json=data).status_code == 401
    assert httpx.post(f"{shared.address}/gradio_api/upload", files={"files": ("a.txt", b"x")}).status_code == 401
    assert [path for path in (shared.folder / "temp").rglob("*") if path.is_file()] == []


def test_page_for_others_shows_only_the_login_before_it_knows_the_password(shared):
    page = httpx.get(shared.address).text
    config = json.loads(re.search(r"window\.gradio_config = (\{.*?\});</script>", page)[1])
    assert (config["auth_required"], config["components"], config["dependencies"]) == (True, [], [])
    assert '"named_endpoints":{}' in page


def test_page_for_others_opens_with_the_password_and_any_name_but_serves_no_programs(shared):
    wrong = httpx.post(f"{shared.address}/login", data={"username": "wer", "password": "ein Wort für niemand"})
    assert (wrong.status_code, wrong.headers.get("set-cookie")) == (400, None)
    with httpx.Client(base_url=shared.address) as browser:
        assert browser.post("/login", data={"username": "wer", "password": PASSWORD}).json() == {"success": True}
        assert browser.get("/config").json()["title"] == PAGE["de"]["title"]
        assert browser.get("/gradio_api/info").json() == {"named_endpoints": {}, "unnamed_endpoints": {}}
        begun = {"session_hash": "a", "fn_index": 0, "event_id": "b"}
        for path in ("cancel", "reset"):
            assert browser.post(f"/gradio_api/{path}", json=begun).json() == {"success": True}
        with browser.stream("GET", "/gradio_api/heartbeat/a") as beats:
            assert next(beats.iter_lines()) == "data: ALIVE"
        names = [function["api_name"] for function in browser.get("/config").json()["dependencies"]]
        assert {name.strip("/") for name in ENDPOINTS}.isdisjoint(names)


def test_endpoints_answer_others_who_know_the_password_where_that_is_wanted(tmp_path):
    make_certificates(tmp_path)
    (tmp_path / "passwort").write_text(f"{PASSWORD}\n", encoding="utf-8")
    tls = ["--tls-cert", tmp_path / "a.cert", "--tls-key", tmp_path / "a.key"]
    others = ["--host", "0.0.0.0", "--password-file", tmp_path / "passwort", "--api", *tls]
    with served(tmp_path, *others) as page:
        assert page.address.startswith("https://")
        assert httpx.get(f"{page.address}/gradio_api/info", verify=False).status_code == 401
        client = page.client(auth=("wer", PASSWORD), ssl_verify=False)
        assert client.predict("Wann öffnet das Bad?", api_name="/ask")["citations"][0]["sentence"] == BATH[:40]


# MCP


def mcp_calls(
    address: str, *calls: tuple[str, dict], headers: dict[str, str] | None = None
) -> tuple[dict, list[tuple[bool, str]]]:
    """The tools that an MCP client is offered, with what they take, and what it gets for calls: whether they fail."""

    async def talk():
        http = httpx.AsyncClient(headers=headers, timeout=60)
        client = streamable_http_client(f"{address}/gradio_api/mcp/", http_client=http)
        async with http, client as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            given = [await session.call_tool(name, arguments) for name, arguments in calls]
            return tools, [(bool(one.isError), one.content[0].text) for one in given]

    return asyncio.run(talk())


def test_mcp_serves_the_endpoints_as_tools(tmp_path):
    with served(tmp_path, "--mcp", program=patient_program(tmp_path)) as page:
        citation = page.client().predict("Wann öffnet das Bad?", api_name="/ask")["citations"][0]
        place = {"article_id": citation["article_id"], "start": 0, "end": 5}
        tools, given = mcp_calls(
            page.address,
            ("ask", {"question": "Wann öffnet das Bad?"}),
            ("search", {"question": "Wann öffnet das Bad?", "top": 1}),
            ("article", {"article_id": citation["article_id"]}),
            ("context", place),
            ("article", {"article_id": "x"}),
            ("ask", {"question": " "}),
            ("ask", {"question": "Wann?", "since": "gestern"}),
            ("search", {"question": "Wann?", "articles": ["fehlt.txt"]}),
            ("context", {**place, "start": "vorn"}),
            ("remove", {"article_id": citation["article_id"]}),
        )
    assert sorted(tools) == ["article", "ask", "context", "search"]
    assert all(tool.description for tool in tools.values())
    assert sorted(tools["search"].inputSchema["properties"]) == ["articles", "question", "since", "top", "until"]
    assert [failed for failed, _ in given] == [False] * 4 + [True] * 6
    assert [BATH[:40] in text for _, text in given[:4]] == [True] * 4
    told = [text for _, text in given[4:]]
    for text, words in zip(told, ("is no article", "is empty", "must be a date", "is no article", "", ""), strict=True):
        assert words in text
    assert [text for text in told if str(tmp_path) in text or "Traceback" in text] == []


def test_mcp_is_not_served_unless_it_is_wanted_and_asks_others_for_the_password(own, shared, tmp_path):
    hello = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accepted = {"accept": "application/json, text/event-stream"}
    assert httpx.post(f"{own.address}/gradio_api/mcp/", json=hello, headers=accepted).status_code in (404, 405)
    with httpx.Client(base_url=shared.address) as browser:
        browser.post("/login", data={"username": "wer", "password": PASSWORD})
        assert browser.post("/gradio_api/mcp/", json=hello, headers=accepted).status_code == 401
    (tmp_path / "passwort").write_text(f"{PASSWORD}\n", encoding="utf-8")
    others = ["--host", "0.0.0.0", "--password-file", tmp_path / "passwort", "--trusted-network", "--mcp"]
    with served(tmp_path, *others, program=patient_program(tmp_path)) as page:
        asked = httpx.post(f"{page.address}/gradio_api/mcp/", json=hello, headers=accepted)
        assert (asked.status_code, "search" in asked.text) == (401, False)
        known = accepted | {"authorization": f"Bearer {PASSWORD}".encode()}
        assert httpx.post(f"{page.address}/gradio_api/mcp/", json=hello, headers=known, timeout=60).status_code == 200
        token = {"authorization": f"Bearer {PASSWORD}".encode()}
        _, given = mcp_calls(page.address, ("ask", {"question": "Wann öffnet das Bad?"}), headers=token)
        assert [(failed, BATH[:40] in text) for failed, text in given] == [(False, True)]


# answers that take too long


class WaitingEmbedder(CountingEmbedder):
    """Embeds a question with "Geduld" only once it may."""

    def __init__(self):
        super().__init__()
        self.may = threading.Event()

    def embed_question(self, question):
        if "Geduld" in question:
            self.may.wait(20)
        return super().embed_question(question)


class Pause:
    """Something to wait for that always takes so many seconds."""

    def __init__(self, seconds):
        self.seconds = seconds

    def wait(self, _longest):
        time.sleep(self.seconds)

    def set(self):
        pass


class WaitingReader:
    """Finds nothing, and that only once it may."""

    name = version = "waiting"

    def __init__(self):
        self.may = threading.Event()

    def load(self):
        pass

    def read(self, question, hits):
        self.may.wait(20)
        return [(Verdict(0.0, None, 0.0),) * len(hit.passage.sentences) for hit in hits]


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    """A desk with one article and a reader that waits."""
    (tmp_path / "bad.txt").write_text(BATH, encoding="utf-8")
    reader = WaitingReader()
    embedder = WaitingEmbedder()
    news_index = NewsIndex.open_or_create(tmp_path / "index", embedder)
    news_index.add([tmp_path / "bad.txt"])
    yield Desk(Assistant(news_index, reader=reader, weights=BY_SIMILARITY, settings=Settings(threshold=0.0)))
    reader.may.set()
    embedder.may.set()
    while app._at_work:
        time.sleep(0.01)
    news_index.close()


def shown_by(desk: Desk, handler: Callable, held: dict[str, object], language: str = "de") -> list[dict[str, Any]]:
    """What the page is shown in steps by a method of the desk, which is given what its parts hold."""
    parts = {name: name for name in (*held, "talk", "question", "source", "stored", "identity", "listed", "status")}
    parts |= {
        name: name for name in ("turns", "history", "articles", "outlets", "since", "until", "scope", "everywhere")
    }
    parts |= {name: name for name in ("outlet", "articles", "outlets")}
    called = app._adapted(handler, list(held), parts, language, desk.overdue, chosen=False)

    async def all_steps():
        return [shown async for shown in called(SimpleNamespace(headers={}), *held.values())]

    return asyncio.run(all_steps())


def asked(question: str, turns: Sequence[Turn] = ()) -> dict[str, object]:
    scope = {"articles": [], "outlets": [], "since": "", "until": ""}
    return {"question": question, "turns": list(turns), **scope, "stored": "", "identity": ""}


@pytest.mark.parametrize(
    ("language", "told"),
    [("de", "Nach 1 Sekunden abgebrochen."), ("en", "Stopped after 1 seconds.")],
)
def test_page_gives_up_an_answer_that_takes_too_long_and_answers_the_next(desk, monkeypatch, language, told):
    monkeypatch.setattr(app, "LONGEST_WAIT", 0.6)
    *_, last = shown_by(desk, desk.respond, asked("Wann öffnet das Bad?"), language)
    [turn] = last["turns"]
    assert (turn.notice, turn.told, turn.answer) == ("overdue", {"seconds": 1}, None)
    assert last.keys() == {"turns", "talk"}
    assert [message["role"] for message in last["talk"]] == ["user", "assistant"]
    assert last["talk"][1]["content"].startswith(notice_html(told))
    monkeypatch.setattr(app, "LONGEST_WAIT", 60)
    desk.assistant.reader.may.set()
    *_, answered_then, last = shown_by(desk, desk.respond, asked("Wie viele Bahnen hat es?", [turn]), language)
    before, after = answered_then["turns"]
    assert (before, after.notice, after.answer.citations[0].sentence.text) == (turn, "", BATH[41:])
    assert len(json.loads(last["stored"])) == 1


def test_page_gives_up_a_search_sooner_than_an_answer(desk, monkeypatch):
    monkeypatch.setattr(app, "LONGEST_SEARCH", 0.6)
    *_, last = shown_by(desk, desk.respond, asked("Geduld, wann öffnet das Bad?"))
    [turn] = last["turns"]
    assert (turn.notice, turn.told, turn.passages) == ("overdue", {"seconds": 1}, None)
    monkeypatch.setattr(app, "LONGEST_WAIT", 1.8)
    *_, last = shown_by(desk, desk.respond, asked("Wann öffnet das Bad?"))
    [turn] = last["turns"]
    assert (turn.notice, turn.told, len(turn.passages)) == ("overdue", {"seconds": 2}, 1)
    assert "Gefundene Stellen (1)" in last["talk"][1]["content"]


def test_page_gives_up_a_conversation_that_is_opened_anew(desk, monkeypatch):
    monkeypatch.setattr(app, "LONGEST_WAIT", 0.6)
    one = {"id": "0123abcd", "title": "Bad", "at": "2026-02-01T10:00:00", "turns": [{"asked": "Wann?"}]}
    held = {"recalled": "gespraech-0123abcd", "stored": json.dumps([one]), "find_talk": ""}
    *_, last = shown_by(desk, desk.recall, held)
    assert [turn.notice for turn in last["turns"]] == ["overdue"]
    assert "identity" not in last  # what is asked next begins a conversation, and this one stays as it is kept


def test_page_gives_each_question_of_a_conversation_that_is_opened_anew_its_time(desk, monkeypatch):
    monkeypatch.setattr(app, "LONGEST_WAIT", 1.0)
    monkeypatch.setattr(desk.assistant.reader, "may", Pause(0.6))
    questions = [{"asked": f"Wann {number}?"} for number in range(3)]
    one = {"id": "0123abcd", "title": "Bad", "at": "2026-02-01T10:00:00", "turns": questions}
    held = {"recalled": "gespraech-0123abcd", "stored": json.dumps([one]), "find_talk": ""}
    shown = shown_by(desk, desk.recall, held)
    assert [(turn.notice, bool(turn.answer)) for turn in shown[-2]["turns"]] == [("", True)] * 3
    assert shown[-1]["identity"] == "0123abcd"


def test_page_keeps_the_conversation_where_a_question_has_not_even_been_shown(desk, monkeypatch):
    monkeypatch.setattr(app, "LONGEST_WAIT", 0)
    before = [Turn(1, "Wann?", Understood("Wann?"), notice="stopped")]
    [shown] = shown_by(desk, desk.respond, asked("Wann öffnet das Bad?", before))
    assert shown["turns"] == before


def test_page_gives_uploads_all_the_time_that_they_need(desk, monkeypatch, tmp_path):
    monkeypatch.setattr(app, "LONGEST_WAIT", 0)
    (tmp_path / "see.txt").write_text("Der See ist 12 Meter tief.", encoding="utf-8")
    held = {"upload": [str(tmp_path / "see.txt")], "find": "", "outlet": "", "first_day": "", "last_day": ""}
    held |= {"order": "date", "rows": 40}
    *_, last = shown_by(desk, desk.upload, held | {"articles": [], "outlets": []})
    assert "1 neu, 0 geändert, 0 unverändert, 0 übersprungen." in last["listed"][0]["content"]


def test_page_gives_up_only_what_has_no_answer_yet(desk):
    desk.assistant.reader.may.set()
    *_, shown, _ = shown_by(desk, desk.respond, asked("Wann öffnet das Bad?"))
    assert desk.overdue(shown["turns"], 120, "de") == {"turns": shown["turns"], "talk": shown["talk"]}


def test_program_answers_and_ends_while_an_answer_that_took_too_long_is_still_at_work(tmp_path):
    with served(tmp_path, "--lang", "de", program=patient_program(tmp_path, longest_wait=3)) as page:
        events = on_page(page, "Geduld, bitte! Wann öffnet das Bad?")
        assert (events[-1]["success"], "Nach 3 Sekunden abgebrochen." in json.dumps(events)) == (True, True)
        events = on_page(page, "Wie viele Bahnen hat es?")
        assert (events[-1]["success"], BATH[41:] in json.dumps(events)) == (True, True)
        assert "Geduld" in json.dumps(events)  # it is the same conversation
        page.process.send_signal(signal.SIGTERM)
        out, err = page.process.communicate(timeout=30)  # the reader waits for 40 s
    assert (page.process.returncode, out, err) == (0, "", "")
    assert list((tmp_path / "temp").glob("belegstelle-*")) == []


def test_endpoint_that_takes_too_long_is_given_up(tmp_path):
    with served(tmp_path, program=patient_program(tmp_path, longest_wait=2)) as page:
        with pytest.raises(AppError, match="given up after 2 seconds; ask again later"):
            page.client().predict("Geduld, bitte! Wann öffnet das Bad?", api_name="/ask")
        answered = page.client().predict("Wie viele Bahnen hat es?", api_name="/ask")
        assert answered["citations"][0]["sentence"] == BATH[41:]


def on_page(page: Page, question: str) -> list[dict[str, Any]]:
    """Ask on the page, as its script does; gives what the page is told, the last when the question is done with."""
    config = httpx.get(f"{page.address}/config").json()
    parts = {part["id"]: part["props"] for part in config["components"]}
    ask = next(number for number, props in parts.items() if props.get("elem_id") == "ask")
    function = next(one for one in config["dependencies"] if [ask, "click"] in one["targets"])
    held = [parts[number].get("value") for number in function["inputs"]]
    body = {"data": [question, *held[1:]], "fn_index": function["id"], "session_hash": "sitzung"}
    assert httpx.post(f"{page.address}/gradio_api/queue/join", json=body, timeout=60).status_code == 200
    events = []
    with httpx.stream("GET", f"{page.address}/gradio_api/queue/data?session_hash=sitzung", timeout=60) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                events.append(json.loads(line[5:]))
                if events[-1]["msg"] == "process_completed":
                    break
    return events


# the end


def begin(page: Page, question: str) -> str:
    """Ask as another program; gives the id of what was begun, once it is worked on."""
    sent = httpx.post(f"{page.address}/gradio_api/call/ask", json={"data": [question, None, "", ""]}, timeout=60)
    time.sleep(0.5)
    return sent.json()["event_id"]


def test_program_finishes_what_was_asked_before_it_ends_and_begins_nothing_new(tmp_path):
    with served(tmp_path, program=patient_program(tmp_path, seconds=60)) as page:
        url = f"{page.address}/gradio_api/call/ask/{begin(page, 'Geduld, bitte! Wann öffnet das Bad?')}"
        with httpx.stream("GET", url, timeout=60) as answer:
            page.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            refused = httpx.post(f"{page.address}/gradio_api/call/ask", json={"data": ["Wann?"]}, timeout=60)
            (tmp_path / "go-on").touch()
            text = answer.read().decode()
        assert (refused.status_code, "event: complete" in text) == (503, True)
        assert BATH[:22] in text
        out, err = page.process.communicate(timeout=30)
    assert (page.process.returncode, out, err) == (0, "", "")
    assert list((tmp_path / "temp").glob("belegstelle-*")) == []


@pytest.mark.parametrize(("signals", "status"), [(1, 0), (2, 1)])
def test_program_ends_without_what_takes_too_long_and_at_once_at_the_second_signal(tmp_path, signals, status):
    with served(tmp_path, program=patient_program(tmp_path, seconds=0.5 if signals == 1 else 15)) as page:
        begin(page, "Geduld, bitte! Wann öffnet das Bad?")
        started = time.monotonic()
        for _ in range(signals):
            page.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
        page.process.communicate(timeout=30)
        assert (page.process.returncode, time.monotonic() - started < 15) == (status, True)  # the reader waits for 40 s
    assert list((tmp_path / "temp").glob("belegstelle-*")) == []
    news_index = NewsIndex(tmp_path / "index", CountingEmbedder())
    assert ([entry.article.title for entry in news_index.entries()], news_index.faults()) == (["Bad"], [])
    news_index.close()


def test_program_deletes_uploads_of_removed_articles_at_its_start(tmp_path):
    folder = tmp_path / "index" / "uploads"
    folder.mkdir(parents=True)
    (folder / f"{'a' * 32}.txt").write_text("Weg damit.", encoding="utf-8")
    (folder / "notiz.txt").write_text("Bleibt.", encoding="utf-8")
    with served(tmp_path, program=patient_program(tmp_path)):
        assert [path.name for path in folder.iterdir()] == ["notiz.txt"]


# the page in a browser


@pytest.fixture(scope="module")
def patient(tmp_path_factory) -> Iterator[Page]:
    """The page with a reader that waits when asked for patience, in German."""
    folder = tmp_path_factory.mktemp("patient")
    with served(folder, "--lang", "de", program=patient_program(folder)) as page:
        yield page


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if sync_playwright is None or not Path(CHROMIUM).exists():
        impossible_here("chromium or playwright is missing; install requirements-dev.txt and Debian's chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        expect.set_options(timeout=PATIENCE)
        yield chromium
        expect.set_options(timeout=5000)
        chromium.close()


@pytest.fixture
def tabs(browser, patient) -> Iterator[Callable[..., Any]]:
    """Open the page in one person's browser, as often as wanted; `part` is what stands behind the address."""
    context = browser.new_context(locale="de-DE", viewport={"width": 1400, "height": 950})

    def open_tab(part: str = ""):
        tab = context.new_page()
        tab.set_default_timeout(PATIENCE)
        tab.goto(f"{patient.address}/{part}")
        expect(tab.locator("#source .hinweis")).to_be_visible(timeout=20_000)
        return tab

    yield open_tab
    context.close()


def ask(tab: Any, question: str) -> None:
    """Type a question, press Enter, and wait for one more answer."""
    count = tab.locator("#chat .antwort").count()
    tab.fill("#question textarea", question)
    tab.press("#question textarea", "Enter")
    expect(tab.locator("#chat .antwort")).to_have_count(count + 1)


def voice(tab: Any) -> Any:
    """What the page says in passing, where it can be seen."""
    return tab.locator("#stimme.sichtbar")


def drop(tab: Any, target: str, files: dict[str, str]) -> None:
    """Drag files over a part of the page and let go of them there."""
    transfer = tab.evaluate_handle(
        """files => {
            const transfer = new DataTransfer();
            for (const [name, text] of Object.entries(files)) transfer.items.add(new File([text], name));
            return transfer;
        }""",
        files,
    )
    for event in ("dragenter", "dragover", "drop"):
        tab.dispatch_event(target, event, {"dataTransfer": transfer})


def test_page_begins_the_next_question_at_once_where_one_was_given_up(tabs):
    tab = tabs()
    tab.fill("#question textarea", "Geduld, bitte! Wann öffnet das Bad?")
    tab.press("#question textarea", "Enter")
    expect(tab.locator("#chat .arbeit")).to_contain_text("Stellen gefunden")
    with tab.expect_response("**/cancel"):
        tab.get_by_role("button", name="Abbrechen").click()
    expect(tab.locator("#chat .hinweis")).to_have_text("Abgebrochen.")
    ask(tab, "Wann öffnet das Bad?")
    expect(tab.locator("#chat .antwort")).to_have_count(1)
    expect(tab.locator("#chat .hinweis")).to_have_text("Abgebrochen.")


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Wann%20%C3%B6ffnet%20das%20Bad%3F%20%26%20%23%2B", "Wann öffnet das Bad? & #+"),
        (
            "%3Cimg%20src%3Dx%20onerror%3D%22window.__pwn%3D1%22%3E%3C%2Ftextarea%3E",
            '<img src=x onerror="window.__pwn=1"></textarea>',
        ),
        ("100%", "100%"),
        ("%F0%9F%8F%8A" * 2100, "🏊" * 2000),
    ],
)
def test_page_fills_in_the_question_of_a_link_and_does_not_ask_it(tabs, text, typed):
    tab = tabs(f"#question={text}")
    field = tab.locator("#question textarea")
    expect(field).to_have_value(typed)
    expect(field).to_be_focused()
    tab.wait_for_timeout(300)
    assert tab.evaluate("window.__pwn") is None
    expect(tab.locator("#chat .user")).to_have_count(0)


def test_page_that_is_open_follows_a_link_with_a_question(tabs):
    tab = tabs()
    tab.get_by_role("tab", name="Sammlung").click()
    tab.evaluate("location.hash = '#question=Wann%20%C3%B6ffnet%20das%20Bad%3F'")
    field = tab.locator("#question textarea")
    expect(field).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("#chat .antwort")).to_have_count(1)
    expect(tab.locator("#chat .user")).to_have_text(["Wann öffnet das Bad?"])


def test_page_merges_the_conversations_of_two_tabs(tabs):
    first, second = tabs(), tabs()
    for number, tab in enumerate((first, second), start=1):
        ask(tab, f"Wie viele Bahnen hat Bad {number}?")
        tab.wait_for_timeout(1100)  # the order is that of their seconds
    for tab in (first, second):
        tab.get_by_role("tab", name="Verlauf").click()
        kept = tab.locator("#history li strong")
        expect(kept).to_have_text([f"Wie viele Bahnen hat Bad {number}?" for number in (2, 1)])
    first.get_by_role("button", name="löschen").first.click()
    first.get_by_role("button", name="ja, löschen").click()
    for tab in (first, second):
        expect(tab.locator("#history li strong")).to_have_text(["Wie viele Bahnen hat Bad 1?"])
    first.get_by_role("button", name="umbenennen").click()
    first.get_by_label("Neuer Name").fill("Schwimmen")
    first.get_by_role("button", name="Speichern").click()
    expect(second.locator("#history li strong")).to_have_text(["Schwimmen"])
    second.get_by_role("tab", name="Gespräch").click()
    ask(second, "Wie teuer ist das Bad?")  # in the conversation that the first tab has deleted
    third = tabs()
    third.get_by_role("tab", name="Verlauf").click()
    expect(third.locator("#history li strong")).to_have_text(["Schwimmen"])


def test_page_takes_files_that_are_dropped_on_the_upload_and_stays_where_others_are(tabs, patient):
    tab = tabs()
    tab.get_by_role("tab", name="Sammlung").click()
    tab.evaluate("window.__stays = true")
    for target in ("body", "#listed", "#find input, #find textarea"):
        drop(tab, target, {"fremd.txt": "Der See liegt still."})
        refused = tab.evaluate(
            """target => {
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File(['x'], 'x.txt'));
                const event = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer });
                document.querySelector(target).dispatchEvent(event);
                return event.defaultPrevented;
            }""",
            target,
        )
        assert refused, target
    drop(tab, "#upload button", {"see.txt": "Titel: Der See\n\nDer See ist 12 Meter tief.", "leer.txt": ""})
    report = tab.locator("#listed .meldung")
    expect(report).to_contain_text("1 neu, 0 geändert, 0 unverändert, 1 übersprungen.")
    expect(report.locator("li")).to_have_text(
        "„leer.txt“ wurde übersprungen: ist leer; bitte eine Datei mit Text hinzufügen"
    )
    expect(tab.locator("#listed .liste li")).to_have_count(2)
    assert tab.evaluate("window.__stays") is True
    assert len(list((patient.folder / "index" / "uploads").iterdir())) == 2


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ([1, 20_000_001], "„datei-1.txt“ ist zu groß (höchstens 20 MB). Hochgeladen wurde nichts."),
        ([1] * 61, "Das sind zu viele Dateien auf einmal (höchstens 60). Hochgeladen wurde nichts."),
        ([17_000_000] * 4, "Das ist zu viel auf einmal (höchstens 64 MB). Hochgeladen wurde nichts."),
    ],
)
def test_page_tells_in_its_language_that_files_are_too_many_or_too_large(tabs, tmp_path, sizes, told):
    tab = tabs()
    tab.get_by_role("tab", name="Sammlung").click()
    paths = [tmp_path / f"datei-{number}.txt" for number in range(len(sizes))]
    for path, size in zip(paths, sizes, strict=True):
        with path.open("wb") as file:
            file.truncate(size)
    sent = []
    tab.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    tab.set_input_files("#upload input[type=file]", paths)
    expect(voice(tab)).to_have_text(told)
    tab.wait_for_timeout(500)
    assert [url for url in sent if "upload" in url] == []
    expect(tab.locator(".toast-wrap").filter(visible=True)).to_have_count(0)


@pytest.mark.parametrize(
    ("route", "status", "word"),
    [
        ("**/gradio_api/upload?*", 413, "went_wrong"),
        ("**/gradio_api/upload?*", 500, "went_wrong"),
        ("**/gradio_api/upload?*", None, "lost"),
        ("**/gradio_api/queue/join*", 500, "went_wrong"),
        ("**/gradio_api/queue/join*", 401, "login_again"),
        ("**/gradio_api/queue/join*", 503, "queue_full"),
    ],
)
def test_page_tells_what_goes_wrong_in_its_language_alone(tabs, tmp_path, route, status, word):
    tab = tabs()
    path = tmp_path / "see.txt"
    path.write_text("Der See ist 12 Meter tief.", encoding="utf-8")
    tab.route(route, lambda to: to.fulfill(status=status, json={"detail": "SECRET"}) if status else to.abort())
    if "upload" in route:
        tab.get_by_role("tab", name="Sammlung").click()
        tab.set_input_files("#upload input[type=file]", path)
    else:
        tab.fill("#question textarea", "Wann öffnet das Bad?")
        tab.press("#question textarea", "Enter")
    expect(voice(tab)).to_have_text(PAGE["de"][word])
    tab.wait_for_timeout(500)
    expect(tab.locator(".toast-wrap").filter(visible=True)).to_have_count(0)
    seen = tab.locator("body").inner_text()
    assert [foreign for foreign in ("SECRET", "Error", "error", "Connection", "Upload failed") if foreign in seen] == []
    tab.unroute(route)
    if "upload" in route:  # and it can be tried again
        tab.set_input_files("#upload input[type=file]", path)
        expect(tab.locator("#listed .meldung")).to_be_visible(timeout=20_000)


def test_page_tells_that_something_went_wrong_where_only_the_framework_knows(tabs):
    tab = tabs()
    tab.evaluate(
        """() => {
            const message = document.createElement('div');
            message.className = 'toast-wrap';
            message.innerHTML = '<div class="toast-body">Value: x is not in the list of choices</div>';
            document.body.append(message);
        }"""
    )
    expect(voice(tab)).to_have_text(PAGE["de"]["went_wrong"])
    expect(tab.locator(".toast-wrap").filter(visible=True)).to_have_count(0)
