import re
from html.parser import HTMLParser

import pytest
from helpers import make_article, one_passage

from index.types import Article, Hit
from qa import html, render
from qa.html import Mark, Target, parse_target
from qa.types import Answer, Citation

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "</mark></bdi></div><b>frei",
    "```mermaid\ngraph TD; A-->B\n```",
    "${alert(1)} {{7*7}} $$x$$",
    '"><svg onload=alert(1)>',
    "&lt;b&gt; &amp; '",
    "[Klick](javascript:alert(1)) ![](https://fern.example/x.png)",
]
TEXT = "Das Bad öffnet am 2. Mai. Es hat 25 Bahnen.\n\nDer Rat <freut> sich & lacht."


class Reader(HTMLParser):
    """What a browser would make of the markup: elements, attributes and text."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.paragraphs: list[str] = []
        self.marked: list[tuple[str | None, str]] = []
        self._open: list[str] = []
        self._label = False
        self.feed(markup)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        self._open.append(tag)
        self._label = self._label or ("class", "nummer") in attributes
        if tag == "p":
            self.paragraphs.append("")
        if tag == "mark":
            self.marked.append((dict(attributes)["class"], ""))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag
        self._label = self._label and tag != "span"

    def handle_data(self, data):
        self.text += data
        if self._label:
            return
        if "p" in self._open:
            self.paragraphs[-1] += data
        if "mark" in self._open:
            self.marked[-1] = (self.marked[-1][0], self.marked[-1][1] + data)


def article(text: str = TEXT, **fields: str) -> Article:
    return make_article(text, **{"title": "Bad", "name": "bad.txt", "date": "2025-04-30", **fields})


def answer(source: Article, *, question: str = "Wann?", abstained: bool = False) -> Answer:
    passage = one_passage(source)
    hit = Hit(passage, source, 1, 0.5, 0.875, 2.5, tuple(0.9 for _ in passage.sentences))
    found = tuple(
        Citation(marker, sentence, source, 0.5, (4, 7) if marker == 1 else None)
        for marker, sentence in enumerate(passage.sentences[:2], start=1)
    )
    shown = render.refusal(question, [hit], "de") if abstained else render.answer_text(found)
    return Answer(
        question, "de", shown, None, abstained, 0.4,
        () if abstained else found, (hit,), None, 0.1,
    )  # fmt: skip


def paragraphs_of(markup: str) -> list[str]:
    """The paragraphs of an article's text, between its source and its file name."""
    return Reader(markup).paragraphs[1:-1]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_html_escapes_whatever_stands_in_text_title_names_and_question(hostile):
    source = article(f"Das Bad {hostile} öffnet. {hostile}", title=hostile, publisher=hostile, name=f"{hostile}.txt")
    shown = [
        html.question_html(hostile),
        html.notice_html(hostile),
        html.answer_html(answer(source), 1, "de"),
        html.answer_html(answer(source, abstained=True), 1, "de"),
        html.article_html(source, [Mark(0, 9, "1", current=True)], "de"),
    ]
    harmless = {"bdi", "div", "p", "ol", "li", "a", "strong", "details", "summary", "span", "mark", "h2"}
    for markup in shown:
        read = Reader(markup)
        assert set(read.tags) <= harmless
        assert {name for name, _ in read.attributes} <= {"class", "href"}
        assert [value for name, value in read.attributes if name == "href" and not value.startswith("#")] == []
        assert " ".join(hostile.split()) in " ".join(read.text.split())


@pytest.mark.parametrize(
    "marks",
    [
        [],
        [Mark(0, 25, "1", current=True)],
        [Mark(26, 43, "2"), Mark(0, 25, "1", current=True)],
        [Mark(0, len(TEXT), current=True)],
        [Mark(0, 30, "1"), Mark(20, 43, "2", current=True)],
        [Mark(5, 10, "1"), Mark(0, 40, "2"), Mark(6, 7, "3")],
        [Mark(0, 25, "1"), Mark(0, 25, "2")],
        [Mark(40, 60, "1")],
        [Mark(10, 10, "1"), Mark(-5, 3, "2"), Mark(70, 9999, "3"), Mark(9, 2, "4")],
    ],
)
def test_article_html_keeps_the_text_character_for_character(marks):
    assert paragraphs_of(html.article_html(article(), marks, "de")) == [line for line in TEXT.split("\n") if line]


def test_article_html_marks_what_was_cited_and_the_current_part_more():
    shown = Reader(html.article_html(article(), iter([Mark(26, 43, "2"), Mark(0, 25, "1", current=True)]), "de"))
    assert shown.marked == [("beleg aktuell", TEXT[:25]), ("beleg", TEXT[26:43])]


def test_article_html_marks_on_across_paragraphs_and_labels_the_beginning():
    markup = html.article_html(article(), iter([Mark(26, 52, "7")]), "de")
    assert Reader(markup).marked == [("beleg", TEXT[26:43]), ("beleg", TEXT[45:52])]
    assert re.findall(r'class="nummer"><bdi>(.*?)</bdi>', markup) == ["7"]


def test_article_html_of_overlapping_marks_lets_the_first_win():
    shown = Reader(html.article_html(article(), [Mark(20, 43, "2"), Mark(0, 30, "1")], "de"))
    assert shown.marked == [("beleg", TEXT[:30]), ("beleg", TEXT[30:43])]


@pytest.mark.parametrize("text", ["a\u2028b", "a\u0085b", "a\x0cb", "שלום <b> עולם", "e\u0301 👩‍👩‍👧"])
def test_article_html_takes_no_other_character_for_a_line_end(text):
    assert paragraphs_of(html.article_html(article(text, date="2025-01-01"), [Mark(0, 1)], "de")) == [text]


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://bote.example/a?b=1&c='\"<x>", "https://bote.example/a?b=1&c='\"<x>"),
        ("http://bote.example/", "http://bote.example/"),
        ("javascript:alert(1)", None),
        ("JAVASCRIPT:alert(1)", None),
        (" javascript:https://x", None),
        ("data:text/html,<script>", None),
        ("//bote.example", None),
        ("bote.example", None),
    ],
)
def test_article_html_links_to_web_addresses_only(url, link):
    read = Reader(html.article_html(article(url=url), [], "de"))
    assert [value for name, value in read.attributes if name == "href"] == ([link] if link else [])


def test_answer_html_shows_sentences_markers_sources_confidence_and_passages():
    source = article()
    markup = html.answer_html(answer(source), 3, "de")
    read = Reader(markup)
    assert read.paragraphs == [
        "Das Bad öffnet am 2. Mai.\N{NO-BREAK SPACE}1",
        "Bad · 30.4.2025",
        "Es hat 25 Bahnen.\N{NO-BREAK SPACE}2",
        "Bad · 30.4.2025",
        "Sicherheit: mittel (40\N{NO-BREAK SPACE}%)",
    ]
    assert [value for name, value in read.attributes if name == "href"] == [
        "#beleg-3-1",
        "#beleg-3-1",
        "#beleg-3-2",
        "#beleg-3-2",
        "#stelle-3-1",
    ]
    assert '<strong class="kurz"><bdi>Bad</bdi></strong>' in markup
    assert "Gefundene Stellen (1)" in read.text
    assert "Wert 0,50 · Sinn 0,88 · Wörter 2,5" in read.text


def test_answer_html_of_a_refusal_has_no_markers_but_the_passages():
    read = Reader(html.answer_html(answer(article(), abstained=True), 1, "en"))
    assert ("class", "marke") not in read.attributes
    assert ("href", "#stelle-1-1") in read.attributes
    assert "Passages found (1)" in read.text


def test_answer_html_cuts_long_passages_at_a_word():
    source = article("Wort " * 200 + "Ende.")
    excerpt = re.search(r'class="auszug"><bdi>(.*?)</bdi>', html.answer_html(answer(source), 1, "de"))[1]
    assert excerpt == " ".join(["Wort"] * 48) + " …"


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("beleg-1-2", Target("beleg", 1, 2)),
        ("#beleg-12-3", Target("beleg", 12, 3)),
        ("stelle-4-10/17", Target("stelle", 4, 10)),
    ],
)
def test_parse_target_reads_citations_and_passages(text, target):
    assert parse_target(text) == target


@pytest.mark.parametrize(
    "text",
    ["", "#", "beleg", "beleg-1", "beleg-1-", "beleg-a-b", "beleg--1-2", "beleg-1-1234", "beleg-1234567-1",
     "beleg-1-2x", "beleg-1-2/", "beleg-1-2/x", "x beleg-1-2", "##beleg-1-2", "javascript:alert(1)", "beleg-1-2\n"],
)  # fmt: skip
def test_parse_target_refuses_all_else(text):
    assert parse_target(text) is None
