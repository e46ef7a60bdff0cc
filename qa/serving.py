"""What the chat serves and to whom: its options, the index it opens, the address and the password it asks for."""

import argparse
import errno
import hashlib
import hmac
import importlib.util
import ipaddress
import json
import os
import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from index.command_line import common_options, named_embedder, progress_bar, summary
from index.embedded_model import cache_folder
from index.errors import InputInvalid
from index.files import printable
from index.store import NewsIndex
from qa.guard import App, Receive, Scope, Send
from qa.options import answering_options
from qa.words import PAGE

SAMPLE_ARTICLES = Path(__file__).parent.parent / "articles"
_SHORTEST_PASSWORD = 8  # characters


def serving_parser() -> argparse.ArgumentParser:
    """The options of the chat."""
    parser = argparse.ArgumentParser(
        prog="python app.py", description="Chat with articles.", parents=[common_options(), answering_options()]
    )
    parser.add_argument("--articles", nargs="+", type=Path, metavar="PATH", help="files and folders to add at start")
    parser.add_argument("--host", default="127.0.0.1", help="default 127.0.0.1; another only with a password")
    parser.add_argument("--port", type=int, default=7860, help="default 7860")
    parser.add_argument("--lang", choices=sorted(PAGE), help="language of the page (default: the browser's)")
    shared = parser.add_argument_group("sharing in an office")
    shared.add_argument("--password-file", type=Path, metavar="FILE", help="its first line is asked for, with any name")
    shared.add_argument("--tls-cert", type=Path, metavar="FILE", help="serve https with this certificate")
    shared.add_argument("--tls-key", type=Path, metavar="FILE", help="and this key")
    shared.add_argument(
        "--trusted-network", action="store_true", help="serve others without TLS: all may listen in, passwords too"
    )
    programs = parser.add_argument_group("for other programs")
    programs.add_argument("--api", action="store_true", help="serve the endpoints that README describes to others too")
    programs.add_argument("--mcp", action="store_true", help="serve the same as tools over MCP")
    return parser


def check_address(arguments: argparse.Namespace) -> None:
    """Raise InputInvalid where the page cannot or must not be served, before anything takes time."""
    host, port = arguments.host, arguments.port
    if bool(arguments.tls_cert) != bool(arguments.tls_key):
        raise InputInvalid("--tls-cert and --tls-key belong together; name both or none")
    if arguments.tls_cert:
        _check_certificate(arguments.tls_cert, arguments.tls_key)
    if arguments.mcp and importlib.util.find_spec("mcp") is None:
        raise InputInvalid("--mcp needs the package mcp; install it with: python -m pip install 'gradio[mcp]'")
    if not is_loopback(host):
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise InputInvalid(
                f"--host {host} is no address; name one of this computer, such as 192.168.1.20"
            ) from None
        if not arguments.password_file:
            raise InputInvalid(
                f"--host {host} can be reached by others; ask for a password with --password-file, or serve 127.0.0.1"
            )
        if not (arguments.tls_cert or arguments.trusted_network):
            raise InputInvalid(
                f"--host {host} would send passwords unencrypted; name --tls-cert and --tls-key, or, where nobody can "
                "listen in, --trusted-network"
            )
    if not 1 <= port <= 65535:
        raise InputInvalid(f"--port {port} is no port; name one from 1024 to 65535, such as --port 7860")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise InputInvalid(f"--host {host} is no address of this computer; see its network settings") from error
        raise InputInvalid(f"--port {port} cannot be used ({error}); name another, such as --port 7861") from error


def _check_certificate(certificate: Path, key: Path) -> None:
    for option, path in (("--tls-cert", certificate), ("--tls-key", key)):
        if not path.is_file():
            raise InputInvalid(f"{option} {path} is no file; name one in PEM form")
    try:
        # the empty password keeps OpenSSL from asking for one on the terminal
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except OSError as error:  # SSLError is one
        raise InputInvalid(
            f"--tls-cert {certificate} and --tls-key {key} cannot be used ({error}); name a certificate and its key, "
            "both in PEM form and the key without a password"
        ) from error


def is_loopback(host: str) -> bool:
    """Whether only this computer reaches an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_names(host: str, port: int) -> tuple[str, ...]:
    """The names under which the page may be opened, with the port; of an address for all, those of this computer."""
    names = {f"[{host}]" if ":" in host else host, "localhost", "127.0.0.1"}
    if not is_loopback(host):
        names |= {socket.gethostname(), socket.getfqdn()}
        if ipaddress.ip_address(host).is_unspecified:
            names |= {f"[{address}]" if ":" in address else address for address in _own_addresses()}
    return tuple(sorted(f"{name.lower()}:{port}" for name in names))


def _own_addresses() -> set[str]:
    """The addresses of this computer, as far as it can tell: those of its name, and those that it has for others."""
    found = set()
    with suppress(OSError):  # its name need not be known anywhere
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None)}
    # many systems know their name as 127.0.1.1 only; nothing is sent to these addresses, which are for documentation
    for family, elsewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            found.add(str(probe.getsockname()[0]))
    return found


def password_check(path: Path | None) -> Callable[[str, str], bool] | None:
    """Whether a name and a password let somebody in: any name, and the first line of a file. None for no file.

    Raises InputInvalid where the file cannot be read or its password is too short.
    """
    if path is None:
        return None
    try:
        password = path.read_text(encoding="utf-8-sig").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputInvalid(f"--password-file {path} cannot be read ({error}); name a text file") from error
    if len(password) < _SHORTEST_PASSWORD:
        raise InputInvalid(
            f"--password-file {path} holds no password of {_SHORTEST_PASSWORD} characters or more in its first line"
        )
    wanted = hashlib.sha256(password.encode()).digest()
    return lambda _name, given: hmac.compare_digest(hashlib.sha256(given.encode()).digest(), wanted)


def serves_samples(arguments: argparse.Namespace) -> bool:
    """Whether no index and no articles were named."""
    return not (arguments.index or arguments.articles or os.environ.get("BELEGSTELLE_INDEX"))


def opened_index(arguments: argparse.Namespace) -> NewsIndex:
    """Open the named index, or one in the user's cache for the named articles, and add these."""
    articles = arguments.articles or ([SAMPLE_ARTICLES] if serves_samples(arguments) else [])
    named = arguments.index or os.environ.get("BELEGSTELLE_INDEX")
    if named:
        folder = Path(named).expanduser()
    else:
        places = "\n".join(sorted(str(path.absolute()) for path in articles))
        folder = cache_folder() / "indexes" / hashlib.sha256(places.encode()).hexdigest()[:12]
    embedder = named_embedder(arguments)
    if not articles:
        return NewsIndex(folder, embedder)
    if not arguments.quiet:
        print("preparing the articles; the first time that takes a minute or two", file=sys.stderr, flush=True)
    news_index = NewsIndex.open_or_create(folder, embedder)
    report = news_index.add(articles, progress=progress_bar("files", quiet=arguments.quiet))
    for skipped in report.skipped:
        print(f"skipped {printable(skipped.path)}: {printable(skipped.reason)}", file=sys.stderr)
    if not arguments.quiet:
        print(summary(report), file=sys.stderr)
    return news_index


class Health:
    """Middleware that answers /healthz: that the program is there and, with `details`, with which articles and model.

    Whoever needs a password for the articles is told nothing of them here.
    """

    def __init__(self, app: App, *, news_index: NewsIndex, details: bool) -> None:
        self._app = app
        self._news_index = news_index
        self._details = details

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/healthz":
            await self._app(scope, receive, send)
            return
        told: dict[str, object] = {"ok": True}
        if self._details:
            catalogue = self._news_index.catalogue
            told |= {**catalogue.counts(), "model": catalogue.state("model"), "change": catalogue.sequence}
        body = json.dumps(told, ensure_ascii=False).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
