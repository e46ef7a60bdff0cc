"""The chat page as a person meets it: the running program, opened in Chromium."""

import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from helpers import impossible_here

from index.store import Scope
from qa import exporting, feedback, html
from qa.answers import Assistant
from qa.collection import period
from qa.desk import language_of
from qa.exporting import ConversationForm, Form
from qa.feedback import Judgement
from qa.words import PAGE

try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect, sync_playwright
except ImportError:
    sync_playwright = None

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
SCREENSHOTS = ROOT / "tests" / "screenshots"

# with examples, although the index is named
SAMPLE_PROGRAM = """
import sys, app
from index.command_line import run
app.serves_samples = lambda arguments: True
sys.exit(run(app.main))
"""
# with a reader that finds nothing, and takes its time when asked for patience: what happens meanwhile can be tested
OWN_PROGRAM = """
import sys, time, app
from pathlib import Path
from index.command_line import run
from qa.answers import Assistant
from qa.settings import BY_SIMILARITY
from qa.types import Verdict

class PatientReader:
    name = "patient"

    def load(self):
        pass

    def read(self, question, hits, *, closely=None):
        end = time.monotonic() + 20
        while "Geduld" in question and not Path(GO_ON).exists() and time.monotonic() < end:
            time.sleep(0.02)
        return [(Verdict(0.0, None, 0.0),) * len(hit.passage.sentences) for hit in hits]

app.named_assistant = lambda arguments, index: Assistant(index, reader=PatientReader(), weights=BY_SIMILARITY)
sys.exit(run(app.main))
"""

PLASMA = "Wie lange hielt das Experiment Boddenstern sein Plasma eingeschlossen?"
DUBROWEZ = "Wann hat der Angriff auf Dubrowez begonnen?"
BEGAN = "Der Angriff auf Dubrowez hatte am 19. Januar begonnen."
ANCHOR = "Wodurch ist laut Gutachten die Ankerkette der Orion Pearl gerissen?"  # three citations of one article
FRAUD = "Um wie viel Geld wurde die Firma Hellweg & Söhne betrogen?"
REFUSED = "Woran war die Sängerin Theresa Amann erkrankt?"
TITLES = {
    DUBROWEZ: "Tarvonien meldet Einnahme von Dubrowez",
    PLASMA: "Fusionsforscher in Greifswald halten heißes Plasma 14 Minuten lang stabil",
}
NO_SOURCE = "Ein Klick auf einen Beleg zeigt hier den ganzen Artikel."

DARK = "dark => document.body.classList.toggle('dark', dark)"
# what moves for longer, such as the bar below a message of the framework, is not waited for
AT_REST = """() => Promise.race([
    Promise.allSettled(document.getAnimations().map(animation => animation.finished)),
    new Promise(done => setTimeout(done, 1000)),
])"""
WIDER_THAN_SCREEN = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# in the console when a page is left while something may still come, and when a test lets a request fail
TO_BE_EXPECTED = re.compile("AbortError: signal is aborted|Unexpected error Connection errored out|ERR_FAILED|of 503 ")
HEAR = """selector => {
    window.heard = [];
    const hear = () => document.querySelectorAll(selector).forEach(part => window.heard.push(part.innerText));
    new MutationObserver(hear).observe(document.body, { childList: true, subtree: true });
}"""
NAMED_ROLES = {"button", "textbox", "combobox", "region", "log", "tab", "dialog", "link", "listbox"}

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


@dataclass(frozen=True, slots=True)
class Program:
    """A running program."""

    address: str
    index: Path
    go_on: Path  # the patient reader goes on once this file is there


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        impossible_here(f"{CHROMIUM} is missing; install Debian's chromium")
    if sync_playwright is None:
        impossible_here("playwright or axe is missing; install requirements-dev.txt")
    SCREENSHOTS.mkdir(exist_ok=True)
    expect.set_options(timeout=30_000)  # a computer may have other things to do as well
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def programs(browser, sample_index, tmp_path_factory) -> Iterator[dict[str, Program]]:
    """Over the sample articles, which stay as they are; over those and a hostile one, to be changed, always German."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "news").mkdir()
    (folder / "news" / HOSTILE_NAME).write_text(HOSTILE, encoding="utf-8")
    log = (folder / "log").open("w+")
    own = OWN_PROGRAM.replace("GO_ON", repr(str(folder / "go-on")))
    started = {
        # without the reader, whose answers have one citation more often: the page is what is tested
        "sample": [SAMPLE_PROGRAM, "--reader", "none"],
        "own": [own, "--lang", "de", "--articles", str(folder / "news")],
    }
    running, found = [], {}
    for name, program in started.items():
        port = _free_port()
        index = Path(shutil.copytree(sample_index.folder, folder / name))
        command = [sys.executable, "-c", *program, "--index", str(index), "--port", str(port)]
        running.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True))
        found[name] = Program(f"http://127.0.0.1:{port}", index, folder / "go-on")
    for process, program in zip(running, found.values(), strict=True):
        line = process.stdout.readline().strip()
        log.seek(0)
        assert line == f"Belegstelle: {program.address}", log.read()
    yield found
    for process in running:
        process.terminate()
    statuses = [process.wait(timeout=30) for process in running]
    log.seek(0)
    assert (statuses, "Traceback" in log.read()) == ([0, 0], False)
    log.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def go_on(programs) -> Iterator[Path]:
    """The file for which the patient reader waits; not there yet."""
    path = programs["own"].go_on
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def assistant(sample_index) -> Assistant:
    """What the program over the sample articles answers with."""
    return Assistant(sample_index)


@pytest.fixture
def open_page(browser, programs, request) -> Iterator[Any]:
    """Open the page as somebody else each time; afterwards nothing may have been fetched elsewhere or gone wrong."""
    trouble: list[str] = []
    pages = []

    def heard(what: str, message: str) -> None:
        if not TO_BE_EXPECTED.search(message):
            trouble.append(f"{what}: {message}")

    def open_one(
        program: str = "sample", *, width: int = 1400, height: int = 950, locale: str = "de-DE", **more: Any
    ) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale=locale, reduced_motion="reduce", **more
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.on(
            "request",
            lambda sent: (
                urlsplit(sent.url).scheme in ("data", "blob")
                or urlsplit(sent.url).hostname == "127.0.0.1"
                or heard("request", sent.url)
            ),
        )
        context.on("console", lambda said: said.type == "error" and heard("console", said.text))
        context.on("weberror", lambda error: heard("page", str(error.error)))
        context.on("dialog", lambda dialog: (heard("dialog", dialog.message), dialog.dismiss()))
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(programs[program].address)
        wait_until_open(page)
        pages.append(page)
        return page

    yield open_one
    name = request.node.name.removeprefix("test_page_")
    for number, page in enumerate(pages):
        check_state(page, f"{name}-{number}" if number else name)
        page.context.close()
    assert trouble == []


def wait_until_open(page: Any) -> None:
    expect(page.locator("#source :is(.hinweis, .artikel)")).to_be_visible()


def reload(page: Any) -> None:
    page.reload()
    wait_until_open(page)


def check_state(page: Any, name: str) -> None:
    """Nobody may be shut out of what is shown now, be it light or dark; take a picture of it."""
    page.evaluate(AT_REST)
    page.screenshot(path=SCREENSHOTS / f"{re.sub(r'[^a-z0-9]+', '-', name).strip('-')}.png")
    was_dark = page.evaluate("document.body.classList.contains('dark')")
    for dark in (not was_dark, was_dark):
        page.evaluate(DARK, dark)
        page.evaluate(AT_REST)
        found = Axe().run(page).response["violations"]
        assert [(one["id"], node["html"][:200]) for one in found for node in one["nodes"]] == [], f"{dark=}"
    assert unnamed(page) == []


def unnamed(page: Any) -> list[str]:
    """The roles of parts that have no name for a screen reader."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    shown = [node for node in nodes if not node["ignored"]]
    return [
        node["role"]["value"]
        for node in shown
        if node["role"]["value"] in NAMED_ROLES and not node.get("name", {}).get("value", "").strip()
    ]


def ask(page: Any, question: str) -> Any:
    """Type a question, press Enter, and return the answer or notice that came."""
    finished = page.locator("#chat .antwort, #chat .hinweis:not(.arbeit)")
    before = finished.count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    expect(finished).to_have_count(before + 1)
    return finished.nth(before)


def visit(page: Any, room: str) -> None:
    page.get_by_role("tab", name=room).click()


def sentences_of(answer: Any) -> list[str]:
    """The cited sentences, without markers and without what stands before them."""
    plain = "list => { list.querySelectorAll('a.marke, .davor').forEach(part => part.remove()); return list.innerText }"
    return [one.evaluate(f"list => ({plain})(list.cloneNode(true))").strip() for one in answer.locator(".satz").all()]


def expect_marked(page: Any, sentence: str) -> None:
    """The current mark in the source is this sentence, and it can be seen."""
    mark = page.locator("#source mark.aktuell")
    expect(mark).to_have_text(re.compile(rf"\d?{re.escape(sentence)}"))
    expect(mark).to_be_in_viewport(ratio=0.9)


def choose(page: Any, field: str, option: str) -> None:
    """Choose in a list of the page."""
    page.get_by_role("combobox", name=field, exact=True).click()
    page.get_by_role("option", name=option).click()
    page.keyboard.press("Escape")


def click(page: Any, room: str, name: str) -> None:
    """Click an action that a list of the page offers."""
    page.locator(room).get_by_role("button", name=name, exact=True).first.click()


# asking and reading


def test_page_opens_with_what_there_is_to_ask(open_page, sample_index):
    page = open_page()
    counts, days = sample_index.catalogue.counts(), period(sample_index.entries())
    assert html.status_text(counts, days, "de") == "36 Artikel, 555 Sätze, 18.9.2023 bis 10.6.2026"
    expect(page).to_have_title("Belegstelle")
    expect(page.locator("#status")).to_have_text(f"{PAGE['de']['motto']} {html.status_text(counts, days, 'de')}")
    expect(page.locator("#chat .example")).to_have_count(10)
    expect(page.locator("#source .hinweis")).to_have_text(NO_SOURCE)
    expect(page.get_by_role("textbox", name="Ihre Frage")).to_be_focused()


def test_page_answers_an_example_that_is_clicked(open_page):
    page = open_page()
    page.locator("#chat .example", has_text=PLASMA).click()
    answer = page.locator("#chat .antwort")
    expect(answer.locator("strong.kurz")).to_have_text("14 Minuten und 20 Sekunden")
    expect(answer.locator("a.marke").first).to_have_text("1")
    expect(page.locator("#chat .user")).to_have_text(PLASMA)
    expect_marked(page, sentences_of(answer)[0])


def test_page_tells_what_was_found_before_it_answers(open_page, go_on):
    page = open_page("own")
    page.fill("#question textarea", f"Geduld, bitte! {DUBROWEZ}")
    page.press("#question textarea", "Enter")
    expect(page.locator("#chat .arbeit")).to_have_text("10 Stellen gefunden, die besten werden gelesen …")
    expect(page.locator("#question textarea")).to_have_value("")
    expect(page.locator("#stop")).to_be_visible()
    check_state(page, "while-reading")
    go_on.touch()
    expect(page.locator("#chat .arbeit")).to_have_count(0)
    assert BEGAN in sentences_of(page.locator("#chat .antwort"))
    expect(page.locator("#stop")).to_be_hidden()


def test_page_shows_the_source_beside_the_answer_and_walks_through_the_citations(open_page):
    page = open_page()
    answer = ask(page, ANCHOR)
    sentences = sentences_of(answer)
    assert len(sentences) == 3
    expect_marked(page, sentences[0])
    expect(page.locator("#source .datei")).to_have_text("2026-02-11-orion-pearl-darf-weiterfahren.txt")
    expect(page.locator("#source mark")).to_have_count(3)
    answer.get_by_role("button", name="Beleg 2").click()
    expect_marked(page, sentences[1])
    expect(page.locator("#source .weg")).to_contain_text("Beleg 2 von 3")
    for step, number in (("nächster", 2), ("vorheriger", 1), ("vorheriger", 0)):
        click(page, "#source", step)
        expect_marked(page, sentences[number])
    expect(page.locator("#source").get_by_role("button", name="vorheriger")).to_have_count(0)


def test_page_scrolls_back_to_a_citation_that_is_clicked_again(open_page):
    page = open_page(height=500)
    answer = ask(page, DUBROWEZ)
    expect_marked(page, BEGAN)
    page.locator("#source h2").scroll_into_view_if_needed()
    expect(page.locator("#source mark.aktuell")).not_to_be_in_viewport()
    answer.locator("a.marke").first.click()
    expect_marked(page, BEGAN)


def test_page_lists_the_passages_with_reasons_and_opens_one(open_page, assistant):
    page = open_page()
    answer = ask(page, PLASMA)
    passages = answer.locator(".stellen li")
    expect(passages).to_have_count(10)
    expect(passages.first).to_be_hidden()
    answer.get_by_text("Gefundene Stellen (10)").click()
    reasons = [row.locator(".werte").inner_text() for row in passages.all()]
    assert reasons[0].startswith("gefunden wegen Sinn und Wörtern: Wert 1,00 · Sinn 0,")
    told = {reason.partition(":")[0] for reason in reasons}
    assert told <= {PAGE["de"][f"why_{why}"] for why in ("meaning", "words", "both")}
    hit = assistant.retrieve(PLASMA)[3]
    assert passages.nth(3).locator("a").inner_text() == hit.article.title
    passages.nth(3).locator("a").click()
    expect(page.locator("#source h2")).to_have_text(hit.article.title)
    marked = "".join(page.locator("#source mark.aktuell").all_inner_texts())
    assert marked == hit.article.text[hit.passage.start : hit.passage.end].replace("\n", "")


def test_page_makes_a_follow_up_whole_and_takes_it_literally_on_demand(open_page):
    page = open_page()
    ask(page, DUBROWEZ)
    answer = ask(page, "Und warum?")
    understood = page.locator("#chat .verstanden")
    expect(understood).to_have_text("Verstanden als: Warum hat der Angriff auf Dubrowez begonnen? wörtlich nehmen")
    expect(page.locator("#chat .user").nth(1)).to_be_in_viewport()
    assert BEGAN in sentences_of(answer)
    check_state(page, "follow-up")
    click(page, "#chat", "wörtlich nehmen")
    expect(understood).to_have_count(0)
    expect(page.locator("#chat .user")).to_have_text([DUBROWEZ, "Und warum?"])
    expect(page.locator("#chat .antwort")).to_have_count(2)


def test_page_says_when_the_articles_do_not_tell(open_page):
    page = open_page()
    answer = ask(page, REFUSED)
    expect(answer.locator(".text")).to_have_text("Die Artikel beantworten diese Frage nicht.")
    expect(answer.locator(".leise").first).to_contain_text("Gesucht wurde nach")
    expect(answer.locator("a.marke")).to_have_count(0)
    expect(answer).not_to_contain_text("Beleg passt nicht")
    expect(page.locator("#source .hinweis")).to_have_text(NO_SOURCE)
    check_state(page, "refusal")
    nearest = answer.locator(".naechste a").first
    title = nearest.inner_text()
    nearest.click()
    expect(page.locator("#source h2")).to_have_text(title)


def test_page_notices_empty_and_over_long_questions_and_loses_nothing(open_page):
    page = open_page()
    ask(page, PLASMA)
    notice = ask(page, "  ")
    expect(notice).to_have_text("Bitte geben Sie eine Frage ein.")
    expect(notice).to_be_in_viewport()
    long = "Wie viele Wörter hat diese Frage? " * 70
    notice = ask(page, long)
    expect(notice).to_have_text("Die Frage hat 2379 Zeichen, erlaubt sind 2000. Bitte kürzen Sie sie.")
    expect(notice).to_be_in_viewport()
    expect(page.locator("#question textarea")).to_have_value(long)
    check_state(page, "over-long-question")
    assert sentences_of(ask(page, DUBROWEZ))[0] == BEGAN
    expect(page.locator("#chat .antwort")).to_have_count(2)


def test_page_gives_a_question_up_and_begins_anew(open_page, go_on):
    page = open_page("own")
    page.fill("#question textarea", f"Geduld, bitte! {DUBROWEZ}")
    page.get_by_role("button", name="Fragen").click()
    expect(page.locator("#chat .arbeit")).to_contain_text("Stellen gefunden")
    with page.expect_response("**/cancel"):  # at once, whatever is being read
        page.get_by_role("button", name="Abbrechen").click()
    expect(page.locator("#chat .hinweis")).to_have_text("Abgebrochen.")
    check_state(page, "stopped")
    ask(page, PLASMA)
    expect(page.locator("#chat .antwort")).to_have_count(1)
    page.get_by_role("button", name="Neues Gespräch").click()
    expect(page.locator("#chat .antwort")).to_have_count(0)
    expect(page.locator("#source .hinweis")).to_have_text(NO_SOURCE)
    expect(page.locator("#chat")).to_contain_text("Fragen Sie etwas, das in Ihren Artikeln steht.")


def test_page_asks_the_next_question_after_the_one_that_is_worked_on(open_page, go_on):
    page = open_page("own")
    page.fill("#question textarea", f"Geduld, bitte! {DUBROWEZ}")
    page.get_by_role("button", name="Fragen").dblclick()
    expect(page.locator("#chat .arbeit")).to_contain_text("Stellen gefunden")
    page.fill("#question textarea", PLASMA)
    page.get_by_role("button", name="Fragen").click()
    expect(page.locator("#chat .user")).to_have_count(1)
    go_on.touch()
    expect(page.locator("#chat .antwort")).to_have_count(2)
    expect(page.locator("#chat .user")).to_have_text([f"Geduld, bitte! {DUBROWEZ}", PLASMA])
    expect(page.locator("#question textarea")).to_have_value("")
    page.get_by_role("button", name="Fragen").click()
    expect(page.locator("#stimme")).to_have_text("Bitte geben Sie eine Frage ein.")
    page.wait_for_timeout(1000)  # until the server has seen it
    expect(page.locator("#chat .antwort")).to_have_count(2)
    ask(page, DUBROWEZ)
    expect(page.locator("#chat .antwort")).to_have_count(3)
    expect(page.locator("#chat .hinweis")).to_have_count(0)


@pytest.mark.parametrize(("status", "message"), [(None, "lost"), (503, "queue_full")])
def test_page_tells_that_the_program_is_gone_or_busy(open_page, status, message):
    page = open_page()
    page.route(
        "**/gradio_api/queue/join*", lambda route: route.fulfill(status=status, json={}) if status else route.abort()
    )
    page.fill("#question textarea", DUBROWEZ)
    page.press("#question textarea", "Enter")
    expect(page.get_by_role("status").filter(has_text=PAGE["de"][message])).to_be_visible()
    expect(page.locator("#question textarea")).to_have_value(DUBROWEZ)
    expect(page.get_by_text("Fehler", exact=True).filter(visible=True)).to_have_count(0)  # it would hide all else
    page.unroute("**/gradio_api/queue/join*")


# the scope


def test_page_searches_in_chosen_outlets_and_articles(open_page):
    page = open_page()
    page.get_by_role("button", name="Suche eingrenzen").click()
    expect(page.locator("#everywhere")).to_be_hidden()
    choose(page, "Medien", "Hafenagentur Nord")
    expect(page.get_by_role("button", name="Eingegrenzt auf: Hafenagentur Nord")).to_be_visible()
    elsewhere = ask(page, DUBROWEZ)
    expect(elsewhere.locator(".bereich")).to_have_text("Eingegrenzt auf: Hafenagentur Nord")
    expect(elsewhere.locator(".stellen summary")).to_have_text("Gefundene Stellen (4)")
    choose(page, "Artikel", "Tarvonien meldet Einnahme von Dubrowez")
    check_state(page, "scope")
    page.get_by_role("button", name="entfernen: Hafenagentur Nord").click()
    within = ask(page, DUBROWEZ)
    assert sentences_of(within)[0] == BEGAN
    title = "Tarvonien meldet Einnahme von Dubrowez (Nordkurier Agentur, 11.3.2025)"
    expect(within.locator(".bereich")).to_have_text(f"Eingegrenzt auf: {title}")
    page.get_by_role("button", name=f"Eingegrenzt auf: {title}").click()  # folded, it still tells
    page.get_by_role("button", name="Überall suchen").click()
    expect(page.get_by_role("button", name="Suche eingrenzen")).to_be_visible()
    expect(page.locator("#everywhere")).to_be_hidden()
    everywhere = ask(page, DUBROWEZ)
    expect(everywhere.locator(".bereich")).to_have_count(0)
    expect(everywhere.locator(".stellen summary")).to_have_text("Gefundene Stellen (10)")


def test_page_searches_in_a_time_and_tells_that_a_date_is_wrong(open_page):
    page = open_page()
    page.get_by_role("button", name="Suche eingrenzen").click()
    page.get_by_label("von (Tag, Monat, Jahr)").fill("31.2.2025")
    expect(ask(page, DUBROWEZ)).to_have_text(
        "„31.2.2025“ ist kein Tag wie 30.11.2025, kein Monat wie 11/2025 und kein Jahr."
    )
    expect(page.locator("#question textarea")).to_have_value(DUBROWEZ)
    expect(page.locator("#chat .antwort")).to_have_count(0)
    check_state(page, "wrong-date")
    page.get_by_label("von (Tag, Monat, Jahr)").fill("11.3.2025")
    page.get_by_label("bis (Tag, Monat, Jahr)").fill("2025-03-12")
    page.press("#question textarea", "Enter")
    answer = page.locator("#chat .antwort")
    expect(answer.locator(".bereich")).to_have_text("Eingegrenzt auf: ab 11.3.2025, bis 12.3.2025")
    answer.locator(".stellen summary").click()
    origins = set(answer.locator(".stellen .herkunft").all_inner_texts())
    assert origins == {"Nordkurier Agentur, 11.3.2025", "Brenower Tageblatt, 12.3.2025"}


# the collection


def test_page_adds_an_article_and_answers_from_it(open_page, tmp_path):
    page = open_page("own")
    visit(page, "Sammlung")
    before = page.locator("#status").inner_text()
    article = tmp_path / "leuchtturm.txt"
    article.write_text("Titel: Der Leuchtturm\n\nDer Leuchtturm von Krabbensiel hat 211 Stufen.\n", encoding="utf-8")
    page.set_input_files("#upload input[type=file]", article)
    expect(page.locator("#listed .meldung")).to_have_text("1 neu, 0 geändert, 0 unverändert, 0 übersprungen.")
    expect(page.locator("#status")).not_to_have_text(before)
    visit(page, "Gespräch")
    answer = ask(page, "Wie viele Stufen hat der Leuchtturm von Krabbensiel?")
    assert sentences_of(answer)[0] == "Der Leuchtturm von Krabbensiel hat 211 Stufen."


def test_page_tells_which_files_were_skipped_and_why(open_page, tmp_path):
    page = open_page("own")
    visit(page, "Sammlung")
    (tmp_path / "gut.txt").write_text("Die Fähre nach Krabbensiel fährt um 9 Uhr.", encoding="utf-8")
    (tmp_path / "leer.txt").touch()
    (tmp_path / "kaputt.pdf").write_bytes(b"kaputt")
    (tmp_path / "bild.png").write_bytes(b"\x89PNG")
    files = [tmp_path / name for name in ("gut.txt", "leer.txt", "kaputt.pdf", "bild.png")]
    page.set_input_files("#upload input[type=file]", files)
    report = page.locator("#listed .meldung")
    expect(report).to_contain_text("1 neu, 0 geändert, 0 unverändert, 3 übersprungen.")
    expect(report.locator("li")).to_have_text(
        [re.compile(rf"^„{path.name}“ wurde übersprungen: .+") for path in files[1:]]
    )
    check_state(page, "skipped-files")
    page.set_input_files("#upload input[type=file]", files[0])
    expect(report).to_have_text("0 neu, 0 geändert, 1 unverändert, 0 übersprungen.")


def test_page_adds_many_files_at_once(open_page, tmp_path):
    page = open_page("own")
    visit(page, "Sammlung")
    files = [tmp_path / f"meldung-{number}.txt" for number in range(30)]
    for number, path in enumerate(files):
        path.write_text(f"Titel: Meldung {number}\n\nIm Hafen liegen {number} Boote.\n", encoding="utf-8")
    page.evaluate(HEAR, "#listed .hinweis")
    page.set_input_files("#upload input[type=file]", files)
    report = "30 neu, 0 geändert, 0 unverändert, 0 übersprungen."
    expect(page.locator("#listed .meldung")).to_have_text(report, timeout=30_000)
    heard = page.evaluate("window.heard")
    assert len(heard) > 5
    assert all(re.fullmatch(r"\d+ von 30: meldung-\d+\.txt", line) for line in heard)
    expect(page.locator("#listed .liste li")).to_have_count(40)
    click(page, "#listed", page.locator("#listed a[href='#mehr']").inner_text())
    expect(page.locator("#listed a[href='#mehr']")).to_have_count(0)
    assert page.locator("#listed .liste li").count() > 60


def test_page_finds_sorts_and_filters_articles_and_shows_one(open_page):
    page = open_page()
    visit(page, "Sammlung")
    titles = page.locator("#listed .liste a[href^='#lesen']")
    expect(titles).to_have_count(36)
    by_date = titles.all_inner_texts()
    check_state(page, "collection")
    choose(page, "Sortieren nach", "Titel")
    expect(titles).to_have_text(sorted(by_date, key=str.casefold))
    page.get_by_role("textbox", name="In Titeln, Medien und Dateinamen suchen").fill("dubrowez")
    expect(titles).to_have_count(3)
    expect(page.locator("#listed .leise")).to_have_text("3 von 36 Artikeln")
    choose(page, "Medium", "Brenower Tageblatt")
    expect(titles).to_have_count(1)
    page.get_by_role("textbox", name="In Titeln, Medien und Dateinamen suchen").fill("dubrowez gibtesnicht")
    expect(page.locator("#listed .hinweis")).to_have_text("Kein Artikel passt dazu.")
    page.get_by_role("textbox", name="In Titeln, Medien und Dateinamen suchen").fill("")
    expect(titles).to_have_count(1)
    choose(page, "Medium", "alle Medien")
    expect(titles).to_have_count(36)
    page.get_by_label("erschienen ab").fill("12.3.2025")
    page.get_by_label("erschienen bis").fill("2025-03-12")
    page.press("#last_day input, #last_day textarea", "Enter")
    expect(titles).to_have_count(1)
    titles.first.click()
    expect(page.locator("#reading h2")).to_have_text(titles.first.inner_text())
    expect(page.locator("#reading .datei")).to_have_text("2025-03-12-brenowo-raeumt-ostteil-von-dubrowez.txt")


def test_page_removes_an_article_and_brings_it_back(open_page):
    page = open_page("own")
    sentence = sentences_of(ask(page, FRAUD))[0]
    title = page.locator("#source h2").inner_text()
    before = page.locator("#status").inner_text()
    page.get_by_role("button", name="Suche eingrenzen").click()
    choose(page, "Artikel", title)
    visit(page, "Sammlung")
    page.get_by_role("textbox", name="In Titeln, Medien und Dateinamen suchen").fill(title)
    rows = page.locator("#listed .liste li")
    expect(rows).to_have_count(1)
    click(page, "#listed", "entfernen")
    expect(rows).to_contain_text("Wirklich entfernen?")
    check_state(page, "really-remove")
    click(page, "#listed", "nein, behalten")
    expect(rows).not_to_contain_text("Wirklich entfernen?")
    expect(page.locator("#status")).to_have_text(before)

    click(page, "#listed", "entfernen")
    click(page, "#listed", "ja, entfernen")
    expect(page.locator("#listed .meldung")).to_contain_text(f"„{title}“ wurde entfernt.")
    expect(rows).to_have_count(0)
    expect(page.locator("#status")).not_to_have_text(before)
    check_state(page, "removed")
    visit(page, "Gespräch")
    expect(page.locator("#articles").get_by_role("button", name="entfernen:")).to_have_count(0)
    assert sentence not in sentences_of(ask(page, FRAUD))

    visit(page, "Sammlung")
    find = page.get_by_role("textbox", name="In Titeln, Medien und Dateinamen suchen")
    find.fill("")
    expect(rows).not_to_have_count(0)
    expect(page.locator("#listed .meldung")).to_contain_text(f"„{title}“ wurde entfernt.")
    find.fill(title)
    expect(rows).to_have_count(0)
    click(page, "#listed", "rückgängig")
    expect(rows).to_have_count(1)
    expect(page.locator("#status")).to_have_text(before)
    visit(page, "Gespräch")
    assert sentences_of(ask(page, FRAUD))[0] == sentence


# conversations that were


def test_page_keeps_conversations_for_this_browser(open_page):
    page = open_page()
    history = page.locator("#history")
    kept = history.locator("li strong")
    visit(page, "Verlauf")
    expect(history.locator(".hinweis")).to_have_text(PAGE["de"]["no_conversation"])
    check_state(page, "no-history")
    visit(page, "Gespräch")
    ask(page, DUBROWEZ)
    ask(page, "Und warum?")
    page.get_by_role("button", name="Neues Gespräch").click()
    expect(page.locator("#chat .antwort")).to_have_count(0)
    ask(page, PLASMA)
    visit(page, "Verlauf")
    expect(kept).to_have_text([PLASMA, DUBROWEZ])
    reload(page)
    visit(page, "Verlauf")
    expect(kept).to_have_text([PLASMA, DUBROWEZ])
    expect(history.locator("li").nth(1)).to_contain_text(re.compile(r"2 Fragen, [0-9.]+, [0-9]{2}:[0-9]{2}\b"))
    check_state(page, "history")

    history.get_by_role("button", name="öffnen").nth(1).click()
    expect(page.locator("#chat .user")).to_have_text([DUBROWEZ, "Und warum?"])
    expect(page.locator("#chat .verstanden")).to_contain_text("Warum hat der Angriff auf Dubrowez begonnen?")
    expect_marked(page, BEGAN)

    visit(page, "Verlauf")
    history.get_by_role("button", name="umbenennen").nth(1).click()
    expect(page.get_by_label("Neuer Name")).to_have_value(DUBROWEZ)
    check_state(page, "renaming")
    page.get_by_label("Neuer Name").fill("Der Angriff")
    page.get_by_role("button", name="Speichern").click()
    expect(kept).to_have_text([PLASMA, "Der Angriff"])
    expect(page.get_by_label("Neuer Name")).to_be_hidden()

    for give_up in (
        lambda: page.get_by_role("button", name="Abbrechen").click(),
        lambda: page.keyboard.press("Escape"),
    ):
        history.get_by_role("button", name="umbenennen").first.click()
        page.get_by_label("Neuer Name").fill("Versehen")
        give_up()
        expect(page.get_by_label("Neuer Name")).to_be_hidden()
    expect(kept).to_have_text([PLASMA, "Der Angriff"])

    page.get_by_label("In den Fragen suchen").fill("plasma")
    expect(kept).to_have_text([PLASMA])
    page.get_by_label("In den Fragen suchen").fill("gibtesnicht")
    expect(history.locator(".hinweis")).to_have_text("Kein Gespräch passt dazu.")
    page.get_by_label("In den Fragen suchen").fill("")
    expect(kept).to_have_count(2)
    click(page, "#history", "löschen")
    expect(history.locator("li").first).to_contain_text("Wirklich löschen?")
    check_state(page, "really-delete")
    click(page, "#history", "nein, behalten")
    expect(history).not_to_contain_text("Wirklich löschen?")
    expect(kept).to_have_count(2)
    click(page, "#history", "löschen")
    click(page, "#history", "ja, löschen")
    expect(kept).to_have_text(["Der Angriff"])
    reload(page)
    visit(page, "Verlauf")
    expect(kept).to_have_text(["Der Angriff"])


def test_page_that_is_loaded_anew_goes_on_with_its_conversation_and_scope(open_page):
    page = open_page()
    page.get_by_role("button", name="Suche eingrenzen").click()
    page.get_by_label("von (Tag, Monat, Jahr)").fill("Januar 2025")
    ask(page, DUBROWEZ)
    ask(page, "Und warum?")
    visit(page, "Verlauf")
    expect(page.locator("#history li")).to_contain_text("2 Fragen")
    reload(page)
    expect(page.locator("#chat .user")).to_have_text([DUBROWEZ, "Und warum?"])
    expect(page.locator("#chat .antwort")).to_have_count(2)
    expect(page.locator("#chat .hinweis")).to_have_text(PAGE["de"]["asked_again"])
    expect(page.locator("#scope")).to_contain_text("Eingegrenzt auf: ab 1.1.2025")
    expect(page.get_by_role("button", name="Überall suchen")).to_be_visible()
    page.fill("#question textarea", PLASMA)
    page.press("#question textarea", "Enter")
    expect(page.locator("#chat .antwort")).to_have_count(3)
    visit(page, "Verlauf")
    expect(page.locator("#history li")).to_have_count(1)
    expect(page.locator("#history li")).to_contain_text("3 Fragen")
    visit(page, "Gespräch")
    page.get_by_role("button", name="Neues Gespräch").click()
    expect(page.locator("#chat .user")).to_have_count(0)
    reload(page)
    page.wait_for_timeout(1000)  # nothing is to come
    expect(page.locator("#chat .user")).to_have_count(0)
    other = page.context.new_page()  # another page of the same browser begins empty
    other.goto(page.url)
    wait_until_open(other)
    other.wait_for_timeout(1000)
    expect(other.locator("#chat .user")).to_have_count(0)
    other.close()  # in whose background the first page would take its time


# taking away


@pytest.mark.parametrize("form", list(Form))
def test_page_copies_an_answer(open_page, assistant, form):
    page = open_page()
    answer = ask(page, ANCHOR)
    answer.get_by_role("button", name=PAGE["de"][f"as_{form}"], exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Kopiert.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == exporting.answer_as(assistant.ask(ANCHOR), form, "de")


@pytest.mark.parametrize(("form", "ending"), [("markdown", "md"), ("json", "json"), ("page", "html")])
def test_page_saves_a_conversation(open_page, assistant, form, ending):
    page = open_page()
    ask(page, DUBROWEZ)
    ask(page, REFUSED)
    with page.expect_download() as download:
        page.locator("#chat").get_by_role("button", name=PAGE["de"][f"as_{form}"], exact=True).last.click()
    name, text = download.value.suggested_filename, Path(download.value.path()).read_text(encoding="utf-8")
    at = datetime.strptime(name, f"belegstelle-%Y-%m-%d-%H%M.{ending}").astimezone()
    turns = [exporting.Exchange(question, assistant.ask(question)) for question in (DUBROWEZ, REFUSED)]
    wanted = exporting.conversation_as(turns, ConversationForm(form), "de", at)
    if form == "json":
        assert _without_times(text) == _without_times(wanted)
    else:
        assert text == wanted


def _without_times(conversation: str) -> dict[str, Any]:
    found = json.loads(conversation)
    turns = [{**turn, "seconds": 0} for turn in found["turns"]]
    return {**found, "exported": "", "turns": turns}


def test_page_keeps_a_judgement(open_page, programs):
    page = open_page("own")
    answer = ask(page, DUBROWEZ)
    click(page, "#chat", "Beleg passt nicht")
    expect(answer.locator(".dank")).to_have_text("Danke, vermerkt.")
    expect(answer.locator(".gewaehlt")).to_have_text("Beleg passt nicht")
    last = feedback.read(programs["own"].index)[-1]
    assert (last.question, last.judgement, last.scope) == (DUBROWEZ, Judgement.EVIDENCE, Scope())
    assert [gold.sentence for gold in last.cited] == sentences_of(answer)
    before = len(feedback.read(programs["own"].index))
    click(page, "#chat", "zurücknehmen")
    expect(answer.locator(".dank")).to_have_count(0)
    expect(answer.locator(".gewaehlt")).to_have_count(0)
    assert len(feedback.read(programs["own"].index)) == before - 1


def test_page_links_to_a_citation(open_page):
    page = open_page()
    answer = ask(page, ANCHOR)
    answer.get_by_role("button", name="Beleg 2").click()
    expect_marked(page, sentences_of(answer)[1])
    click(page, "#source", "Link auf diese Stelle kopieren")
    expect(page.get_by_role("status").filter(has_text="Kopiert.")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#article=[0-9a-f]{16}&s=\d+-\d+", link)
    other = open_page()
    other.goto("about:blank")
    other.goto(link)
    expect_marked(other, sentences_of(answer)[1])
    other.goto("about:blank")
    other.goto(re.sub("=[0-9a-f]{16}", f"={'0' * 16}", link))
    expect(other.locator("#source .hinweis")).to_have_text(PAGE["de"]["unknown_link"])


# language, theme, screen


def own_words(page: Any) -> set[str]:
    """All that can be read on the page, and all names and hints in its fields."""
    return set(
        page.evaluate(
            """() => {
                const found = [];
                const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
                while (walk.nextNode()) {
                    const text = walk.currentNode;
                    if (!text.parentElement.closest('script, style')) found.push(text.data.trim());
                }
                for (const name of ['placeholder', 'aria-label', 'title'])
                    document.querySelectorAll(`[${name}]`).forEach(part => found.push(part.getAttribute(name)));
                return found;
            }"""
        )
    )


def test_page_changes_its_language(open_page):
    page = open_page()
    for there, other in (("de", "en"), ("en", "de")):
        expect(page.locator("html")).to_have_attribute("lang", there)
        expect(page.locator("#chat")).to_contain_text(PAGE[there]["welcome_examples"])
        ask(page, DUBROWEZ)
        shown: set[str] = set()
        for name in ("tab_chat", "tab_collection", "tab_history"):
            visit(page, PAGE[there][name])
            shown |= own_words(page)
        check_state(page, f"history-{there}")
        foreign = set(PAGE[other].values()) - set(PAGE[there].values()) - {PAGE[there]["other_language"]}
        assert shown & foreign == set()
        told = ("ask", "placeholder", "question", "source", "upload", "upload_drop", "upload_or", "upload_choose")
        assert {PAGE[there][name] for name in told} <= shown
        assert {"Datei hier ablegen", "Drop File Here", "Hochladen", "Click to Upload"} & shown == set()
        page.get_by_role("button", name=PAGE[there]["other_language"]).click()
        expect(page.locator("html")).to_have_attribute("lang", other)
        wait_until_open(page)
        expect(page.locator("#chat .antwort")).to_contain_text(PAGE[other]["confidence"])  # the conversation goes on
        page.get_by_role("button", name=PAGE[other]["begin_anew"]).click()
        expect(page.locator("#chat .antwort")).to_have_count(0)
    assert language_of({"cookie": page.evaluate("document.cookie")}, None) == "de"


def test_page_speaks_the_language_of_the_browser(open_page):
    page = open_page(locale="en-GB")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    answer = ask(page, "When did the attack on Dubrowez begin?")
    expect(answer.locator(".sicherheit")).to_contain_text("Confidence: ")
    expect(answer.locator("summary")).to_have_text("Passages found (10)")
    expect_marked(page, sentences_of(answer)[0])


def test_page_speaks_the_language_of_the_program_first(open_page):
    page = open_page("own", locale="en-GB")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("button", name="Fragen")).to_be_visible()


@pytest.mark.parametrize("preferred", ["light", "dark"])
def test_page_changes_its_theme_and_remembers_it(open_page, preferred):
    page = open_page(color_scheme=preferred)
    body = page.locator("body")
    is_dark = {"light": re.compile(r"^(?!.*\bdark\b)"), "dark": re.compile(r"\bdark\b")}
    other = "light" if preferred == "dark" else "dark"
    expect(body).to_have_class(is_dark[preferred])
    page.get_by_role("button", name="Hell / dunkel").click()
    expect(body).to_have_class(is_dark[other])
    reload(page)
    expect(body).to_have_class(is_dark[other])
    ask(page, ANCHOR)
    expect(body).to_have_class(is_dark[other])


@pytest.mark.parametrize(("width", "height", "scale"), [(360, 740, 1), (640, 480, 2)])
def test_page_fits_a_phone_and_bears_enlarging(open_page, width, height, scale):
    page = open_page(width=width, height=height, device_scale_factor=scale)
    assert page.evaluate(WIDER_THAN_SCREEN) == 0
    answer = ask(page, ANCHOR)
    expect(answer.locator(".satz").first).to_be_in_viewport()
    check_state(page, f"answer-{width}")
    answer.locator(".stellen summary").click()
    assert page.evaluate(WIDER_THAN_SCREEN) == 0
    answer.get_by_role("button", name="Beleg 2").click()
    expect_marked(page, sentences_of(answer)[1])
    page.get_by_role("button", name="zurück").click()
    expect(answer.get_by_role("button", name="Beleg 2")).to_be_in_viewport()
    expect(answer.get_by_role("button", name="Beleg 2")).to_be_focused()
    page.get_by_role("button", name="Suche eingrenzen").click()
    assert page.evaluate(WIDER_THAN_SCREEN) == 0
    visit(page, "Sammlung")
    assert page.evaluate(WIDER_THAN_SCREEN) == 0
    page.locator("#listed a[href^='#lesen']").first.click()
    expect(page.locator("#reading h2")).to_be_in_viewport()
    check_state(page, f"reading-{width}")
    assert page.evaluate(WIDER_THAN_SCREEN) == 0
    visit(page, "Verlauf")
    assert page.evaluate(WIDER_THAN_SCREEN) == 0


# keyboard and screen reader


def test_page_obeys_its_keys(open_page):
    page = open_page()
    sentences = sentences_of(ask(page, ANCHOR))
    expect_marked(page, sentences[0])
    page.locator("#title").click()
    for key, number in (("n", 1), ("n", 2), ("p", 1), ("3", 2), ("1", 0)):
        page.keyboard.press(key)
        expect_marked(page, sentences[number])
    visit(page, "Verlauf")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="So geht es")
    expect(dialog.locator("kbd")).to_have_text(["/", "1 2 3", "n", "p", "g", "?", "Esc"])
    check_state(page, "help")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Hilfe").click()
    page.get_by_role("button", name="Schließen").click()
    expect(dialog).to_be_hidden()
    page.keyboard.press("/")
    expect(page.get_by_role("textbox", name="Ihre Frage")).to_be_focused()
    page.keyboard.type("n? g/p")
    expect(page.locator("#question textarea")).to_have_value("n? g/p")
    expect(page.locator("#chat .antwort")).to_have_count(1)
    page.locator("#title").click()
    page.keyboard.press("g")
    expect(page.locator("#chat .antwort")).to_have_count(0)
    expect(page.locator("#source .hinweis")).to_have_text(NO_SOURCE)


def test_page_works_by_keyboard_alone(open_page):
    page = open_page()
    expect(page.locator("#question textarea")).to_be_focused()
    page.keyboard.type(ANCHOR)
    page.keyboard.press("Enter")
    expect(page.locator("#chat .antwort")).to_have_count(1)
    sentences = sentences_of(page.locator("#chat .antwort"))
    expect_marked(page, sentences[0])
    go_to(page, "Beleg 2", back=True)
    page.keyboard.press("Enter")
    expect_marked(page, sentences[1])
    go_to(page, "Beleg 3")
    page.keyboard.press("Space")
    expect_marked(page, sentences[2])
    go_to(page, "Gefundene Stellen (10)")
    page.keyboard.press("Enter")
    expect(page.locator(".stellen li").first).to_be_visible()
    go_to(page, "Ihre Frage")
    go_to(page, "Fragen")
    go_to(page, "vorheriger")
    page.keyboard.press("Enter")
    expect_marked(page, sentences[1])
    go_to(page, "Sammlung", back=True)
    page.keyboard.press("Enter")
    expect(page.locator("#listed")).to_be_visible()
    go_to(page, "Verlauf")
    page.keyboard.press("Enter")
    expect(page.locator("#history")).to_be_visible()
    go_to(page, "Zur Frage springen", back=True)
    check_state(page, "skip-link")
    page.keyboard.press("Enter")
    expect(page.locator("#question textarea")).to_be_focused()


def go_to(page: Any, name: str, *, back: bool = False) -> None:
    """Press Tab until the part with this name has the focus."""
    passed = []
    for _ in range(60):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        passed.append(
            page.evaluate(
                """() => {
                    const part = document.activeElement, label = part.closest('label')?.innerText;
                    return (part.getAttribute('aria-label') ?? label ?? part.innerText ?? '').trim();
                }"""
            )
        )
        if passed[-1] == name:
            return
    pytest.fail(f"{name} is not among {passed}")


def test_page_tells_a_screen_reader_what_is_there_and_what_happens(open_page):
    page = open_page()
    answer = ask(page, ANCHOR)
    expect(page.get_by_role("log", name="Gespräch")).to_have_attribute("aria-live", "polite")
    expect(page.get_by_role("region", name="Quelle")).to_have_attribute("aria-live", "off")
    expect(answer.get_by_role("button", name="Beleg 1")).to_be_visible()
    for room, names in (("Gespräch", ("Quelle",)), ("Sammlung", ("Sammlung", "Quelle")), ("Verlauf", ("Verlauf",))):
        visit(page, room)
        for name in names:
            expect(page.get_by_role("region", name=name)).to_be_visible()
        assert unnamed(page) == []
    for message in page.locator("[data-testid=bot], [data-testid=user]").all():
        expect(message).not_to_have_attribute("aria-label", re.compile("<"))


# others


def test_page_keeps_two_people_apart(open_page, go_on):
    questions = {open_page("own"): DUBROWEZ, open_page("own"): PLASMA}
    for page, question in questions.items():
        page.fill("#question textarea", f"Geduld, bitte! {question}")
        page.press("#question textarea", "Enter")
    for page in questions:
        expect(page.locator("#chat .arbeit")).to_contain_text("Stellen gefunden")
    go_on.touch()
    for page, question in questions.items():
        expect(page.locator("#chat .user")).to_have_text([f"Geduld, bitte! {question}"])
        expect(page.locator("#chat .antwort")).to_have_count(1)
        expect(page.locator("#source h2")).to_have_text(TITLES[question])
        visit(page, "Verlauf")
        expect(page.locator("#history li strong")).to_have_text([f"Geduld, bitte! {question}"])


def test_page_shows_hostile_articles_as_the_text_they_are(open_page):
    page = open_page("own")
    answer = ask(page, "Wie hoch ist der Turm von Quastenburg?")
    number = sentences_of(answer).index(HOSTILE_SENTENCE)
    answer.locator("a.marke").nth(number).click()
    expect_marked(page, HOSTILE_SENTENCE)
    expect(page.locator("#source .datei")).to_have_text(HOSTILE_NAME)
    expect(page.locator("#source h2")).to_contain_text("<script>window.__pwn=1</script>Der Turm")
    answer.locator(".stellen summary").click()
    ask(page, f"{HOSTILE_SENTENCE} ```mermaid graph TD``` <img src=http://fern.example/q.png onerror=window.__pwn=1>")
    page.get_by_role("button", name="Suche eingrenzen").click()
    choose(page, "Artikel", "Der Turm <iframe")
    visit(page, "Verlauf")
    visit(page, "Sammlung")
    page.get_by_role("textbox", name="In Titeln, Medien und Dateinamen suchen").fill("iframe")
    expect(page.locator("#listed li")).to_have_count(1)
    page.locator("#listed a[href^='#lesen']").click()
    expect(page.locator("#reading .datei")).to_have_text(HOSTILE_NAME)
    click(page, "#listed", "entfernen")
    expect(page.locator("#listed li")).to_contain_text("Wirklich entfernen?")
    assert page.evaluate("window.__pwn") is None
    inside = ":is(#chat, #source, #listed, #reading, #history) :is({})"
    foreign = page.locator(inside.format("script, iframe, form, input, img[src^=http], svg[onload]"))
    assert [found.evaluate("element => element.outerHTML") for found in foreign.all()] == []
    assert page.locator("style", has_text="fern.example").count() == 0
    assert page.locator("a[href^='javascript' i], form[action*='fern.example'], [onerror], [onclick]").count() == 0
