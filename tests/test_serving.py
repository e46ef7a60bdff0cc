import asyncio
import json
import shutil
import socket
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest
from helpers import CountingEmbedder, impossible_here

from index.errors import IndexMissing, InputInvalid
from index.store import NewsIndex
from qa import serving
from qa.serving import (
    Health,
    check_address,
    host_names,
    is_loopback,
    opened_index,
    password_check,
    serves_samples,
    serving_parser,
)

OTHERS = ["0.0.0.0", "::", "192.168.1.20", "10.0.0.1", "fd00::1", "::ffff:192.168.1.20"]
NAMES = ["example.org", "", "127.0.0.1.example.org", "LOCALHOST.", "127.1", "0x7f000001", " 127.0.0.1", "127.0.0.1:80"]


def options(*arguments: object):
    return serving_parser().parse_args([str(argument) for argument in arguments])


@pytest.fixture(autouse=True)
def _no_named_index(monkeypatch):
    monkeypatch.delenv("BELEGSTELLE_INDEX", raising=False)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def password_file(tmp_path) -> Path:
    path = tmp_path / "passwort.txt"
    path.write_text("geheimnisvoll\n", encoding="utf-8")
    return path


def make_certificates(folder: Path) -> None:
    """Make a.cert with a.key and b.cert with b.key in a folder, and a.locked, which is a.key with a password."""
    openssl = shutil.which("openssl")
    if openssl is None:
        impossible_here("openssl is missing; install it")
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]
    commands = [[*new, "-keyout", f"{name}.key", "-out", f"{name}.cert", "-subj", f"/CN={name}"] for name in "ab"]
    commands.append(["ec", "-in", "a.key", "-aes128", "-passout", "pass:geheim", "-out", "a.locked"])
    for command in commands:
        subprocess.run([openssl, *command], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    return folder


def refusal(arguments) -> str:
    with pytest.raises(InputInvalid) as raised:
        check_address(arguments)
    assert "\n" not in str(raised.value)
    return str(raised.value)


# addresses


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "127.255.255.254", "localhost", "::1"])
def test_is_loopback_knows_what_only_this_computer_reaches(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", [*OTHERS, *NAMES, "128.0.0.1", "126.255.255.255", "::2", "localhost.example.org"])
def test_is_loopback_takes_nothing_else_for_it(host):
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2"])
def test_check_address_lets_loopback_addresses_be_served_without_more(free_port, host):
    check_address(options("--host", host, "--port", free_port))


@pytest.mark.parametrize("host", OTHERS)
def test_check_address_serves_others_with_a_password_only(free_port, host):
    message = f"--host {host} can be reached by others; ask for a password with --password-file, or serve 127.0.0.1"
    assert refusal(options("--host", host, "--port", free_port)) == message
    assert refusal(options("--host", host, "--port", free_port, "--trusted-network")) == message


@pytest.mark.parametrize("host", OTHERS)
def test_check_address_serves_others_with_tls_or_in_a_trusted_network_only(free_port, password_file, host):
    assert refusal(options("--host", host, "--port", free_port, "--password-file", password_file)) == (
        f"--host {host} would send passwords unencrypted; name --tls-cert and --tls-key, or, where nobody can listen "
        "in, --trusted-network"
    )


def test_check_address_lets_others_be_served_with_a_password_in_a_trusted_network(free_port, password_file):
    check_address(
        options("--host", "0.0.0.0", "--port", free_port, "--password-file", password_file, "--trusted-network")
    )


def test_check_address_lets_others_be_served_with_a_password_and_tls(free_port, password_file, certificates):
    tls = ["--tls-cert", certificates / "a.cert", "--tls-key", certificates / "a.key"]
    check_address(options("--host", "0.0.0.0", "--port", free_port, "--password-file", password_file, *tls))


@pytest.mark.parametrize("more", [[], ["--trusted-network", "--password-file", "x"]])
@pytest.mark.parametrize("host", NAMES)
def test_check_address_takes_addresses_only(free_port, host, more):
    assert refusal(options("--host", host, "--port", free_port, *more)) == (
        f"--host {host} is no address; name one of this computer, such as 192.168.1.20"
    )


@pytest.mark.parametrize("host", ["192.0.2.77", "2001:db8::77"])
def test_check_address_tells_that_an_address_is_not_of_this_computer(free_port, password_file, host):
    others = ["--password-file", password_file, "--trusted-network"]
    assert refusal(options("--host", host, "--port", free_port, *others)) == (
        f"--host {host} is no address of this computer; see its network settings"
    )


# ports


@pytest.mark.parametrize("port", [0, -1, 65536, 10**9])
def test_check_address_refuses_what_is_no_port(port):
    assert refusal(options("--port", port)) == (
        f"--port {port} is no port; name one from 1024 to 65535, such as --port 7860"
    )


def test_check_address_tells_that_a_port_is_taken():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        message = refusal(options("--port", port))
    assert message.startswith(f"--port {port} cannot be used (")
    assert message.endswith("); name another, such as --port 7861")


def test_check_address_leaves_the_port_free(free_port):
    check_address(options("--port", free_port))
    check_address(options("--port", free_port))


# TLS


@pytest.mark.parametrize("option", ["--tls-cert", "--tls-key"])
def test_check_address_takes_certificate_and_key_together_only(free_port, certificates, option):
    assert refusal(options("--port", free_port, option, certificates / "a.key")) == (
        "--tls-cert and --tls-key belong together; name both or none"
    )


@pytest.mark.parametrize(("option", "other"), [("--tls-cert", "--tls-key"), ("--tls-key", "--tls-cert")])
@pytest.mark.parametrize("name", ["fehlt.pem", "."])
def test_check_address_tells_that_a_certificate_or_key_is_no_file(
    free_port, password_file, tmp_path, option, other, name
):
    path = tmp_path / name
    assert refusal(options("--port", free_port, option, path, other, password_file)) == (
        f"{option} {path} is no file; name one in PEM form"
    )


@pytest.mark.parametrize(
    ("certificate", "key"), [("a.cert", "b.key"), ("a.key", "a.cert"), ("a.cert", "a.locked"), ("a.cert", "leer"),
                             ("text", "a.key"), ("text", "text")],
)  # fmt: skip
def test_check_address_tells_that_certificate_and_key_cannot_be_used(free_port, certificates, certificate, key):
    (certificates / "leer").write_bytes(b"")
    (certificates / "text").write_text("Das Bad öffnet im Mai.\n", encoding="utf-8")
    paths = certificates / certificate, certificates / key
    message = refusal(options("--port", free_port, "--tls-cert", paths[0], "--tls-key", paths[1]))
    assert message.startswith(f"--tls-cert {paths[0]} and --tls-key {paths[1]} cannot be used (")
    assert message.endswith("); name a certificate and its key, both in PEM form and the key without a password")


def test_check_address_lets_a_loopback_address_be_served_with_tls(free_port, certificates):
    check_address(
        options("--port", free_port, "--tls-cert", certificates / "a.cert", "--tls-key", certificates / "a.key")
    )


# MCP


def test_check_address_tells_what_mcp_needs(free_port, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp", None)
    assert refusal(options("--port", free_port, "--mcp")) == (
        "--mcp needs the package mcp; install it with: python -m pip install 'gradio[mcp]'"
    )


def test_check_address_lets_mcp_be_served_where_it_is_installed(free_port, monkeypatch):
    installed = ModuleType("mcp")
    installed.__spec__ = ModuleSpec("mcp", None)
    monkeypatch.setitem(sys.modules, "mcp", installed)
    check_address(options("--port", free_port, "--mcp"))


# host names


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("127.0.0.1", ("127.0.0.1:7860", "localhost:7860")),
        ("localhost", ("127.0.0.1:7860", "localhost:7860")),
        ("127.0.0.2", ("127.0.0.1:7860", "127.0.0.2:7860", "localhost:7860")),
        ("::1", ("127.0.0.1:7860", "[::1]:7860", "localhost:7860")),
    ],
)
def test_host_names_of_a_loopback_address_are_those_of_loopback(host, names):
    assert host_names(host, 7860) == names


@pytest.mark.parametrize(("host", "name"), [("192.168.1.20", "192.168.1.20:81"), ("FD00::1", "[fd00::1]:81")])
def test_host_names_of_an_address_are_it_and_the_names_of_this_computer(host, name):
    own = {socket.gethostname().lower(), socket.getfqdn().lower(), "localhost", "127.0.0.1"}
    assert host_names(host, 81) == tuple(sorted({name, *(f"{one}:81" for one in own)}))


def address_for_others() -> str | None:
    """The address from which this computer would send to another; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_host_names_of_an_address_for_all_hold_those_of_this_computer(monkeypatch, host):
    found = [(socket.AF_INET, ("127.0.1.1", 0)), (socket.AF_INET6, ("fd00::5", 0, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [(family, 1, 6, "", place) for family, place in found])
    names = host_names(host, 7860)
    own = ["127.0.0.1", "127.0.1.1", "[fd00::5]", "localhost", socket.gethostname().lower(), address_for_others()]
    assert {f"{name}:7860" for name in own if name} <= set(names)
    assert list(names) == sorted(set(names))


def test_host_names_do_without_a_name_that_nobody_knows(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "niemandes-rechner.invalid")
    assert "niemandes-rechner.invalid:7860" in host_names("0.0.0.0", 7860)


# the password


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (b"geheimnisvoll", "geheimnisvoll"),
        (b"geheimnisvoll\n", "geheimnisvoll"),
        (b"geheimnisvoll\r\nsonst etwas\n", "geheimnisvoll"),
        (b"  geheim nis \t\n", "geheim nis"),
        (b"\xef\xbb\xbfgeheimnisvoll\n", "geheimnisvoll"),  # as Windows writes it
        ("schlüssel".encode(), "schlüssel"),
        (b"12345678", "12345678"),
    ],
)
def test_password_check_asks_for_the_first_line_with_any_name(tmp_path, content, password):
    path = tmp_path / "passwort.txt"
    path.write_bytes(content)
    check = password_check(path)
    assert [check(name, password) for name in ("", "wer", "admin")] == [True, True, True]
    wrong = [
        "",
        password[:-1],
        f"{password} ",
        password.upper() if password.islower() else "x",
        "sonst etwas",
        "\u0000",
    ]
    assert [check("wer", given) for given in wrong] == [False] * len(wrong)


@pytest.mark.parametrize("content", [b"", b"\n", b"kurz\n", b"1234567", b"   1234567   ", b"\ngeheimnisvoll\n"])
def test_password_check_refuses_a_short_password_without_telling_it(tmp_path, content):
    path = tmp_path / "passwort.txt"
    path.write_bytes(content)
    with pytest.raises(InputInvalid) as raised:
        password_check(path)
    assert str(raised.value) == f"--password-file {path} holds no password of 8 characters or more in its first line"


@pytest.mark.parametrize("kind", ["missing", "folder", "bytes"])
def test_password_check_tells_that_a_file_cannot_be_read(tmp_path, kind):
    path = tmp_path / "passwort.txt"
    if kind == "folder":
        path.mkdir()
    elif kind == "bytes":
        path.write_bytes(b"geheimnis\xff\xfe\n")
    with pytest.raises(InputInvalid) as raised:
        password_check(path)
    message = str(raised.value)
    assert message.startswith(f"--password-file {path} cannot be read (")
    assert message.endswith("); name a text file")
    assert "\n" not in message


def test_password_check_of_no_file_asks_for_nothing():
    assert password_check(None) is None


# options and the index


def test_serving_parser_is_careful_unless_told_otherwise():
    chosen = vars(options())
    careful = {"index": None, "articles": None, "host": "127.0.0.1", "port": 7860, "lang": None, "password_file": None}
    careful |= {"tls_cert": None, "tls_key": None, "trusted_network": False, "api": False, "mcp": False}
    assert {name: chosen[name] for name in careful} == careful


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "viele"],
        ["--lang", "ru"],
        ["--articles"],
        ["rest"],
        ["--password-file"],
        ["--share"],
        ["--auth", "x"],
    ],
)
def test_serving_parser_exits_with_2_where_it_is_wrongly_used(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        options(*arguments)
    assert stopped.value.code == 2


def test_serves_samples_where_no_index_and_no_articles_are_named(monkeypatch):
    assert serves_samples(options())
    assert not serves_samples(options("--index", "x"))
    assert not serves_samples(options("--articles", "x"))
    monkeypatch.setenv("BELEGSTELLE_INDEX", "x")
    assert not serves_samples(options())


def test_opened_index_of_a_folder_that_holds_none_is_missing(tmp_path):
    with pytest.raises(IndexMissing) as raised:
        opened_index(options("--index", tmp_path / "fehlt"))
    assert str(raised.value).startswith(str(tmp_path / "fehlt"))
    assert not (tmp_path / "fehlt").exists()


@pytest.mark.parametrize("by_variable", [False, True])
def test_opened_index_is_the_named_one(tmp_path, monkeypatch, by_variable):
    NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder()).close()
    if by_variable:
        monkeypatch.setenv("BELEGSTELLE_INDEX", str(tmp_path / "index"))
    news_index = opened_index(options(*([] if by_variable else ["--index", tmp_path / "index"])))
    assert (news_index.folder, news_index.entries()) == (tmp_path / "index", [])
    news_index.close()


@pytest.fixture
def _loaded_model(embedder, monkeypatch):
    """Spare each index loading the embedded model once more."""
    monkeypatch.setattr(serving, "named_embedder", lambda arguments: embedder)


@pytest.mark.usefixtures("_loaded_model")
def test_opened_index_adds_the_named_articles_and_tells_what_it_skipped(tmp_path, write_article, capsys):
    write_article("bad.txt", "Das Bad öffnet im Mai.", title="Bad")
    missing = tmp_path / "fehlt\x1b[2J.txt"
    news_index = opened_index(
        options("--index", tmp_path / "index", "--articles", tmp_path / "news", missing, "--quiet")
    )
    assert [entry.article.title for entry in news_index.entries()] == ["Bad"]
    news_index.close()
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"skipped {tmp_path}/fehlt\\x1b[2J.txt: does not exist\n")


@pytest.mark.usefixtures("_loaded_model")
def test_opened_index_of_articles_alone_lies_in_the_cache_one_for_the_same_articles(
    tmp_path, write_article, monkeypatch
):
    monkeypatch.setenv("BELEGSTELLE_CACHE", str(tmp_path / "cache"))
    one = write_article("bad.txt", "Das Bad öffnet im Mai.", title="Bad")
    other = write_article("moor.txt", "Das Moor ist nass.", title="Moor")
    folders = []
    for articles in ([one, other], [other, one], [one]):
        news_index = opened_index(options("--articles", *articles, "--quiet"))
        folders.append(news_index.folder)
        news_index.close()
    assert folders[0] == folders[1] != folders[2]
    assert {folder.parent for folder in folders} == {tmp_path / "cache" / "indexes"}


# health


@pytest.mark.parametrize("details", [True, False])
def test_health_tells_what_is_served_to_those_who_may_know(tmp_path, write_article, details):
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    news_index.add([write_article("bad.txt", "Das Bad öffnet im Mai. Es hat 25 Bahnen.")])
    sent = []

    async def framework(scope, receive, send):
        sent.append(scope["path"])

    async def send(message):
        sent.append(message)

    health = Health(framework, news_index=news_index, details=details)
    for path in ("/healthz", "/", "/healthz/x"):
        asyncio.run(health({"type": "http", "path": path}, None, send))
    start, body, *others = sent
    known = {"articles": 1, "passages": 1, "sentences": 2, "model": "counting", "change": news_index.catalogue.sequence}
    assert (start["status"], others) == (200, ["/", "/healthz/x"])
    assert json.loads(body["body"]) == {"ok": True, **(known if details else {})}
    news_index.close()
