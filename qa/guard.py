"""What stands between the network and the page: ASGI middleware that refuses requests, and the environment Gradio sees.

The order of the checks: Host, Origin, path, whether the program is ending, login, size of the body, content of the
body. A request that fails one never reaches the framework, and its answer is one line of plain text.
"""

import json
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Gradio puts its page's settings into inline scripts and its styles into inline elements, and sets a base; all else
# is narrowed to this server, so that no text on the page can make the browser call another host.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
SAFETY_HEADERS = {
    b"content-security-policy": CONTENT_SECURITY_POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"x-frame-options": b"DENY",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
}

# What the page, the login, and the clients of endpoints and MCP ask for; all else that the framework serves is closed.
OPEN_ROUTES = re.compile(
    r"/|/(?:config|theme\.css|favicon\.ico|robots\.txt|manifest\.json|login|logout|healthz)/?|/(?:assets|static)/.+"
    r"|/gradio_api/(?:(?:info|theme\.css|app_id|login_check|startup-events|upload|upload_progress|cancel|reset)/?"
    r"|queue/(?:join|data)|heartbeat/[^/]+|call/(?:v2/)?[^/]+(?:/[^/]*)?|mcp(?:/.*)?)"
)
# Of these, what the framework would serve without a login where a password is set. The page's files, app_id (by which a
# page notices that the program was started anew) and startup-events (which the framework asks of itself) stay open.
MEMBERS_ROUTES = re.compile(r"/gradio_api/(?:(?:cancel|reset)/?|heartbeat/[^/]+)")
TOOLS_ROUTE = "/gradio_api/mcp"
CANCEL_ROUTE = "/gradio_api/cancel"
UPLOAD_ROUTE = "/gradio_api/upload"
LOGIN_ROUTE = "/login"
MULTIPART = re.compile(rb"multipart/form-data; ?boundary=([0-9A-Za-z_-]{1,70})")
MAX_DEPTH = 100  # of nested JSON; a chat needs fewer than 20
# Gradio would build redirects from the first two, and hands on the third, which has been checked by then
KEPT_BACK = frozenset({b"x-forwarded-host", b"x-gradio-server", b"authorization"})
LOGIN_TRIES = 5  # of an address within LOGIN_SECONDS
LOGIN_SECONDS = 60.0
REMEMBERED_ADDRESSES = 1000
INSPECTED = "guard.inspected"  # key in the scope of a request that has passed
DEFAULT_PORTS = {"http": "80", "https": "443"}


class _RefusedError(Exception):
    """The request ends here, with this status and this line."""

    def __init__(self, status: int, german: str, english: str) -> None:
        super().__init__(f"{german} / {english}\n")
        self.status = status


class Guard:
    """Middleware that lets only the page's own requests through, and puts safety headers on every response.

    `hosts` are the names under which the page is opened, with port ("localhost:7860"); a name without one means the
    default port of the scheme. Behind a proxy that ends TLS, it must hand on Host and X-Forwarded-Proto. `max_body`
    and `max_upload` are bytes of one request, `max_files` the files in one upload. Once `ending` is set, nothing new is
    begun: what was asked before can still be answered. With a `password` check, which takes a name and a password, the
    tools over MCP are for those who send it as a bearer token, and `MEMBERS_ROUTES` for those who are logged in; the
    framework asks for nothing there.
    """

    def __init__(
        self,
        app: App,
        *,
        hosts: Iterable[str],
        max_body: int = 256_000,
        max_upload: int = 64_000_000,
        max_files: int = 20,
        ending: threading.Event | None = None,
        password: Callable[[str, str], bool] | None = None,
    ) -> None:
        self._app = app
        self._hosts = tuple(hosts)
        self._max_body = max_body
        self._max_upload = max_upload
        self._max_files = max_files
        self._ending = ending
        self._password = password
        self._logins: OrderedDict[str, list[float]] = OrderedDict()  # when each address tried, the latest last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()  # the protocol has the connect message read before the answer
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http" and INSPECTED not in scope:
            scope[INSPECTED] = True
            await self._handle(scope, receive, send)
        else:
            if scope["type"] == "lifespan":
                self._move_outside(scope.get("app"))
            await self._app(scope, receive, send)

    def _move_outside(self, framework: Any) -> None:
        """Wrap the framework's whole stack once more, before its first request.

        Gradio puts its CORS middleware, and Starlette its error page, outside of any middleware one can name to
        them: preflights would be answered, and errors sent, past the guard. The inner guard then lets pass what the
        outer one has inspected, and still stands where nobody sends lifespan events.
        """
        stack = getattr(framework, "middleware_stack", None)
        if stack is not None and not isinstance(stack, Guard):
            framework.middleware_stack = Guard(
                stack,
                hosts=self._hosts,
                max_body=self._max_body,
                max_upload=self._max_upload,
                max_files=self._max_files,
                ending=self._ending,
                password=self._password,
            )

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = _Exchange(receive, send)
        try:
            origin = _check_origin(scope, self._hosts)
            route = _check_path(scope["path"])
            if self._ending and self._ending.is_set() and scope["method"] == "POST" and route != CANCEL_ROUTE:
                raise _RefusedError(503, "Das Programm wird gerade beendet.", "The program is ending.")
            if scope["method"] == "POST" and route.endswith(LOGIN_ROUTE):
                self._count_login(_address(scope))
            if self._password and route.startswith(TOOLS_ROUTE):
                self._check_token(scope, self._password)
            if self._password and MEMBERS_ROUTES.fullmatch(route):
                _check_login(scope)
            if scope["method"] == "POST" and route.endswith(UPLOAD_ROUTE):
                boundary = _multipart_boundary(_header(scope, b"content-type"))
                exchange.limit(_content_length(scope), self._max_upload)
                exchange.count_parts(boundary, self._max_files)
            else:
                exchange.limit(_content_length(scope), self._max_body)
                body = await exchange.read_whole()
                if body is None:
                    return
                if body and not route.endswith(LOGIN_ROUTE):
                    _check_json(body, origin)
            headers = [header for header in scope["headers"] if header[0].lower() not in KEPT_BACK]
            await self._app({**scope, "headers": headers}, exchange.receive, exchange.send)
        except _RefusedError as refusal:
            exchange.refusal = refusal
        await exchange.send_refusal()

    def _check_token(self, scope: Scope, password: Callable[[str, str], bool]) -> None:
        """Refuse whoever does not send the password, and tries too many."""
        kind, _, token = "".join(_header(scope, b"authorization")).partition(" ")
        right = kind.lower() == "bearer" and password("", token.encode("latin-1").decode("utf-8", "replace"))
        self._count_login(_address(scope), failed=not right)
        if not right:
            raise _RefusedError(401, "Das Passwort fehlt oder ist falsch.", "The password is missing or wrong.")

    def _count_login(self, address: str, *, failed: bool = True) -> None:
        """Refuse whoever tries passwords."""
        now = time.monotonic()
        tries = [at for at in self._logins.pop(address, []) if now - at < LOGIN_SECONDS]
        self._logins[address] = [*tries, now][-LOGIN_TRIES:] if failed else tries
        if len(self._logins) > REMEMBERED_ADDRESSES:
            self._logins.popitem(last=False)
        if len(tries) >= LOGIN_TRIES:
            raise _RefusedError(
                429,
                "Zu viele Anmeldungen; bitte in einer Minute noch einmal.",
                "Too many logins; try again in a minute.",
            )


class _Exchange:
    """One request and its response: counts what comes in, adds the safety headers to what goes out."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.refusal: _RefusedError | None = None
        self._receive = receive
        self._send = send
        self._started = False
        self._limit = 0
        self._received = 0
        self._replay: bytes | None = None
        self._delimiter = b""
        self._delimiters_left = 0
        self._tail = b""

    def limit(self, announced: int, limit: int) -> None:
        """Refuse a body that is announced, or turns out, to have more than `limit` bytes."""
        self._limit = limit
        if announced > limit:
            raise self._too_large()

    def count_parts(self, boundary: bytes, limit: int) -> None:
        """Refuse a multipart body of more than `limit` parts, each opened by a delimiter; one more closes the last."""
        self._delimiter = b"--" + boundary
        self._delimiters_left = limit + 1

    async def read_whole(self) -> bytes | None:
        """Return the body and keep it for the framework; None when the client left before its end."""
        chunks = []
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                return None
            chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                self._replay = b"".join(chunks)
                return self._replay

    async def receive(self) -> Message:
        if self._replay is not None:
            body, self._replay = self._replay, None
            return {"type": "http.request", "body": body, "more_body": False}
        message = await self._receive()
        if message["type"] == "http.request":
            try:
                self._count(message.get("body", b""))
            except _RefusedError as refusal:
                self.refusal = refusal  # the framework may swallow the exception
                raise
        return message

    def _count(self, chunk: bytes) -> None:
        self._received += len(chunk)
        if self._received > self._limit:
            raise self._too_large()
        if self._delimiter:
            seen = self._tail + chunk
            self._delimiters_left -= seen.count(self._delimiter)
            self._tail = seen[1 - len(self._delimiter) :]  # a delimiter may be cut by the end of the chunk
            if self._delimiters_left < 0:
                raise _RefusedError(413, "Zu viele Dateien auf einmal.", "Too many files in one request.")

    def _too_large(self) -> _RefusedError:
        return _RefusedError(
            413,
            f"Die Anfrage ist zu groß (höchstens {self._limit} Bytes).",
            f"The request is too large (at most {self._limit} bytes).",
        )

    async def send(self, message: Message) -> None:
        if self.refusal is not None and not self._started:
            return  # what the framework makes of a body that was cut off; the refusal is sent instead
        if message["type"] == "http.response.start":
            self._started = True
            message = {**message, "headers": _with_safety_headers(message.get("headers", ()))}
        await self._send(message)

    async def send_refusal(self) -> None:
        if self.refusal is None or self._started:
            return
        body = str(self.refusal).encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
        await self._send(
            {"type": "http.response.start", "status": self.refusal.status, "headers": _with_safety_headers(headers)}
        )
        await self._send({"type": "http.response.body", "body": body})


def safe_environment(environ: MutableMapping[str, str], temp_folder: Path) -> None:
    """Take from `environ` what would change Gradio's settings behind our back; call it before `import gradio`.

    An empty `allowed_paths` does not switch off GRADIO_ALLOWED_PATHS, and GRADIO_SHARE and others open further doors,
    so every GRADIO_ variable but the port goes. Uploads are kept in `temp_folder`, nothing is reported to anybody.
    PyTorch makes a folder for compiled code as soon as it is imported; it goes the same way as the uploads.
    """
    for name in [name for name in environ if name.upper().startswith("GRADIO_") and name != "GRADIO_SERVER_PORT"]:
        del environ[name]
    environ["GRADIO_TEMP_DIR"] = str(temp_folder)
    environ["TORCHINDUCTOR_CACHE_DIR"] = str(temp_folder / "torch")
    environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def _address(scope: Scope) -> str:
    return str((scope.get("client") or ("",))[0])


def _header(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]


def _with_safety_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    kept = [
        (name, value)
        for name, value in headers
        if name.lower() not in SAFETY_HEADERS and not name.lower().startswith(b"access-control-")
    ]
    return [*kept, *SAFETY_HEADERS.items()]


def _with_port(host: str, scheme: str) -> str:
    host = host.lower()
    has_port = ":" in host.rpartition("]")[2]  # an IPv6 address has its colons in brackets
    return host if has_port else f"{host}:{DEFAULT_PORTS.get(scheme, '')}"


def _check_origin(scope: Scope, hosts: Iterable[str]) -> str:
    """Return the page's own origin, as the client wrote it; a foreign Host or Origin is refused.

    A foreign Host means that another site's name leads here (DNS rebinding), a foreign Origin that another site's
    page sends.
    """
    scheme = scope.get("scheme", "http")
    allowed = {_with_port(host, scheme) for host in hosts}
    named = _header(scope, b"host")
    if len(named) != 1 or _with_port(named[0], scheme) not in allowed:
        raise _RefusedError(421, "Dieser Rechnername wird nicht bedient.", "This host name is not served.")
    own = _with_port(named[0], scheme)
    for origin in _header(scope, b"origin"):
        origin_scheme, _, origin_host = origin.lower().partition("://")
        if origin_scheme != scheme or _with_port(origin_host, scheme) != own:
            raise _RefusedError(403, "Anfragen fremder Seiten sind gesperrt.", "Requests of other sites are refused.")
    # Other ports of the same machine are "same-site", so that is not good enough either; "none" is the person.
    if scope["method"] != "GET" and not set(_header(scope, b"sec-fetch-site")) <= {"same-origin", "none"}:
        raise _RefusedError(403, "Anfragen fremder Seiten sind gesperrt.", "Requests of other sites are refused.")
    return f"{scheme}://{named[0]}"


def _check_path(path: str) -> str:
    """Return the path in lower case, with `/` for `\\`; refuse what the page never asks for.

    The server has decoded `path` once; what is still encoded is nobody's file name. `//` stands in URLs and network
    paths only, `..` in ways out.
    """
    route = path.replace("\\", "/").lower()
    segments = route.split("/")
    if unquote(path) != path or "//" in route or ".." in segments or not OPEN_ROUTES.fullmatch(route):
        raise _RefusedError(403, "Diese Adresse ist gesperrt.", "This address is closed.")
    return route


def _check_login(scope: Scope) -> None:
    """Refuse whoever does not send the cookie of a login, by which the framework itself tells who somebody is."""
    framework = scope["app"]
    pairs = (pair.strip().partition("=") for line in _header(scope, b"cookie") for pair in line.split(";"))
    cookies = {name: value for name, _, value in pairs}
    names = (f"access-token-{framework.cookie_id}", f"access-token-unsecure-{framework.cookie_id}")
    if not any(cookies.get(name) in framework.tokens for name in names):
        raise _RefusedError(401, "Bitte melden Sie sich an.", "Please log in.")


def _content_length(scope: Scope) -> int:
    """Return 0 where none is announced, as in a chunked request."""
    values = _header(scope, b"content-length")
    if not values:
        return 0
    if len(values) > 1 or not re.fullmatch("[0-9]{1,18}", values[0]):
        raise _RefusedError(400, "Die Länge der Anfrage ist unverständlich.", "The content length is not a number.")
    return int(values[0])


def _multipart_boundary(content_types: list[str]) -> bytes:
    """Return the boundary; forms that browsers never write are refused, since parsers read them in several ways."""
    match = MULTIPART.fullmatch(content_types[0].encode("latin-1")) if len(content_types) == 1 else None
    if match is None:
        raise _RefusedError(400, "Hier werden nur Dateien angenommen.", "Only files are accepted here.")
    return match[1]


def _check_json(body: bytes, origin: str) -> None:
    """Refuse what is not JSON, is nested too deeply, or names a file by a URL, which the framework would fetch.

    A page sends the URL of an uploaded file along with its path: below its own origin, that is harmless.
    """
    try:
        layer = [json.loads(body)]
    except (ValueError, RecursionError):
        raise _RefusedError(400, "Die Anfrage ist kein gültiges JSON.", "The request is not valid JSON.") from None
    for _ in range(MAX_DEPTH):
        deeper: list[Any] = []
        for value in layer:
            if isinstance(value, dict):
                _check_file(value, origin)
                deeper.extend(value.values())
            elif isinstance(value, list):
                deeper.extend(value)
        if not deeper:
            return
        layer = deeper
    raise _RefusedError(400, "Die Anfrage ist zu tief verschachtelt.", "The request is nested too deeply.")


def _check_file(value: dict[str, Any], origin: str) -> None:
    path, url = value.get("path"), value.get("url")
    if (isinstance(path, str) and "://" in path) or (isinstance(url, str) and "://" in url.removeprefix(f"{origin}/")):
        raise _RefusedError(403, "Adressen im Netz werden nicht abgerufen.", "URLs are not fetched.")
