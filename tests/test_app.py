import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from helpers import CountingEmbedder
from test_serving import make_certificates

import app
from index.command_line import run
from index.store import NewsIndex
from qa.words import PAGE

ROOT = Path(__file__).resolve().parent.parent
ENDPOINTS = ["/article", "/ask", "/context", "/search"]
BATH = "Das Bad in Quastenburg öffnet am 2. Mai. Es hat 25 Bahnen."
PASSWORD = "ein Wort für alle"


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
def served(folder: Path, *options: object) -> Iterator[Page]:
    """The program with one article and without a reader, until the end of the block."""
    (folder / "news").mkdir()
    (folder / "news" / "bad.txt").write_text(f"Titel: Bad\nDatum: 2025-04-30\n\n{BATH}\n", encoding="utf-8")
    (folder / "temp").mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "BELEGSTELLE_INDEX"}
    environment |= {"TMPDIR": str(folder / "temp"), "GRADIO_SHARE": "True", "GRADIO_ALLOWED_PATHS": "/"}
    environment |= {"GRADIO_MCP_SERVER": "True", "GRADIO_ANALYTICS_ENABLED": "True"}
    port = free_port()
    command = ["app.py", "--index", folder / "index", "--articles", folder / "news", "--port", port, "--quiet"]
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
            assert re.fullmatch(rf"https?://(127\.0\.0\.1|0\.0\.0\.0|\[::1\]):{port}", address), process.communicate()[
                1
            ]
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
        out, err = page.process.communicate(timeout=20)
        assert (page.process.returncode, out, err) == (0, "", "")
        assert list((tmp_path / "temp").glob("belegstelle-*")) == []
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
        ("/docs", {404}),
        ("/redoc", {404}),
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
        ("/gradio_api/vibe-code/", {403, 404}),
    ],
)
def test_page_has_no_further_doors(own, path, statuses):
    assert httpx.get(own.address + path).status_code in statuses


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
                assert httpx.post(path, json={"data": ["Wann?"]}).status_code == 404


# others


@pytest.mark.parametrize(
    "path",
    ["/config", "/gradio_api/info", "/gradio_api/queue/data?session_hash=a", "/gradio_api/file=/etc/passwd",
     "/gradio_api/call/ask/0"],
)  # fmt: skip
def test_page_for_others_gives_nothing_without_the_password(shared, path):
    assert httpx.get(shared.address + path).status_code == 401


def test_page_for_others_takes_nothing_without_the_password(shared):
    data = {"data": ["Wann?"], "fn_index": 0, "session_hash": "a"}
    for path in ("queue/join", "call/ask", "run/predict", "reset", "cancel"):
        assert httpx.post(f"{shared.address}/gradio_api/{path}", json=data).status_code in (401, 422)
    assert httpx.post(f"{shared.address}/gradio_api/upload", files={"files": ("a.txt", b"x")}).status_code == 401
    assert [path for path in (shared.folder / "temp").rglob("*") if path.is_file()] == []


def test_page_for_others_shows_only_the_login_before_it_knows_the_password(shared):
    page = httpx.get(shared.address).text
    config = json.loads(re.search(r"window\.gradio_config = (\{.*?\});</script>", page)[1])
    assert (config["auth_required"], config["components"], config["dependencies"]) == (True, [], [])
    assert '"named_endpoints":{}' in page


def test_page_for_others_opens_with_the_password_and_any_name_but_serves_no_programs(shared):
    wrong = httpx.post(f"{shared.address}/login", data={"username": "wer", "password": "ein Wort"})
    assert (wrong.status_code, wrong.headers.get("set-cookie")) == (400, None)
    with httpx.Client(base_url=shared.address) as browser:
        assert browser.post("/login", data={"username": "wer", "password": PASSWORD}).json() == {"success": True}
        assert browser.get("/config").json()["title"] == PAGE["de"]["title"]
        assert browser.get("/gradio_api/info").json() == {"named_endpoints": {}, "unnamed_endpoints": {}}
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
