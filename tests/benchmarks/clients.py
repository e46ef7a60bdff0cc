"""Measures the program under many clients of its endpoint, and its memory over many questions.

    python -m tests.benchmarks.clients [--clients 50] [--questions 50] [--reader trained|none|NAME]

Each client has an article of its own with a code word of its own and asks for it again and again, all at once. Told are
how many answers held the right word, what the server said, how long answers took against what the queue explains, and
how much memory the program used after each fifth of the questions.
"""

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx
import numpy as np

from index.command_line import run
from qa.options import answering_options

ROOT = Path(__file__).resolve().parents[2]
QUEUE = 32  # questions that may wait
PAUSE = 0.2  # seconds before a client that was turned away asks again
PATIENCE = 120.0  # seconds for an answer


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, parents=[answering_options()])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--questions", type=int, default=50, help="of each client")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        articles = Path(folder) / "articles"
        articles.mkdir()
        for number in range(arguments.clients):
            text = f"Das Kennwort von Haus Nummer {number} lautet „{_word(number)}“. Es hat zwei Stockwerke."
            (articles / f"{number}.txt").write_text(f"Titel: Haus Nummer {number}\n\n{text}\n", encoding="utf-8")
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = ["app.py", "--articles", articles, "--index", f"{folder}/index", "--port", port]
        command += ["--reader", arguments.reader, "--quiet"]
        started = [sys.executable, *map(str, command)]
        with subprocess.Popen(started, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
            address = (program.stdout.readline() if program.stdout else "").removeprefix("Belegstelle: ").strip()
            _measure(address, program.pid, arguments.clients, arguments.questions)
            program.terminate()
            print(f"exit status of the program: {program.wait(timeout=15)}")
    return 0


def _word(number: int) -> str:
    return f"Ziegel{number * 7919 % 10007}"


def _measure(address: str, pid: int, clients: int, questions: int) -> None:
    ends: Counter[str] = Counter()
    statuses: Counter[int] = Counter()
    seconds: list[float] = []
    memory: list[tuple[int, float]] = []
    lock = threading.Lock()

    def client(number: int) -> None:
        with httpx.Client(base_url=address, timeout=PATIENCE) as http:
            for _ in range(questions):
                end, seen, waited = _asked(http, number)
                with lock:
                    ends[end] += 1
                    statuses.update(seen)
                    seconds.append(waited)
                    if len(seconds) % (clients * questions // 5) == 0:
                        memory.append((len(seconds), _memory(pid)))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = len(seconds) / (time.perf_counter() - begun)
    p50, p95 = np.quantile(seconds, [0.5, 0.95])
    print(f"{clients} clients, {len(seconds)} questions, {rate:.1f} a second: {dict(ends)}")
    print(f"statuses: {dict(sorted(statuses.items()))}")
    print(f"seconds from when a question was taken to its answer: median {p50:.1f}, p95 {p95:.1f}")
    print(f"length of the queue / rate: {QUEUE / rate:.1f} s")
    print("memory after questions: " + ", ".join(f"{done}: {megabytes:.0f} MB" for done, megabytes in memory))


def _asked(http: httpx.Client, number: int) -> tuple[str, list[int], float]:
    """Ask until the program takes the question; what came of it, all statuses, and the seconds from when it did."""
    asked = {"data": [f"Wie lautet das Kennwort von Haus Nummer {number}?", [f"{number}.txt"], "", ""]}
    statuses = []
    end = time.perf_counter() + PATIENCE
    while (taken := time.perf_counter()) < end:
        begun = http.post("/gradio_api/call/ask", json=asked)
        statuses.append(begun.status_code)
        if begun.status_code == 200:
            told = http.get(f"/gradio_api/call/ask/{begun.json()['event_id']}")
            statuses.append(told.status_code)
            event, _, data = told.text.partition("\n")
            if event != "event: complete":
                return told.text[:80], statuses, time.perf_counter() - taken
            answer = json.loads(data.removeprefix("data: "))[0]
            right = any(_word(number) in citation["sentence"] for citation in answer["citations"])
            return "right" if right else "wrong", statuses, time.perf_counter() - taken
        if begun.status_code != 503:
            return begun.text[:80], statuses, 0.0
        time.sleep(PAUSE)
    return "gave up", statuses, PATIENCE


def _memory(pid: int) -> float:
    """Resident memory of a process in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    sys.exit(run(main))
