import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from qa import guard
from qa.guard import SAFETY_HEADERS, Guard, safe_environment

HOST = "127.0.0.1:7860"
UPLOAD = "/gradio_api/upload"
MULTIPART = {"content-type": "multipart/form-data; boundary=grenze"}


# --- against a framework of a few lines ---


class Framework:
    """Answers with the length of the body it got, and with headers that a framework should not send."""

    def __init__(self):
        self.seen = []
        self.headers = []

    async def __call__(self, scope, receive, send):
        self.headers = scope["headers"]
        more, length = True, 0
        while more:
            message = await receive()
            self.seen.append(message["type"])
            length += len(message.get("body", b""))
            more = message.get("more_body", False)
        headers = [(b"Access-Control-Allow-Origin", b"*"), (b"X-Frame-Options", b"ALLOW"), (b"x-own", b"1")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": str(length).encode()})


def drive(
    app,
    path: str = "/",
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    chunks: Iterable[bytes] = (b"",),
    scheme: str = "http",
    client: tuple[str, int] = ("127.0.0.1", 5000),
    logins: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], str]:
    """Send one request to an ASGI app that knows `logins`; returns status, headers and body of the response."""
    headers = {"host": HOST} | (headers or {})
    chunks = list(chunks)
    incoming = [
        {"type": "http.request", "body": chunk, "more_body": rest > 0}
        for rest, chunk in zip(range(len(chunks) - 1, -1, -1), chunks, strict=True)
    ]
    sent = []

    async def receive():
        return incoming.pop(0) if incoming else {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "client": client,
        "method": method,
        "path": path,
        "scheme": scheme,
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items() if value],
        "app": SimpleNamespace(cookie_id="k", tokens=logins or {}),
    }
    asyncio.run(app(scope, receive, send))
    start, *bodies = sent
    return (
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(message.get("body", b"") for message in bodies).decode(),
    )


def guarded(app=None, **limits) -> Guard:
    return Guard(app or Framework(), hosts=(HOST, "localhost:7860", "news.example", "[::1]:7860"), **limits)


def multipart(files: int, content: bytes = b"x") -> bytes:
    part = b'--grenze\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n' + content + b"\r\n"
    return part * files + b"--grenze--\r\n"


@pytest.mark.parametrize(
    ("host", "scheme", "status"),
    [
        (HOST, "http", 200),
        ("LOCALHOST:7860", "http", 200),
        ("[::1]:7860", "http", 200),
        ("[::1]", "http", 421),
        ("news.example", "http", 200),
        ("news.example:80", "http", 200),
        ("news.example:443", "http", 421),
        ("news.example", "https", 200),
        ("news.example:443", "https", 200),
        ("127.0.0.1", "http", 421),
        ("127.0.0.1:7861", "http", 421),
        ("evil.example:7860", "http", 421),
        ("127.0.0.1:7860.evil.example", "http", 421),
        ("", "http", 421),
    ],
)
def test_guard_serves_the_named_hosts_only(host, scheme, status):
    assert drive(guarded(), headers={"host": host}, scheme=scheme)[0] == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:7860", 200),
        ("https://127.0.0.1:7860", 403),
        ("http://localhost:7860", 403),
        ("http://127.0.0.1:7861", 403),
        ("http://127.0.0.1:7860.evil.example", 403),
        ("http://evil.example", 403),
        ("null", 403),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
def test_guard_refuses_foreign_origins_for_every_method(method, origin, status):
    assert drive(guarded(), method=method, headers={"origin": origin})[0] == status


@pytest.mark.parametrize(
    ("method", "site", "status"),
    [
        ("GET", "cross-site", 200),
        ("POST", "cross-site", 403),
        ("POST", "same-site", 403),
        ("POST", "same-origin", 200),
        ("POST", "none", 200),
    ],
)
def test_guard_refuses_changes_that_other_sites_send(method, site, status):
    assert drive(guarded(), method=method, headers={"sec-fetch-site": site})[0] == status


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://evil.example/a",
        "/gradio_api/file=http%3A%2F%2Fevil.example",  # as it is after the server's own decoding
        "/gradio_api/file=http%253A%252F%252Fevil.example",
        "/gradio_api/file=http%25252525253A//evil.example",
        "/gradio_api/file=http:\\\\evil.example",
        "/gradio_api/file=\\\\evil.example\\share",
        "/gradio_api/FILE=HTTP://evil.example",
        "/gradio_api/file/https://evil.example",
        "/gradio_api/proxy=https://a.hf.space/",
        "/gradio_api/proxy=a",
        "//evil.example/",
        "/gradio_api/deep_link",
        "/monitoring",
        "/Monitoring/summary",
        "/monitoring%2Fsummary",
        "/openapi.json",
        "/gradio_api/openapi.json",
        "/gradio_api/runs",
        "/gradio_api/dev/reload",
        "/gradio_api/file=/tmp/a.txt",
        "/gradio_api/info/../dev/reload",
        "/gradio_api/mcp/../dev/reload",
        "/assets/../gradio_api/dev/reload",
        "/nichts",
        "/config.json",
        "/ config",
        "/config\n",
        "",
    ],
)
def test_guard_closes_routes_that_fetch_redirect_or_tell(path):
    framework = Framework()
    assert drive(guarded(framework), path)[::2] == (
        403,
        "Diese Adresse ist gesperrt. / This address is closed.\n",
    )
    assert framework.seen == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/theme.css",
        "/assets/index-D1.js",
        "/static/fonts/größe 100%.woff2",
        "/gradio_api/queue/data",
        "/gradio_api/heartbeat/abc",
        "/gradio_api/call/ask",
        "/gradio_api/call/ask/0123",
        "/gradio_api/mcp",
        "/gradio_api/mcp/",
        "/gradio_api/mcp/messages/",
    ],
)
def test_guard_leaves_other_paths_to_the_framework(path):
    assert drive(guarded(), path)[0] == 200


@pytest.mark.parametrize(
    ("headers", "chunks", "status"),
    [
        ({}, [b'"' + b"x" * 98 + b'"'], 200),
        ({}, [b'"' + b"x" * 99 + b'"'], 413),
        ({}, [b'"' + b"x" * 49, b"x" * 49 + b'"'], 200),
        ({}, [b'"' + b"x" * 49, b"x" * 50 + b'"'], 413),
        ({"content-length": "100"}, [b"1"], 200),
        ({"content-length": "101"}, [b"1"], 413),
        ({"content-length": "9" * 19}, [b"1"], 400),
        ({"content-length": "-1"}, [b"1"], 400),
        ({"content-length": "1"}, [b'"' + b"x" * 99 + b'"'], 413),
    ],
)
def test_guard_bounds_the_body_announced_or_not(headers, chunks, status):
    framework = Framework()
    assert drive(guarded(framework, max_body=100), method="POST", headers=headers, chunks=chunks)[0] == status
    assert bool(framework.seen) == (status == 200)


def test_guard_hands_the_inspected_body_on_unchanged():
    body = json.dumps({"data": ["Wer eröffnet die Messe? http://a.example"]}).encode()
    assert drive(guarded(), "/gradio_api/queue/join", method="POST", chunks=[body[:5], body[5:]])[::2] == (
        200,
        str(len(body)),
    )


def test_guard_streams_an_upload_up_to_its_own_limit():
    body = multipart(2, b"x" * 500)
    chunks = [body[i : i + 7] for i in range(0, len(body), 7)]
    framework = Framework()
    app = guarded(framework, max_body=100, max_upload=len(body))
    assert drive(app, UPLOAD, method="POST", headers=MULTIPART, chunks=chunks)[::2] == (200, str(len(body)))
    assert len(framework.seen) == len(chunks)
    app = guarded(max_body=100, max_upload=len(body) - 1)
    assert drive(app, UPLOAD, method="POST", headers=MULTIPART, chunks=chunks)[::2] == (
        413,
        f"Die Anfrage ist zu groß (höchstens {len(body) - 1} Bytes). / "
        f"The request is too large (at most {len(body) - 1} bytes).\n",
    )


@pytest.mark.parametrize("size", [1, 3, 64, 10_000])
@pytest.mark.parametrize(("files", "status"), [(20, 200), (21, 413)])
def test_guard_counts_the_files_of_an_upload_across_chunks(files, status, size):
    body = multipart(files, b'filename="b.txt" --grenz')
    chunks = [body[i : i + size] for i in range(0, len(body), size)]
    assert drive(guarded(), UPLOAD, method="POST", headers=MULTIPART, chunks=chunks)[0] == status


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "multipart/form-data", 'multipart/form-data; boundary="a"; boundary=b'],
)
def test_guard_accepts_uploads_with_a_plain_boundary_only(content_type):
    assert drive(guarded(), UPLOAD, method="POST", headers={"content-type": content_type})[0] == 400


def test_guard_sends_its_refusal_when_the_framework_swallows_the_cut():
    async def forgiving(scope, receive, send):
        try:
            await receive()
        except Exception:
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"traceback"})

    status, _, body = drive(
        guarded(forgiving, max_upload=3), UPLOAD, method="POST", headers=MULTIPART, chunks=[b"1234"]
    )
    assert (status, "traceback" in body) == (413, False)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ({"data": ["http://a.example"]}, 200),
        ({"data": [{"path": "/tmp/a.txt", "url": f"http://{HOST}/gradio_api/file=/tmp/a.txt"}]}, 200),
        ({"data": [{"path": f"http://{HOST}/a"}]}, 403),
        ({"data": [{"path": "http://a.example"}]}, 403),
        ({"data": [{"path": "/a", "url": "HTTPS://a.example"}]}, 403),
        ({"data": [{"url": f"http://{HOST}@a.example/"}]}, 403),
        ({"data": [{"url": f"http://{HOST}/gradio_api/file=http://a.example"}]}, 403),
        ([[{"a": [{"path": "ftp://a"}]}]], 403),
        (None, 200),
    ],
)
def test_guard_refuses_files_named_by_url(value, status):
    chunks = [json.dumps(value).encode()]
    assert drive(guarded(), "/gradio_api/queue/join", method="POST", chunks=chunks)[0] == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"data=1", 400),
        (b"\xff\xfe\xfa", 400),
        (b"1" * 5000, 400),
        (b"[" * 100_000 + b"]" * 100_000, 400),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, 400),
        (b"[" * 100 + b"]" * 100, 200),
        (b"[" * 101 + b"]" * 101, 400),
        (b"", 200),
    ],
    ids=lambda value: f"{str(value)[:9]}-{len(value)}" if isinstance(value, bytes) else None,
)
def test_guard_refuses_bodies_that_are_not_plain_json(body, status):
    assert drive(guarded(), "/gradio_api/queue/join", method="POST", chunks=[body])[0] == status


def test_guard_lets_an_address_try_five_passwords_a_minute(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(guard.time, "monotonic", lambda: clock[0])
    served = guarded()

    def tried(address, path="/login", method="POST"):
        body = b"username=a&password=b" if method == "POST" else b""
        return drive(served, path, method=method, chunks=[body], client=(address, 5000))[0]

    assert [tried("10.0.0.1") for _ in range(7)] == [200] * 5 + [429] * 2
    assert (tried("10.0.0.2"), tried("10.0.0.1", "/", "GET")) == (200, 200)
    clock[0] += 61
    assert [tried("10.0.0.1") for _ in range(6)] == [200] * 5 + [429]


def test_guard_serves_tools_to_those_who_send_the_password_and_lets_nobody_try_many(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(guard.time, "monotonic", lambda: clock[0])
    served = guarded(password=lambda _name, given: given == "Straße")
    right = "Bearer Straße".encode().decode("latin-1")

    def asked(authorization, address="10.0.0.1", path="/gradio_api/mcp/"):
        return drive(served, path, method="POST", headers={"authorization": authorization}, client=(address, 5000))[0]

    assert [asked(right) for _ in range(20)] == [200] * 20
    wrong = ["", "Bearer", "Bearer falsch", "Basic Straße".encode().decode("latin-1"), "Straße"]
    assert [asked(one) for one in wrong] == [401] * 5
    assert (asked("Bearer falsch"), asked(right), asked(right, "10.0.0.2")) == (429, 429, 200)
    assert asked("", path="/gradio_api/queue/join") == 200  # where the framework asks
    clock[0] += 61
    assert asked(right) == 200


@pytest.mark.parametrize(
    ("cookie", "status"),
    [
        ("access-token-k=t", 200),
        ("access-token-unsecure-k=t", 200),
        ("a=b; access-token-k=alt;access-token-unsecure-k=t", 200),
        ("", 401),
        ("access-token-k=x", 401),
        ("access-token-k=", 401),
        ("access-token-k", 401),
        ("access-token-other=t", 401),
        ("t", 401),
        ("access-token-k=wer", 401),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/cancel"),
        ("POST", "/gradio_api/Cancel/"),
        ("POST", "/gradio_api/reset"),
        ("GET", "/gradio_api/heartbeat/abc"),
    ],
)
def test_guard_asks_for_the_login_where_the_framework_does_not(method, path, cookie, status):
    framework = Framework()
    served = guarded(framework, password=lambda _name, _given: True)
    given = drive(served, path, method=method, headers={"cookie": cookie}, logins={"t": "wer"})
    assert (given[0], bool(framework.seen)) == (status, status == 200)
    if status == 401:
        assert given[2] == "Bitte melden Sie sich an. / Please log in.\n"
    assert drive(guarded(), path, method=method)[0] == 200  # where no password is set


@pytest.mark.parametrize("path", ["/", "/login", "/gradio_api/app_id", "/gradio_api/startup-events"])
def test_guard_asks_for_no_login_where_one_begins(path):
    assert drive(guarded(password=lambda _name, _given: False), path)[0] == 200


def test_guard_remembers_only_so_many_addresses(monkeypatch):
    monkeypatch.setattr(guard, "REMEMBERED_ADDRESSES", 3)
    served = guarded()
    for number in range(10):
        drive(served, "/login", method="POST", chunks=[b"a=b"], client=(f"10.0.0.{number}", 5000))
    assert list(served._logins) == ["10.0.0.7", "10.0.0.8", "10.0.0.9"]


def test_guard_leaves_the_login_form_to_the_framework():
    assert drive(guarded(), "/login", method="POST", chunks=[b"username=a&password=b"])[::2] == (200, "21")


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/monitoring", 403)])
def test_guard_puts_safety_headers_on_every_response(path, status):
    got_status, headers, _ = drive(guarded(), path)
    expected = {name.decode(): value.decode() for name, value in SAFETY_HEADERS.items()}
    own = {"x-own": "1"} if status == 200 else {"content-type": "text/plain; charset=utf-8", "content-length": "54"}
    assert (got_status, headers) == (status, expected | own)


def test_guard_hides_names_that_were_not_checked():
    framework = Framework()
    drive(guarded(framework), headers={"x-forwarded-host": "evil.example", "x-gradio-server": "http://evil.example"})
    assert framework.headers == [(b"host", HOST.encode())]


def test_guard_begins_nothing_new_once_the_program_ends():
    ending = threading.Event()
    served = guarded(ending=ending)
    requests = [("GET", "/"), ("GET", "/gradio_api/queue/data"), ("POST", "/gradio_api/cancel")]
    begun = [("POST", "/gradio_api/queue/join"), ("POST", "/gradio_api/call/ask"), ("POST", "/gradio_api/mcp/")]
    assert {drive(served, path, method=method)[0] for method, path in requests + begun} == {200}
    ending.set()
    assert {drive(served, path, method=method)[0] for method, path in requests} == {200}
    for method, path in begun:
        assert drive(served, path, method=method)[::2] == (
            503,
            "Das Programm wird gerade beendet. / The program is ending.\n",
        )


def test_guard_passes_events_on_at_once_and_tells_of_a_client_that_leaves():
    order = []

    async def stream(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        assert await receive() == {"type": "http.request", "body": b"", "more_body": False}
        order.append((await receive())["type"])

    async def main():
        incoming = [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]

        async def receive():
            return incoming.pop(0)

        async def send(message):
            order.append(message["type"])

        headers = [(b"host", HOST.encode())]
        await guarded(stream)({"type": "http", "method": "GET", "path": "/", "headers": headers}, receive, send)

    asyncio.run(main())
    assert order == ["http.response.start", "http.response.body", "http.disconnect"]


def test_guard_leaves_errors_to_the_framework():
    async def broken(scope, receive, send):
        raise KeyError("own")

    with pytest.raises(KeyError, match="own"):
        drive(guarded(broken))


def test_guard_refuses_websockets():
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    asyncio.run(guarded()({"type": "websocket", "path": "/", "headers": []}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_safe_environment_keeps_the_port_only():
    environ = {
        "GRADIO_ALLOWED_PATHS": "/etc",
        "GRADIO_SHARE": "True",
        "GRADIO_SERVER_PORT": "7870",
        "GRADIO_TEMP_DIR": "/tmp/gradio",
        "HOME": "/home/a",
    }
    safe_environment(environ, Path("/run/own"))
    assert environ == {
        "GRADIO_SERVER_PORT": "7870",
        "GRADIO_TEMP_DIR": "/run/own",
        "TORCHINDUCTOR_CACHE_DIR": "/run/own/torch",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HOME": "/home/a",
    }


# --- against Gradio itself, in a process of its own ---


def serve(port: int, temp_folder: Path) -> None:
    """Run a small page with the settings of the real one, until the process is killed."""
    os.environ["GRADIO_ALLOWED_PATHS"] = "/etc"
    safe_environment(os.environ, temp_folder)
    import gradio as gr
    from starlette.middleware import Middleware

    with gr.Blocks(analytics_enabled=False) as page:
        question, answer, file = gr.Textbox(), gr.Textbox(), gr.File(file_count="single")
        question.submit(lambda text: f"Echo: {text}", question, answer, api_name="echo")
        file.upload(lambda path: str(path), file, answer, api_name="take")
    page.queue(api_open=False, max_size=4)
    middleware = [Middleware(Guard, hosts=(f"127.0.0.1:{port}", f"lan.example:{port}"))]
    page.launch(
        server_name="127.0.0.1",
        server_port=port,
        share=False,
        inbrowser=False,
        show_error=False,
        quiet=True,
        max_file_size="20mb",
        allowed_paths=[],
        strict_cors=True,
        ssr_mode=False,
        num_workers=0,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
        run_history=False,
        footer_links=[],
        app_kwargs={"middleware": middleware, "docs_url": None, "redoc_url": None, "openapi_url": None},
        prevent_thread_lock=True,
    )
    print("ready", flush=True)
    page.block_thread()


class Page:
    """The running page: a client for it, and its process."""

    def __init__(self, client: httpx.Client, process: subprocess.Popen[str]) -> None:
        self.client = client
        self.process = process

    def memory(self) -> int:
        """Return the most memory the process has ever had, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024

    def join(self, name: str, data: list) -> httpx.Response:
        config = self.client.get("/config").json()
        number = next(event["id"] for event in config["dependencies"] if event["api_name"] == name)
        body = {"data": data, "fn_index": number, "session_hash": "sitzung"}
        return self.client.post("/gradio_api/queue/join", json=body)

    def outcome(self) -> dict:
        with self.client.stream("GET", "/gradio_api/queue/data?session_hash=sitzung") as events:
            for line in events.iter_lines():
                if line.startswith("data:") and (event := json.loads(line[5:]))["msg"] == "process_completed":
                    return event
        raise AssertionError("the stream ended without an outcome")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    root = Path(__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, __file__, str(port), str(tmp_path_factory.mktemp("temp"))],
        env=os.environ | {"PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False) as client:
            yield Page(client, process)
    finally:
        process.kill()
        process.wait()


def test_page_answers_through_the_queue(page):
    assert page.client.get("/").status_code == 200
    assert page.join("echo", ["Hallo"]).status_code == 200
    assert page.outcome()["output"]["data"] == ["Echo: Hallo"]


def test_page_takes_an_uploaded_file(page):
    uploaded = page.client.post("/gradio_api/upload", files={"files": ("a.txt", b"Text")})
    [path] = uploaded.json()
    url = f"{page.client.base_url}/gradio_api/file={path}"
    assert Path(path).read_text(encoding="utf-8") == "Text"
    assert page.client.get(url).status_code == 403  # the page never asks for what was uploaded
    file = {"path": path, "url": url, "orig_name": "a.txt", "meta": {"_type": "gradio.FileData"}}
    assert page.join("take", [file]).status_code == 200
    assert page.outcome()["output"]["data"] == [path]


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=http%3A%2F%2Fevil.example",
        "/gradio_api/file=http%253A%252F%252Fevil.example",
        "/gradio_api/proxy=https://a.hf.space/",
        "/gradio_api/deep_link?session_hash=a",
        "/monitoring",
        "/monitoring/summary",
        "/openapi.json",
        "/gradio_api/openapi.json",
        "/gradio_api/runs",
        "/gradio_api/dev/reload",
        "/docs",
    ],
)
def test_page_keeps_files_and_inner_routes_closed(page, path):
    response = page.client.get(path, follow_redirects=False)
    assert (response.status_code, "location" in response.headers) == (403, False)


def test_page_redirects_nowhere_else(page):
    headers = {"x-forwarded-host": "evil.example", "x-gradio-server": "http://evil.example"}
    for path in ("/logout?_target_url=//evil.example", "/", "/config", "/gradio_api/info/"):
        response = page.client.get(path, headers=headers, follow_redirects=False)
        assert "evil.example" not in response.headers.get("location", "") + response.text


@pytest.mark.parametrize("path", ["/", "/config", "/theme.css", "/gradio_api/nothing", "/monitoring"])
def test_page_sends_safety_headers_with_everything(page, path):
    headers = page.client.get(path, headers={"origin": str(page.client.base_url)}).headers
    expected = {name.decode(): value.decode() for name, value in SAFETY_HEADERS.items()}
    assert {name: headers[name] for name in expected} == expected
    assert [name for name in headers if name.startswith("access-control-")] == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"host": "lan.example", "origin": "http://evil.example"}, 403),
    ],
)
@pytest.mark.parametrize("route", ["upload", "preflight", "cancel"])
def test_page_refuses_other_sites(page, route, headers, status):
    if headers.get("host") == "lan.example":
        headers = headers | {"host": f"lan.example:{page.client.base_url.port}"}
    if route == "upload":
        response = page.client.post("/gradio_api/upload", files={"files": ("a.txt", b"x")}, headers=headers)
    elif route == "preflight":
        asked = {"origin": "http://evil.example", "access-control-request-method": "POST"}
        response = page.client.options("/gradio_api/queue/join", headers=asked | headers)
    else:
        response = page.client.post("/gradio_api/cancel", json={}, headers=headers)
    assert response.status_code == status
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("route", ["/gradio_api/queue/join", UPLOAD])
def test_page_bounds_bodies_and_memory(page, route, chunked):
    if route == UPLOAD:  # seven files of 10 MB, since the framework itself stops a single one at 20 MB
        pieces = [multipart(1).partition(b"x\r\n--grenze--")[0], *[b"x" * 100_000] * 100, b"\r\n"] * 7
        headers = MULTIPART
    else:
        pieces = [b"x" * 100_000] * 3
        headers = {"content-type": "application/json"}
    if not chunked:
        headers = headers | {"content-length": str(sum(map(len, pieces)))}
    before = page.memory()
    response = page.client.post(route, content=iter(pieces), headers=headers)
    assert (response.status_code, "höchstens" in response.text) == (413, True)
    assert page.memory() - before < 50_000_000


def test_page_takes_twenty_files_at_most(page):
    for count, status in ((20, 200), (21, 413)):
        files = [("files", (f"{i}.txt", b"x")) for i in range(count)]
        assert page.client.post(UPLOAD, files=files).status_code == status


def test_page_never_calls_the_address_of_a_file(page):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/a.txt"
        file = {"path": address, "meta": {"_type": "gradio.FileData"}}
        assert page.join("take", [file]).status_code == 403
        assert page.client.get(f"/gradio_api/file={address}").status_code == 403
        time.sleep(0.2)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_page_has_no_way_round_the_queue(page):
    for route in ("run", "api"):
        assert page.client.post(f"/gradio_api/{route}/echo", json={"data": ["a"]}).status_code == 403


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
