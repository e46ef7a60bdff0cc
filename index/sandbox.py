"""Gets the articles out of a file in a process of its own, which can be given up when the file is a trap.

A parser that is given a hostile file can take forever, take all the memory, or crash. So it runs in a child process
with limits, counted anew for every file; a child that breaks one ends, and the next file gets a new child. The child
talks to its parent in JSON, never in pickle: what an attacker has taken over must not be able to hand over objects.
"""

import atexit
import contextlib
import importlib
import json
import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from index.errors import ArticleUnreadable
from index.formats import Extracted, extract
from index.types import Extract

try:
    import resource
except ImportError:  # Windows; the time limit is all there is
    resource = None  # type: ignore[assignment]

MEMORY = 1 << 30  # bytes above what a child has at its start
CPU_SECONDS = 20
WALL_SECONDS = 30
MOST_CHARACTERS = 20_000_000  # of all the articles in a file

_START_SECONDS = 120
_SECONDS_PER_MEMBER = 0.2  # an archive has as much time as its files need, of which index.formats reads at most 1,000
_MOST_MEMBERS = 1_000
_WORN = MEMORY // 4  # a child that keeps so much more memory than at its start is replaced
_MOST_RESPONSE = 14 * MOST_CHARACTERS  # bytes; a character takes up to twelve in JSON, and the names come on top
_OUT_OF_TIME = -signal.SIGXCPU if hasattr(signal, "SIGXCPU") else None  # the return code of such a child
_PLAIN = frozenset({".txt", ".text"})
_SAVE_AS_TEXT = "save its text as plain text (.txt)"


def extract_limited(data: bytes, ending: str) -> Extracted:
    """As index.formats.extract, within limits of time, memory and output; plain text needs no parser, and no child."""
    extracted = extract(data, ending) if ending.lower() in _PLAIN else _reader.run(data, ending)
    characters = _characters(extracted)
    if characters > MOST_CHARACTERS:
        raise _too_long()
    return extracted


def _too_long() -> ArticleUnreadable:
    return ArticleUnreadable(f"holds more than {MOST_CHARACTERS:,} characters; split it into single articles")


def _characters(extracted: Extracted) -> int:
    texts = sum(len(article.text) + len(article.title or "") for article in extracted.articles)
    return texts + sum(len(record) + len(reason) for record, reason in extracted.faults)


# ---- in the parent ----


class Reader:
    """Runs a function (data, ending) -> Extracted in a child process, which is started when it is first needed.

    The child is kept for many files, one at a time; several threads may call `run`.
    """

    def __init__(
        self,
        function: str = "index.formats:extract",
        *,
        memory: int = MEMORY,
        cpu_seconds: int = CPU_SECONDS,
        wall_seconds: float = WALL_SECONDS,
    ) -> None:
        self._function = function  # "module:name", as the child is to import it
        self._memory = memory
        self._cpu_seconds = cpu_seconds
        self._wall_seconds = wall_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def run(self, data: bytes, ending: str) -> Extracted:
        """What the function returns; ArticleUnreadable where it raises that, breaks a limit, or crashes the child."""
        # Counted by the bytes that begin each entry of an archive's directory; elsewhere there are hardly any.
        more_seconds = min(data.count(b"PK\x01\x02"), _MOST_MEMBERS) * _SECONDS_PER_MEMBER
        header = json.dumps({"ending": ending, "seconds": self._cpu_seconds + more_seconds, "bytes": len(data)})
        with self._lock:
            response = self._ask(header.encode("ascii") + b"\n" + data, self._wall_seconds + more_seconds)
        if reason := response.get("error"):
            raise ArticleUnreadable(reason)
        return Extracted(
            [Extract(**article) for article in response["articles"]],
            [(record, reason) for record, reason in response["faults"]],
        )

    def close(self) -> None:
        """End the child, if there is one."""
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was left to be written has nobody to read it any more
                    pipe.close()

    def _ask(self, request: bytes, seconds: float) -> dict[str, Any]:
        if self._child is not None and self._child.poll() is not None:
            self.close()
        try:
            child = self._child or self._start()
            response, timed_out = _exchange(child, request, seconds)
        except BaseException:  # as when the person interrupts: an answer that comes now would be taken for the next one
            self.close()
            raise
        if response is None or timed_out or response.get("last"):
            returncode = None if response is not None else child.wait()
            self.close()
            if response is None:
                raise ArticleUnreadable(_why_it_ended(returncode, timed_out=timed_out))
        return response

    def _start(self) -> subprocess.Popen[bytes]:
        # Not multiprocessing, whose children import the main module again, here with all of the models and the page.
        # -P, lest a folder with a file json.py be a place to import from.
        root = str(Path(__file__).resolve().parent.parent)
        command = (
            "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); sys.path.insert(0, sys.argv[1]); "
            "from index.sandbox import serve; serve(sys.argv[2], int(sys.argv[3]))"
        )
        not_started = ArticleUnreadable(
            "cannot be read now, since the process that reads such files does not start; "
            "close other programs, or check the installation, and add it again"
        )
        try:
            child = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                [sys.executable, "-P", "-B", "-c", command, root, self._function, str(self._memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # so that Ctrl-C reaches the parent alone
            )
        except OSError as error:
            raise not_started from error
        self._child = child
        ready, _ = _exchange(child, b"", _START_SECONDS)
        if ready is None:
            raise not_started
        return child


def _exchange(child: subprocess.Popen[bytes], request: bytes, seconds: float) -> tuple[dict[str, Any] | None, bool]:
    """The child's response, or None where it did not give a whole one, and whether it was killed for its time."""
    timed_out = threading.Event()

    def give_up() -> None:
        timed_out.set()
        child.kill()

    timer = threading.Timer(seconds, give_up)  # and not select(), which Windows has only for sockets
    timer.daemon = True
    timer.start()
    try:
        response = _send_and_receive(child, request)
    finally:
        timer.cancel()
        timer.join()  # if it has begun to give up, it shall not kill the child in the middle of the next file
    return response, timed_out.is_set()


def _send_and_receive(child: subprocess.Popen[bytes], request: bytes) -> dict[str, Any] | None:
    if child.stdin is None or child.stdout is None:
        return None
    try:
        child.stdin.write(request)
        child.stdin.flush()
    except OSError:  # it ended before it had read everything
        return None
    length = child.stdout.readline(20).strip()
    if not length.isdigit() or int(length) > _MOST_RESPONSE:
        child.kill()
        return None
    body = child.stdout.read(int(length))
    if len(body) < int(length):
        return None
    try:
        response = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return response if isinstance(response, dict) else None


def _why_it_ended(returncode: int | None, *, timed_out: bool) -> str:
    if timed_out or (returncode is not None and returncode == _OUT_OF_TIME):
        return f"takes too long to read; {_SAVE_AS_TEXT}"
    return f"makes the program that reads it crash, so it is damaged or made to do harm; {_SAVE_AS_TEXT}"


_reader = Reader()
atexit.register(_reader.close)


# ---- in the child ----

# What no parser has to do, as sys.audit names it.
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "os.remove", "os.rename")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_PRELOADED = ("index.webpage", "pypdf", "striprtf.striprtf")  # what index.formats imports when it needs it


def serve(function: str, memory: int) -> None:
    """Answer requests on standard input with what `function` ("module:name") returns, until there are no more.

    A request is a line of JSON and the bytes of a file, a response a line with its length and JSON.
    """
    requests = sys.stdin.buffer
    responses = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a parser prints is no response
    for module in _PRELOADED:
        importlib.import_module(module)
    module_name, _, name = function.partition(":")
    run: Callable[[bytes, str], Extracted] = getattr(importlib.import_module(module_name), name)
    _limit(memory)
    at_start = _address_space()
    _respond(responses, json.dumps({"ready": True}))
    while line := requests.readline():
        request = json.loads(line)
        data = requests.read(request["bytes"])
        _limit_time(math.ceil(request["seconds"]))
        try:
            body = _encode(run(data, request["ending"]))
        except ArticleUnreadable as error:
            body = json.dumps({"error": str(error)})
        except MemoryError:
            body = json.dumps({"error": f"needs too much memory to read; {_SAVE_AS_TEXT}"})
        del data
        if _address_space() - at_start > _WORN:
            body = body[:-1] + ', "last": true}'
        _respond(responses, body)
        _unlimit_time()


def _encode(extracted: Extracted) -> str:
    if _characters(extracted) > MOST_CHARACTERS:
        raise _too_long()
    return json.dumps({"articles": [asdict(article) for article in extracted.articles], "faults": extracted.faults})


def _respond(responses: IO[bytes], body: str) -> None:
    responses.write(b"%d\n" % len(body))
    responses.write(body.encode("ascii"))
    responses.flush()


def _limit(memory: int) -> None:
    """Take from this process, for good, what reading a file does not need."""
    sys.addaudithook(_forbid)
    if resource is None:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no byte can be written to a file
    if space := _address_space():
        resource.setrlimit(resource.RLIMIT_AS, (space + memory, space + memory))


def _forbid(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN) or (event == "open" and arguments[2] & _WRITING):
        raise PermissionError(f"{event} is not for a process that reads articles")


def _limit_time(seconds: int) -> None:
    """Let the system end this process after so many seconds of computing, or three times as many in all."""
    if resource is None:
        return
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = math.ceil(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.RLIM_INFINITY))
    signal.alarm(seconds * 3)


def _unlimit_time() -> None:
    if resource is not None:
        signal.alarm(0)


def _address_space() -> int:
    """Bytes of address space of this process; 0 where that cannot be told (outside Linux)."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
