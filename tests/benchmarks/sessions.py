"""Measures the chat page under many people: real browser pages, all asking at once.

    python -m tests.benchmarks.sessions [--sessions 20] [--questions 200] [--reader trained|none|NAME]

First one page alone: the time from the click on the button to the first visible reaction, and to the answer. Then all
at once: whether each page shows the answers that the assistant gives to its own questions, and what the server said.
"""

import argparse
import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from playwright.async_api import async_playwright

from index.command_line import run
from index.embedding import SentenceTransformerEmbedder
from index.store import NewsIndex
from qa.answers import Assistant
from qa.options import answering_options
from qa.reader import named_reader

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
PATIENCE = 120  # seconds to wait for an answer
WATCH = """([question, patience]) => new Promise(done => {
    const field = document.querySelector('#question textarea'), begun = performance.now();
    const before = document.querySelectorAll('#chat .antwort, #chat .hinweis:not(.arbeit)').length;
    let reaction = null;
    const ended = what => { observer.disconnect(); done({what, reaction, seconds: performance.now() - begun}); };
    const look = () => {
        if (reaction === null && document.querySelector('#chat .arbeit')) reaction = performance.now() - begun;
        if (document.querySelectorAll('#chat .antwort, #chat .hinweis:not(.arbeit)').length > before) ended('answered');
        else if (document.querySelector('#stimme.sichtbar')) ended(document.querySelector('#stimme').innerText);
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, {childList: true, subtree: true, attributes: true});
    setTimeout(() => ended('nothing'), 1000 * patience);
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set.call(field, question);
    field.dispatchEvent(new Event('input', {bubbles: true}));
    setTimeout(() => document.querySelector('#ask').click(), 20);
})"""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, parents=[answering_options()])
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--questions", type=int, default=200)
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        news_index = NewsIndex.open_or_create(Path(folder) / "index", SentenceTransformerEmbedder())
        news_index.add([ROOT / "articles"])
        questions = [f"Was steht in „{entry.article.title}“?" for entry in news_index.entries()]
        assistant = Assistant(news_index, reader=named_reader(arguments.reader))
        expected = {question: _first(assistant, question) for question in questions}
        news_index.close()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = ["app.py", "--index", f"{folder}/index", "--port", str(port), "--reader", arguments.reader, "--quiet"]
        with subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
            address = (program.stdout.readline() if program.stdout else "").removeprefix("Belegstelle: ").strip()
            asyncio.run(_measure(address, expected, arguments.sessions, arguments.questions))
            program.terminate()
            print(f"exit status of the program: {program.wait(timeout=15)}")
    return 0


def _first(assistant: Assistant, question: str) -> str:
    """The marker of what the page shows for a question: its first cited sentence, or nothing for a refusal."""
    answer = assistant.ask(question)
    return " ".join(answer.citations[0].sentence.text.split()) if answer.citations else ""


async def _measure(address: str, expected: dict[str, str], sessions: int, questions: int) -> None:
    statuses: Counter[int] = Counter()
    async with async_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=options)

        async def opened() -> Any:
            context = await browser.new_context(locale="de-DE")
            context.on("response", lambda response: statuses.update([response.status]))
            page = await context.new_page()
            await page.goto(address)
            await page.wait_for_selector("#question textarea")
            await page.wait_for_selector("#source .hinweis")
            return page

        begun = time.perf_counter()
        alone = await opened()
        print(f"page ready after {time.perf_counter() - begun:.2f} s")
        told = [await alone.evaluate(WATCH, [question, PATIENCE]) for question in list(expected)[:20]]
        for name in ("reaction", "seconds"):
            print(f"alone, {name}: median {median(one[name] or one['seconds'] for one in told):.0f} ms of {len(told)}")
        await alone.context.close()

        pages = [await opened() for _ in range(sessions)]
        each = questions // sessions
        begun = time.perf_counter()
        ends = Counter[str]()
        for found in await asyncio.gather(*(_session(page, n, each, expected) for n, page in enumerate(pages))):
            ends.update(found)
        seconds = time.perf_counter() - begun
        print(f"{sessions} sessions, {each * sessions} questions in {seconds:.1f} s: {dict(ends)}")
        print(f"statuses of all responses: {dict(sorted(statuses.items()))}")
        await browser.close()


async def _session(page: Any, number: int, count: int, expected: dict[str, str]) -> Counter[str]:
    """Ask questions that other sessions ask at other times; count what came of them."""
    questions = list(expected)
    ends = Counter[str]()
    for step in range(count):
        question = questions[(7 * number + 5 * step) % len(questions)]
        told = await page.evaluate(WATCH, [question, PATIENCE])
        if told["what"] != "answered":
            ends[told["what"]] += 1
            shown = await page.evaluate("() => document.querySelector('#chat').innerText.slice(-300)")
            print(f"session {number}: asked {question!r}, {told}; the page ends in {shown!r}")
            continue
        asked = await page.evaluate("() => [...document.querySelectorAll('#chat .user')].pop().innerText.trim()")
        shown = await page.evaluate(
            "() => [...document.querySelectorAll('#chat .antwort, #chat .hinweis')].pop().innerText"
        )
        own = asked == question and expected[question] in " ".join(shown.split())
        ends["answered rightly" if own else "answered as somebody else"] += 1
        if not own:
            print(f"session {number}: asked {question!r}, shown below {asked!r}: {shown[:200]!r}")
    return ends


if __name__ == "__main__":
    sys.exit(run(main))
