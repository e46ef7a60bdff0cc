"""The chat page as a person meets it: the running program, opened in Chromium."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
SCREENSHOTS = ROOT / "tests" / "screenshots"
SERVER = """
import sys, app
from index.command_line import run
app._serves_samples = lambda arguments: True  # the examples, although the index is named
sys.exit(run(app.main))
"""
PLASMA = "Wie lange hielt das Experiment Boddenstern sein Plasma eingeschlossen?"
REFUSED = "Woran war die Sängerin Theresa Amann erkrankt?"
FIND_SENTENCE = (
    "list => { const copy = list.cloneNode(true); copy.querySelector('a.marke').remove(); return copy.innerText }"
)
FIND_MARKED = """() => [...document.querySelectorAll('#reader mark.aktuell')].map(mark => {
    const copy = mark.cloneNode(true);
    copy.querySelectorAll('.nummer').forEach(label => label.remove());
    return copy.textContent;
}).join(' ')"""

HOSTILE_NAME = '<img src=x onerror="window.__pwn=1">&amp;.txt'
HOSTILE_SENTENCE = (
    'Der Turm von Quastenburg ist <img src="http://fern.example/x.png" onerror="window.__pwn=1"></mark></bdi>'
    "<script>window.__pwn=1</script> 83 Meter hoch."
)
HOSTILE = f"""Titel: <script>window.__pwn=1</script>Der Turm <iframe srcdoc="<script>parent.__pwn=1</script>"></iframe>
Quelle: <b onclick="window.__pwn=1">Bote</b> javascript:window.__pwn=1
Datum: 2025-02-03
URL: javascript:window.__pwn=1

{HOSTILE_SENTENCE} Die Türmerin Gesa Wulff wohnt dort <a href="javascript:window.__pwn=1">oben</a> allein.

<form action="http://fern.example/"><input name="wort" autofocus onfocus="window.__pwn=1"><button>Weiter</button></form>
Man sieht dort das Meer ![Bild](http://fern.example/y.png) und ${{window.__pwn=1}} sowie [hier](javascript:alert(1)).

```mermaid
graph TD; A["<img src='http://fern.example/z.png'>"] --> B
```
<style>body {{ background: url(http://fern.example/s.png) }}</style><svg onload="window.__pwn=1"></svg> Ende.
"""


def _impossible(reason: str) -> None:
    """Skip on a computer without a browser, but never where all tests are meant to run."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        _impossible(f"{CHROMIUM} is missing; install Debian's chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _impossible("playwright is missing; install requirements-dev.txt")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def addresses(browser, sample_index, tmp_path_factory) -> Iterator[dict[str, str]]:
    """The program over the sample articles and a hostile one, in German with examples, and in English without."""
    folder = tmp_path_factory.mktemp("page")
    index = shutil.copytree(sample_index.folder, folder / "index")
    news = folder / "news"
    news.mkdir()
    (news / HOSTILE_NAME).write_text(HOSTILE, encoding="utf-8")
    log = (folder / "log").open("w+")
    # without the reader, whose answers have one citation more often: the page is what is tested
    quick = ["--reader", "none"]
    programs = {"de": ["-c", SERVER, "--articles", str(news), *quick], "en": ["app.py", "--lang", "en", *quick]}
    running, found = [], {}
    for language, program in programs.items():
        port = _free_port()
        command = [sys.executable, *program, "--index", str(index), "--port", str(port)]
        running.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True))
        found[language] = f"http://127.0.0.1:{port}"
    for process, address in zip(running, found.values(), strict=True):
        line = process.stdout.readline().strip()
        log.seek(0)
        assert line == f"Belegstelle: {address}", log.read()
    yield found
    for process in running:
        process.terminate()
    statuses = [process.wait(timeout=15) for process in running]
    log.seek(0)
    assert (statuses, "Traceback" in log.read()) == ([0, 0], False)
    log.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def open_page(browser, addresses, request) -> Iterator[Any]:
    """Open the page in a context of its own; afterwards nothing may have been fetched elsewhere or gone wrong."""
    trouble: list[str] = []
    pages = []

    def heard(wanted: str, message: str) -> None:
        trouble.append(f"{wanted}: {message}")

    def open_one(language: str = "de", *, width: int = 1400, height: int = 950) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height})
        context.on(
            "request",
            lambda sent: (
                urlsplit(sent.url).scheme in ("data", "blob")
                or urlsplit(sent.url).hostname == "127.0.0.1"
                or heard("request", sent.url)
            ),
        )
        context.on("console", lambda said: heard("console", said.text) if said.type == "error" else None)
        context.on("weberror", lambda error: heard("page", str(error.error)))
        page = context.new_page()
        page.on("dialog", lambda dialog: (heard("dialog", dialog.message), dialog.dismiss()))
        page.set_default_timeout(10_000)
        page.goto(addresses[language])
        page.wait_for_selector("#question textarea")
        page.wait_for_selector("#reader .hinweis")
        pages.append(page)
        return page

    yield open_one
    SCREENSHOTS.mkdir(exist_ok=True)
    name = request.node.name.removeprefix("test_page_")
    for page in pages:
        page.wait_for_timeout(300)  # smooth scrolling comes to rest
        page.screenshot(path=SCREENSHOTS / f"{name}.png")
        page.context.close()
    assert trouble == []


def ask(page: Any, question: str) -> Any:
    """Type a question, press Enter, and return the answer or notice that came."""
    before = page.locator("#chat .antwort, #chat .hinweis").count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    came = page.locator("#chat .antwort, #chat .hinweis").nth(before)
    came.wait_for()
    return came


def marked(page: Any, sentence: str) -> bool:
    """Wait until the current mark in the source is this sentence."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if page.evaluate(FIND_MARKED) == sentence:
            return True
        page.wait_for_timeout(50)
    return page.evaluate(FIND_MARKED) == sentence


def sentences_of(answer: Any) -> list[str]:
    return [found.evaluate(FIND_SENTENCE).strip() for found in answer.locator(".satz").all()]


def in_view(page: Any, selector: str) -> bool:
    """Whether an element lies within the log it is scrolled in."""
    return page.evaluate(
        """selector => {
            const element = document.querySelector(selector), log = element.closest('[role="log"]');
            const inner = element.getBoundingClientRect(), outer = log.getBoundingClientRect();
            return inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
        }""",
        selector,
    )


def test_page_opens_with_examples(open_page):
    page = open_page()
    assert page.title() == "Belegstelle"
    assert page.locator("#motto").inner_text().startswith("Antworten aus Ihren Artikeln, Satz für Satz belegt. 37 ")
    assert page.locator("#chat .example").count() == 10
    assert page.locator("#reader .hinweis").inner_text() == "Ein Klick auf einen Beleg zeigt hier den ganzen Artikel."


def test_page_answers_an_example_that_is_clicked(open_page):
    page = open_page()
    page.locator("#chat .example", has_text=PLASMA).click()
    answer = page.locator("#chat .antwort")
    answer.wait_for()
    first = sentences_of(answer)[0]
    assert "14 Minuten und 20 Sekunden" in first
    assert answer.locator("strong.kurz").inner_text() == "14 Minuten und 20 Sekunden"
    assert answer.locator("a.marke").first.inner_text() == "1"
    assert marked(page, first)


def test_page_shows_the_first_source_beside_the_answer(open_page):
    page = open_page()
    answer = ask(page, "Wann hat der Angriff auf Dubrowez begonnen?")
    assert sentences_of(answer)[0] == "Der Angriff auf Dubrowez hatte am 19. Januar begonnen."
    assert marked(page, "Der Angriff auf Dubrowez hatte am 19. Januar begonnen.")
    assert in_view(page, "#reader mark.aktuell")
    assert page.locator("#reader .datei").inner_text() == "2025-03-11-tarvonien-meldet-einnahme-von-dubrowez.txt"
    assert page.input_value("#question textarea") == ""


def test_page_moves_the_mark_to_the_citation_that_is_clicked(open_page):
    page = open_page()
    answer = ask(page, "Wodurch ist laut Gutachten die Ankerkette der Orion Pearl gerissen?")
    sentences = sentences_of(answer)
    assert len(sentences) >= 2
    for number in (1, 0, 1):
        answer.locator("a.marke").nth(number).click()
        assert marked(page, sentences[number])
        assert in_view(page, "#reader mark.aktuell")


def test_page_scrolls_back_to_a_citation_that_is_clicked_again(open_page):
    page = open_page(height=500)
    answer = ask(page, "Wann hat der Angriff auf Dubrowez begonnen?")
    assert marked(page, sentences_of(answer)[0])
    page.locator("#reader h2").scroll_into_view_if_needed()
    assert not in_view(page, "#reader mark.aktuell")
    answer.locator("a.marke").first.click()
    page.wait_for_timeout(700)
    assert in_view(page, "#reader mark.aktuell")


def test_page_lists_the_passages_and_opens_one(open_page):
    page = open_page()
    answer = ask(page, PLASMA)
    assert not answer.locator(".stellen ol").is_visible()
    answer.locator(".stellen summary").click()
    passages = answer.locator(".stellen li")
    assert passages.count() == 10
    title = passages.nth(3).locator("a").inner_text()
    start = passages.nth(3).locator(".auszug").inner_text().removesuffix(" …")
    passages.nth(3).locator("a").click()
    page.locator("#reader h2", has_text=title).wait_for()
    assert page.evaluate(FIND_MARKED)[:40] == start[:40]


def test_page_says_when_the_articles_do_not_tell(open_page):
    page = open_page()
    answer = ask(page, REFUSED)
    assert (
        answer.locator(".text").inner_text().startswith("Die Artikel beantworten diese Frage nicht. Gesucht wurde nach")
    )
    assert answer.locator("a.marke").count() == 0
    assert page.locator("#reader .hinweis").inner_text() == "Ein Klick auf einen Beleg zeigt hier den ganzen Artikel."


def test_page_notices_empty_and_over_long_questions_and_loses_nothing(open_page):
    page = open_page()
    assert sentences_of(ask(page, PLASMA))
    assert ask(page, "  ").inner_text() == "Bitte geben Sie eine Frage ein."
    long = "Wie viele Wörter hat diese Frage? " * 70
    notice = ask(page, long)
    assert re.fullmatch(r"Die Frage hat 2380 Zeichen, erlaubt sind 2000\. Bitte kürzen Sie sie\.", notice.inner_text())
    assert page.input_value("#question textarea") == long
    assert page.locator("#chat .antwort").count() == 1
    assert sentences_of(ask(page, "Wann hat der Angriff auf Dubrowez begonnen?"))


def test_page_begins_a_new_conversation(open_page):
    page = open_page()
    ask(page, PLASMA)
    page.wait_for_selector("#reader mark")
    page.click("#anew")
    page.locator("#chat .example").first.wait_for()
    assert page.locator("#chat .antwort").count() == 0
    page.locator("#reader .hinweis").wait_for()
    assert sentences_of(ask(page, PLASMA))


def test_page_works_by_keyboard_alone(open_page):
    page = open_page()
    page.keyboard.type("Wodurch ist laut Gutachten die Ankerkette der Orion Pearl gerissen?")
    page.keyboard.press("Enter")
    answer = page.locator("#chat .antwort")
    answer.wait_for()
    sentences = sentences_of(answer)
    assert marked(page, sentences[0])
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.matches('a.marke') && document.activeElement.innerText === '2'"):
            break
    page.keyboard.press("Enter")
    assert marked(page, sentences[1])


def test_page_shows_hostile_articles_as_the_text_they_are(open_page):
    page = open_page()
    answer = ask(page, "Wie hoch ist der Turm von Quastenburg?")
    assert HOSTILE_SENTENCE in sentences_of(answer)
    number = sentences_of(answer).index(HOSTILE_SENTENCE)
    answer.locator("a.marke").nth(number).click()
    assert marked(page, HOSTILE_SENTENCE)
    assert page.locator("#reader .datei").inner_text() == HOSTILE_NAME
    assert "<script>window.__pwn=1</script>Der Turm" in page.locator("#reader h2").inner_text()
    answer.locator(".stellen summary").click()
    ask(
        page, f"{HOSTILE_SENTENCE} ```mermaid graph TD; A``` <img src=http://fern.example/q.png onerror=window.__pwn=1>"
    )
    page.wait_for_timeout(500)
    assert page.evaluate("window.__pwn") is None
    inside = "#chat :is({0}), #reader :is({0})".format("script, iframe, form, input, img[src^=http], svg[onload]")
    assert [found.evaluate("element => element.outerHTML") for found in page.locator(inside).all()] == []
    assert page.locator("style", has_text="fern.example").count() == 0
    assert page.locator("a[href^='javascript' i], form[action*='fern.example'], [onerror], [onclick]").count() == 0


def test_page_in_english(open_page):
    page = open_page("en")
    assert page.locator("#ask").inner_text() == "Ask"
    assert page.locator("#chat .example").count() == 0
    answer = ask(page, "When did the attack on Dubrowez begin?")
    assert answer.locator(".sicherheit").inner_text().startswith("Confidence: ")
    assert answer.locator("summary").inner_text() == "Passages found (10)"
    assert marked(page, sentences_of(answer)[0])


def test_page_fits_a_phone(open_page):
    page = open_page(width=360, height=740)
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    answer = ask(page, "Wodurch ist laut Gutachten die Ankerkette der Orion Pearl gerissen?")
    answer.locator(".stellen summary").click()
    answer.locator("a.marke").nth(1).click()
    assert marked(page, sentences_of(answer)[1])
    assert page.evaluate(overflow) == 0
    page.wait_for_timeout(700)
    top, bottom = page.evaluate(
        "(({top, bottom}) => [top, bottom])(document.querySelector('#reader mark.aktuell').getBoundingClientRect())"
    )
    assert top >= 0
    assert bottom <= 740
