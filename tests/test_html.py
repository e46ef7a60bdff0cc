import re
import time
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from helpers import make_article, one_passage

from index.catalogue import Entry
from index.store import Scope
from index.types import Article, Hit, Sentence
from qa import html, render
from qa.chat import Kept, Turn
from qa.collection import Came, Change
from qa.dialogue import Understood
from qa.feedback import Judgement
from qa.html import Action, Mark, Place, parse_action, parse_place
from qa.types import Answer, Citation, Evidence

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "</mark></bdi></div><b>frei",
    "```mermaid\ngraph TD; A-->B\n```",
    "${alert(1)} {{7*7}} $$x$$",
    "{} {0} {title} {name!r:>9} }{",
    '"><svg onload=alert(1)>',
    "' onclick='alert(1)",
    "&lt;b&gt; &amp; '",
    "[Klick](javascript:alert(1)) ![](https://fern.example/x.png)",
]
HARMLESS_TAGS = {
    *("a", "bdi", "details", "div", "em", "h2", "li", "mark", "ol", "p", "span", "strong", "summary", "ul"),
}
TEXT = "Das Bad öffnet am 2. Mai. Es hat 25 Bahnen.\n\nDer Rat <freut> sich & lacht."


class Reader(HTMLParser):
    """What a browser would make of the markup: elements, attributes and text."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.paragraphs: list[str] = []
        self.items: list[str] = []
        self.marked: list[tuple[str | None, str]] = []
        self._open: list[str] = []
        self._label = False
        self.feed(markup)
        self.close()
        assert self._open == []

    @property
    def links(self) -> list[str | None]:
        return [value for name, value in self.attributes if name == "href"]

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        self._open.append(tag)
        self._label = self._label or ("class", "nummer") in attributes
        if tag == "p":
            self.paragraphs.append("")
        if tag == "li":
            self.items.append("")
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
        if "li" in self._open:
            self.items[-1] += data
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


def turn(given: Answer | None = None, *, number: int = 1, asked: str = "Wann?", **fields: object) -> Turn:
    return Turn(number, asked, Understood(asked), answer=given, **fields)  # type: ignore[arg-type]


def reply(shown: Turn, language: str = "de") -> str:
    """The markup of the reply to a turn that another follows."""
    return html.conversation([shown, turn(number=99)], language)[1]["content"]


def entry(source: Article) -> Entry:
    return Entry(source, (f"/news/{source.name}",), 3, 1, ())


def kept(title: str, *asked: str, identity: str = "0a1b2c3d") -> Kept:
    turns = [{"asked": question, "literal": False} for question in asked]
    return {"id": identity, "title": title, "at": "2025-12-01T09:30:00+00:00", "turns": turns}


def paragraphs_of(markup: str) -> list[str]:
    """The paragraphs of an article's text, between its source and its file name."""
    return Reader(markup).paragraphs[1:-1]


def hostile_markup(hostile: str) -> dict[str, str]:
    """All that is written as markup, with the same hostile text wherever text of others may stand."""
    source = article(f"Das Bad {hostile} öffnet. {hostile}", title=hostile, publisher=hostile, name=f"{hostile}.txt")
    bare = make_article(f"Der Rat {hostile} tagt.", name=hostile)
    given = answer(source, question=hostile)
    context = Sentence(source.id, 0, 0, f"Davor {hostile}.")
    first = replace(given.citations[0], context=context, copies=(source, bare))
    led = replace(given, citations=(first, *given.citations[1:]))
    everywhere = Scope((hostile,), (hostile,), "2025-01-01", None)
    carried = Understood(hostile, (hostile,))
    return {
        "notice": html.notice_html(hostile),
        "question": html.conversation([turn(asked=hostile)], "de")[0]["content"],
        "understood": reply(Turn(1, "Und er?", carried)),
        "notice of a turn": reply(turn(notice="failed", told={"id": hostile})),
        "answer": reply(turn(led, scope=everywhere, judgement=Judgement.RIGHT)),
        "last answer": html.conversation([turn(led)], "en")[1]["content"],
        "scope": reply(turn(answer(article()), scope=everywhere)),
        "context": reply(turn(replace(answer(article()), citations=(first,), passages=()))),
        "copies": reply(turn(replace(answer(article()), citations=(replace(first, context=None),), passages=()))),
        "passages": reply(turn(replace(led, abstained=True, citations=(), text=""))),
        "refusal": reply(turn(answer(source, question=hostile, abstained=True))),
        "citation": html.citation_html(turn(led), first, "de"),
        "article": html.article_html(source, [Mark(0, 9, "1", current=True)], "de"),
        "article without outlet": html.article_html(bare, [], "de"),
        "label of a mark": html.article_html(article(), [Mark(0, 9, hostile)], "de"),
        "collection": html.collection_html([entry(source), entry(bare)], "de", shown=9, of_all=2, removing=bare.id),
        "removed": html.removed_html(hostile, "de"),
        "summary": html.report_html(hostile, [], [], "de"),
        "skipped name": html.report_html("", [], [(hostile, "ist leer")], "de"),
        "skipped reason": html.report_html("", [], [("a.txt", hostile)], "de"),
        "article that came": html.report_html("", [Came(bare.id, hostile, Change.UPDATED)], [], "de"),
        "history": html.history_html([kept(hostile, hostile)], "de", any_kept=True),
        "deleting": html.history_html([kept(hostile)], "de", any_kept=True, deleting="0a1b2c3d"),
    }


# what comes from elsewhere


@pytest.mark.parametrize("hostile", HOSTILE)
def test_html_escapes_whatever_comes_from_articles_files_and_questions(hostile):
    for place, markup in hostile_markup(hostile).items():
        read = Reader(markup)
        assert set(read.tags) <= HARMLESS_TAGS, place
        assert {name for name, _ in read.attributes} <= {"class", "href"}, place
        assert [link for link in read.links if not re.fullmatch("#[A-Za-z0-9&=-]+", link or "")] == [], place
        assert " ".join(hostile.split()) in " ".join(read.text.split()), place


def test_html_shuts_off_text_that_runs_from_right_to_left():
    for place, markup in hostile_markup("\u202eשלום").items():
        outside = re.sub(r"<bdi>.*?</bdi>", "", markup, flags=re.DOTALL)
        assert "\u202e" not in outside, place


@pytest.mark.parametrize("identity", ['"><svg onload=alert(1)>', "' onclick='alert(1)", "<b>"])
def test_history_html_escapes_the_identity_in_its_links(identity):
    read = Reader(html.history_html([kept("Bad", identity=identity)], "de", any_kept=True))
    assert set(read.tags) <= HARMLESS_TAGS
    assert {name for name, _ in read.attributes} == {"class", "href"}
    assert read.links == [f"#{name}-{identity}" for name in ("gespraech", "umbenennen", "loeschen")]
    asking = Reader(html.history_html([kept("Bad", identity=identity)], "de", any_kept=True, deleting=identity))
    assert set(asking.tags) <= HARMLESS_TAGS
    assert {name for name, _ in asking.attributes} == {"class", "href"}
    assert asking.links == [f"#weg-{identity}", "#behalten"]


# articles


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
    assert Reader(html.article_html(article(url=url), [], "de")).links == ([link] if link else [])


# answers


def test_conversation_has_question_and_reply_of_each_turn():
    turns = [turn(answer(article())), turn(number=2, asked=" ", notice="empty_question"), turn(number=3, asked="<b>?")]
    messages = html.conversation(turns, "de")
    assert [message["role"] for message in messages] == ["user", "assistant", "assistant", "user", "assistant"]
    assert messages[0]["content"] == "<bdi>Wann?</bdi>"
    assert 'href="#beleg-1-1"' in messages[1]["content"]
    assert messages[2]["content"] == '<div class="hinweis"><bdi>Bitte geben Sie eine Frage ein.</bdi></div>'
    assert messages[3]["content"] == "<bdi>&lt;b&gt;?</bdi>"
    assert Reader(messages[4]["content"]).text == "Die Artikel werden durchsucht …"


def test_conversation_tells_how_far_a_turn_is():
    found = answer(article()).passages
    assert Reader(reply(turn())).text == "Die Artikel werden durchsucht …"
    assert Reader(reply(turn(passages=()))).text == "0 Stellen gefunden, die besten werden gelesen …"
    assert Reader(reply(turn(passages=found), "en")).text == "1 passages found, reading the best of them …"


@pytest.mark.parametrize(
    ("notice", "told", "text"),
    [
        ("empty_question", {}, "Bitte geben Sie eine Frage ein."),
        (
            "long_question",
            {"found": 2001, "allowed": 2000},
            "Die Frage hat 2001 Zeichen, erlaubt sind 2000. Bitte kürzen Sie sie.",
        ),
        ("stopped", {}, "Abgebrochen."),
    ],
)
def test_conversation_shows_the_notice_of_a_turn_without_an_answer(notice, told, text):
    assert reply(turn(notice=notice, told=told)) == f'<div class="hinweis"><bdi>{text}</bdi></div>'


def test_conversation_shows_only_the_beginning_of_a_question_that_was_too_long():
    asked = "<b>Wort " * 400
    told = {"found": len(asked), "allowed": 2000}
    shown = html.conversation([turn(asked=asked, notice="long_question", told=told)], "de")[0]["content"]
    assert shown == f"<bdi>{'&lt;b&gt;Wort ' * 30}…</bdi>"


def test_conversation_tells_how_a_follow_up_was_understood_and_offers_to_take_it_literally():
    understood = Understood("Wann öffnet das Bad?", ("das Bad",))
    read = Reader(reply(Turn(4, "Und wann?", understood, answer=answer(article()))))
    assert read.paragraphs[0] == "Verstanden als: Wann öffnet das Bad? wörtlich nehmen"
    assert read.links[0] == "#woertlich-4"
    assert "#woertlich-4" not in Reader(reply(turn(answer(article()), number=4))).links


def test_conversation_shows_sentences_markers_sources_confidence_passages_and_what_can_be_done():
    markup = reply(turn(answer(article()), number=3))
    read = Reader(markup)
    assert read.paragraphs == [
        "Das Bad öffnet am 2. Mai.\N{NO-BREAK SPACE}1",
        "Bad · 30.4.2025",
        "Es hat 25 Bahnen.\N{NO-BREAK SPACE}2",
        "Bad · 30.4.2025",
        "Sicherheit: gering (40\N{NO-BREAK SPACE}%)",
        "Kopieren: Text Markdown Fußnoten",
        "War das richtig? richtig falsch Beleg passt nicht",
    ]
    assert read.links == [
        "#beleg-3-1",
        "#beleg-3-1",
        "#beleg-3-2",
        "#beleg-3-2",
        "#stelle-3-1",
        "#kopie-3-plain",
        "#kopie-3-markdown",
        "#kopie-3-footnotes",
        "#urteil-3-right",
        "#urteil-3-wrong",
        "#urteil-3-evidence",
    ]
    assert [link for link in read.links if parse_action(link) is None] == []
    assert '<strong class="kurz"><bdi>Bad</bdi></strong>' in markup
    assert "Gefundene Stellen (1)" in read.text
    assert "gefunden wegen Sinn und Wörtern: Wert 0,50 · Sinn 0,88 · Wörter 2,5" in read.text


def test_conversation_shows_what_stands_before_a_citation_and_where_else_it_stands():
    given = answer(article())
    copies = (article(publisher="Bote"), make_article("x", name="kopie.txt"))
    first = replace(given.citations[0], context=Sentence("", 0, 9, "Im Rathaus."), copies=copies)
    markup = reply(turn(replace(given, citations=(first,))))
    assert '<span class="davor"><bdi>Im Rathaus.</bdi></span> <bdi>Das </bdi>' in markup
    assert Reader(markup).paragraphs[1] == "Bad · 30.4.2025 (fast gleich auch in Bote, 30.4.2025; kopie.txt)"


@pytest.mark.parametrize(
    ("scope", "language", "told"),
    [
        (Scope(), "de", ""),
        (Scope(("a.txt",), ("Bote", "Anzeiger")), "de", " Eingegrenzt auf: a.txt, Bote, Anzeiger"),
        (Scope(since="2025-01-02"), "de", " Eingegrenzt auf: ab 2.1.2025"),
        (Scope(since="2025-01-02", until="2025-03-04"), "en", " Narrowed to: from 2 Jan 2025, to 4 Mar 2025"),
    ],
)
def test_conversation_tells_in_what_was_searched(scope, language, told):
    confidence = {"de": "Sicherheit: gering (40\N{NO-BREAK SPACE}%)", "en": "Confidence: low (40%)"}[language]
    read = Reader(reply(turn(answer(article()), scope=scope), language))
    assert confidence + told in read.paragraphs


@pytest.mark.parametrize("judgement", [None, Judgement.RIGHT, Judgement.WRONG, Judgement.EVIDENCE])
def test_conversation_shows_what_was_thought_of_an_answer(judgement):
    markup = reply(turn(answer(article()), judgement=judgement))
    chosen = re.findall(r'class="tat gewaehlt" href="#urteil-1-(\w+)"', markup)
    assert chosen == ([judgement] if judgement else [])
    assert ("Danke, vermerkt." in markup) == bool(judgement)
    assert ('href="#urteil-1-withdrawn"' in markup) == bool(judgement)


def test_conversation_of_a_refusal_has_no_markers_but_the_passages():
    read = Reader(reply(turn(answer(article(), abstained=True)), "en"))
    assert ("class", "marke") not in read.attributes
    assert [link for link in read.links if "beleg" in link or "evidence" in link] == []
    assert "#stelle-1-1" in read.links
    assert "Passages found (1)" in read.text


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "de",
            [
                "Die Artikel beantworten diese Frage nicht.",
                "Gesucht wurde nach neue Bad, Haldern.",
                "Am nächsten kommen:",
                "Vielleicht hilft eine andere Wortwahl oder ein Name.",
            ],
        ),
        (
            "en",
            [
                "The articles do not answer this question.",
                "Looked for: neue Bad, Haldern.",
                "The nearest articles:",
                "Other words or a name may help.",
            ],
        ),
    ],
)
def test_conversation_words_a_refusal_in_the_language_of_the_page(language, told):
    given = answer(article(), question="Wo ist das neue Bad von Haldern?", abstained=True)
    twice = (*given.passages, replace(given.passages[0], rank=2))
    read = Reader(reply(turn(replace(given, passages=twice)), language))
    assert read.paragraphs[: len(told)] == told
    assert read.links[:3] == ["#stelle-1-1", "#stelle-1-1", "#stelle-1-2"]  # one article, and below it both passages
    nothing = Reader(reply(turn(replace(given, question="Wo?", passages=())), language))
    assert nothing.paragraphs[:2] == [told[0], told[3]]


def test_conversation_tells_no_confidence_of_a_refusal():
    refused = turn(answer(article(), abstained=True), scope=Scope(since="2025-01-02"))
    assert "Eingegrenzt auf: ab 2.1.2025" in Reader(reply(refused)).paragraphs
    assert "Sicherheit" not in Reader(reply(refused)).text


def test_conversation_offers_what_a_misspelt_question_was_meant_to_be():
    given = answer(article(), abstained=True)
    read = Reader(reply(turn(given, number=3, corrected="Wer ist <b>Anna</b>?")))
    assert "Meinten Sie: Wer ist <b>Anna</b>?" in read.paragraphs
    assert "#meinten-3" in read.links
    assert "meinten" not in reply(turn(given)).lower()


def test_conversation_offers_all_articles_where_a_scope_was_refused():
    given = answer(article(), abstained=True)
    links = Reader(reply(turn(given, number=3, scope=Scope(since="2025-01-02")))).links
    assert "#ueberall-3" in links
    assert [link for link in Reader(reply(turn(given))).links if "ueberall" in link] == []
    assert [
        link
        for link in Reader(reply(turn(answer(article()), scope=Scope(since="2025-01-02")))).links
        if "ueberall" in link
    ] == []


def test_conversation_offers_to_be_saved_below_its_last_answer_only():
    turns = [turn(answer(article())), turn(answer(article()), number=2)]
    forms = ["#ausfuhr-markdown", "#ausfuhr-json", "#ausfuhr-page"]
    saving = [
        [link for link in Reader(message["content"]).links if link in forms]
        for message in html.conversation(turns, "de")
    ]
    assert saving == [[], [], [], forms]
    assert "#ausfuhr-" not in html.conversation([turn()], "de")[1]["content"]


def test_conversation_cuts_long_passages_at_a_word():
    source = article("Wort " * 200 + "Ende.")
    excerpt = re.search(r'class="auszug"><bdi>(.*?)</bdi>', reply(turn(answer(source))))[1]
    assert excerpt == " ".join(["Wort"] * 48) + " …"


@pytest.mark.parametrize(
    ("ranked", "shown"),
    [([], "Am Montag."), (["Um zwei."], "Um zwei."), (["Woanders.", "Es war einmal."], "Es war einmal.")],
)
def test_conversation_shows_the_sentence_of_a_passage_that_ranked_best_or_is_most_similar(ranked, shown):
    source = article("Es war einmal. Am Montag. Um zwei.")
    sentences = {sentence.text: sentence for sentence in one_passage(source).sentences}
    sentences |= {sentence.text: sentence for sentence in one_passage(article("Woanders.")).sentences}
    given = answer(source)
    [hit] = given.passages
    evidence = tuple(Evidence(sentences[text], source, 0.5, 0.5, False) for text in ranked)
    hit = replace(hit, sentence_similarities=(0.7, 0.9, 0.8))
    markup = reply(turn(replace(given, passages=(hit,), evidence=evidence)))
    assert re.search(r'class="auszug"><bdi>(.*?)</bdi>', markup)[1] == shown


def test_conversation_shows_the_passages_of_a_question_that_was_given_up():
    hits = answer(article()).passages
    read = Reader(reply(turn(passages=hits, notice="overdue", told={"seconds": 120})))
    assert "Nach 120 Sekunden abgebrochen." in read.text
    assert read.links == ["#stelle-1-1"]


@pytest.mark.parametrize(
    ("scores", "reasons"),
    [
        ([(0.9, 4.0)], ["Sinn und Wörtern"]),
        ([(0.9, 0.0), (0.9, 0.0)], ["des Sinns", "des Sinns"]),
        ([(0.9, 4.0), (0.8, 1.0), (0.7, 3.0)], ["Sinn und Wörtern", "des Sinns", "der Wörter"]),
        ([(0.9, 0.0), (0.7, 0.0), (0.7, 5.0)], ["des Sinns", "des Sinns", "der Wörter"]),
    ],
)
def test_conversation_tells_why_each_passage_was_found(scores, reasons):
    given = answer(article())
    hits = tuple(
        replace(given.passages[0], rank=rank, similarity=similarity, lexical=lexical)
        for rank, (similarity, lexical) in enumerate(scores, start=1)
    )
    assert re.findall(r"gefunden wegen (.*?):", reply(turn(replace(given, passages=hits)))) == reasons


# the source beside it


def test_citation_html_marks_all_citations_from_the_article_and_leads_to_the_others():
    source, other = article(), article("Das Moor ist nass.", title="Moor", name="moor.txt")
    given = answer(source)
    third = Citation(3, one_passage(other).sentences[0], other, 0.4)
    shown = turn(replace(given, citations=(*given.citations, third)), number=5)
    read = Reader(html.citation_html(shown, given.citations[1], "de"))
    assert read.marked == [("beleg", TEXT[:25]), ("beleg aktuell", TEXT[26:43])]
    assert read.paragraphs[0] == "Beleg 2 von 3 vorheriger nächster Link auf diese Stelle kopieren"
    assert read.links == ["#beleg-5-1", "#beleg-5-3", f"#article={source.id}&s=26-43"]
    assert Reader(html.citation_html(shown, given.citations[0], "en")).links[0] == "#beleg-5-2"
    last = Reader(html.citation_html(shown, third, "en"))
    assert (last.marked, last.links[0]) == ([("beleg aktuell", "Das Moor ist nass.")], "#beleg-5-2")


def test_place_of_a_citation_is_parsed_as_its_place():
    citation = answer(article()).citations[1]
    assert parse_place(html.place_of(citation)) == Place(citation.article.id, 26, 43)


# the collection and the history


def test_collection_html_lists_the_first_articles_and_offers_more():
    sources = [article(f"Satz {n}.", title=f"Titel {n}", publisher="Bote") for n in range(3)]
    read = Reader(html.collection_html([entry(one) for one in sources], "de", shown=2, of_all=7))
    assert read.items == ["Titel 0 Bote, 30.4.2025 entfernen", "Titel 1 Bote, 30.4.2025 entfernen"]
    assert read.paragraphs == ["3 von 7 Artikeln", "weitere 1 zeigen"]
    links = [f"#{name}-{one.id}" for one in sources[:2] for name in ("lesen", "entfernen")]
    assert read.links == [*links, "#mehr"]
    assert [link for link in read.links if parse_action(link) is None] == []
    assert "#mehr" not in html.collection_html([entry(one) for one in sources], "de", shown=3, of_all=7)


def test_collection_html_asks_before_it_removes():
    one, other = article("Eins."), article("Zwei.", title="Moor", name="moor.txt")
    read = Reader(html.collection_html([entry(one), entry(other)], "en", shown=9, of_all=2, removing=one.id))
    assert read.items == ["Bad 30 Apr 2025 Really remove it? yes, remove no, keep", "Moor 30 Apr 2025 remove"]
    assert read.links == [f"#lesen-{one.id}", f"#ja-{one.id}", "#nein", f"#lesen-{other.id}", f"#entfernen-{other.id}"]


@pytest.mark.parametrize(
    ("of_all", "text"), [(0, "Noch keine Artikel. Laden Sie welche hoch."), (5, "Kein Artikel passt dazu.")]
)
def test_collection_html_without_articles_is_a_notice_below_the_message(of_all, text):
    message = html.removed_html("Bad", "de")
    shown = html.collection_html([], "de", shown=9, of_all=of_all, message=message)
    assert shown == f"{message}{html.notice_html(text)}"


def test_removed_html_offers_the_way_back():
    back = '<a class="tat" href="#zurueck">rückgängig</a>'
    removed = "<bdi>„A &amp; B“ wurde entfernt.</bdi>"
    assert html.removed_html("A & B", "de") == f'<div class="meldung">{removed} {back}</div>'


def test_report_html_names_what_was_skipped():
    skipped = [("a.exe", "is no .txt file"), ("b.txt", "is empty")]
    read = Reader(html.report_html("1 neu.", [], iter(skipped), "de"))
    assert read.items == ["„a.exe“ wurde übersprungen: is no .txt file", "„b.txt“ wurde übersprungen: is empty"]
    assert html.report_html("1 neu.", [], [], "de") == '<div class="meldung"><bdi>1 neu.</bdi></div>'


def test_report_html_links_to_the_articles_that_came_by_what_was_done_to_them():
    came = [
        Came("000000000000000a", "Bad", Change.UNCHANGED),
        Came("000000000000000b", "Moor & Heide", Change.ADDED),
        Came("000000000000000c", "Turm", Change.UPDATED),
        Came("000000000000000d", "Zoo", Change.ADDED),
    ]
    shown = html.report_html("2 neu.", came, [("b.txt", "is empty")], "de")
    read = Reader(shown)
    assert read.paragraphs == ["Neu: Moor & Heide, Zoo", "Geändert: Turm", "Unverändert: Bad"]
    assert read.links == [f"#lesen-000000000000000{digit}" for digit in "bdca"]
    assert [link for link in read.links if parse_action(link) is None] == []
    assert shown.startswith(html.report_html("2 neu.", [], [("b.txt", "is empty")], "de"))


@pytest.mark.parametrize(
    ("language", "change", "count", "end"),
    [
        ("de", Change.ADDED, 20, "Titel 18, Titel 19"),
        ("de", Change.ADDED, 21, "Titel 18, Titel 19 und 1 weitere"),
        ("en", Change.UNCHANGED, 320, "Titel 18, Titel 19 and 300 more"),
    ],
)
def test_report_html_names_twenty_articles_of_a_kind(language, change, count, end):
    came = [Came(f"{number:016x}", f"Titel {number}", change) for number in range(count)]
    read = Reader(html.report_html("", [*came, Came("f" * 16, "Turm", Change.UPDATED)], [], language))
    of_kind = next(text for text in read.paragraphs if "Titel" in text)
    assert (of_kind.count("Titel"), of_kind[-len(end) :], len(read.links)) == (20, end, 21)


@pytest.fixture
def an_hour_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clock on the wall is an hour ahead of UTC."""
    monkeypatch.setenv("TZ", "CET-1")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("an_hour_east")
def test_history_html_lists_the_conversations():
    moor = {**kept("Moor", "Was?", identity="ffffffff"), "at": "2025-12-01T13:38:59"}  # without a zone
    stored = [kept("Bad", "Wann?", "Wo?"), moor]
    read = Reader(html.history_html(stored, "de", any_kept=True))
    assert read.items == [
        "Bad 2 Fragen, 1.12.2025, 10:30 öffnen umbenennen löschen",
        "Moor 1 Frage, 1.12.2025, 13:38 öffnen umbenennen löschen",
    ]
    identities = [parse_action(link) for link in read.links[:3]]
    assert identities == [Action(name, ("0a1b2c3d",)) for name in ("gespraech", "umbenennen", "loeschen")]


@pytest.mark.usefixtures("an_hour_east")
def test_history_html_asks_before_it_deletes():
    stored = [kept("Bad", "Wann?"), kept("Moor", "Was?", identity="ffffffff")]
    read = Reader(html.history_html(stored, "en", any_kept=True, deleting="ffffffff"))
    assert read.items == [
        "Bad 1 question, 1 Dec 2025, 10:30 open rename delete",
        "Moor 1 question, 1 Dec 2025, 10:30 Really delete it? yes, delete no, keep",
    ]
    assert read.links[3:] == ["#weg-ffffffff", "#behalten"]
    assert [parse_action(link) for link in read.links[3:]] == [Action("weg", ("ffffffff",)), Action("behalten")]


def test_history_html_without_conversations_is_a_notice():
    texts = [Reader(html.history_html([], "en", any_kept=any_kept)).text for any_kept in (False, True)]
    assert texts == [
        "No conversation yet. What you ask will stand here, in this browser only.",
        "No conversation fits.",
    ]


@pytest.mark.parametrize(
    ("period", "language", "text"),
    [
        (None, "de", "2 Artikel, 7 Sätze"),
        (("2025-01-02", "2025-03-04"), "de", "2 Artikel, 7 Sätze, 2.1.2025 bis 4.3.2025"),
        (("2025-01-02", "2025-03-04"), "en", "2 articles, 7 sentences, 2 Jan 2025 to 4 Mar 2025"),
    ],
)
def test_status_text_counts_articles_and_names_their_days(period, language, text):
    assert html.status_text({"articles": 2, "sentences": 7, "passages": 3}, period, language) == text


# clicks


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("beleg-1-2", Action("beleg", ("1", "2"))),
        ("#beleg-12-3", Action("beleg", ("12", "3"))),
        ("stelle-4-10/17", Action("stelle", ("4", "10"))),
        ("kopie-1-plain/2", Action("kopie", ("1", "plain"))),
        ("#ausfuhr-json", Action("ausfuhr", ("json",))),
        ("ja-0123456789abcdef/3", Action("ja", ("0123456789abcdef",))),
        ("#nein", Action("nein")),
        ("mehr/123456789", Action("mehr")),
    ],
)
def test_parse_action_reads_a_name_and_up_to_two_arguments(text, action):
    assert parse_action(text) == action


@pytest.mark.parametrize(
    "text",
    ["", "#", "x", "-1-2", "BELEG-1-2", "beleg-", "beleg-1-", "beleg--1-2", "beleg-1-2-3", "beleg-1_2", "beleg-ä",
     "beleg-1-2/", "beleg-1-2/x", "beleg-1-2/1234567890", "x beleg-1-2", " beleg-1-2", "##beleg-1-2", "beleg-1-2\n",
     "\nbeleg-1-2", "javascript:alert(1)", "beleg-1-1<script>", "lesen-../../x", "lesen-a.txt", "a" * 13,
     "lesen-" + "a" * 65, "#article=0123456789abcdef"],
)  # fmt: skip
def test_parse_action_refuses_all_else(text):
    assert parse_action(text) is None


@pytest.mark.parametrize(
    ("arguments", "place", "number"),
    [
        (("12", "3"), 0, 12),
        (("12", "3"), 1, 3),
        (("12",), 1, 0),
        ((), 0, 0),
        (("plain",), 0, 0),
        (("1e3",), 0, 0),
        (("999999",), 0, 999999),
        (("1000000",), 0, 0),
    ],
)
def test_action_gives_an_argument_as_a_number_or_0(arguments, place, number):
    assert Action("beleg", arguments).number(place) == number


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("#article=0123456789abcdef", Place("0123456789abcdef")),
        ("article=0123456789abcdef/4", Place("0123456789abcdef")),
        ("#article=0123456789abcdef&s=3-17", Place("0123456789abcdef", 3, 17)),
        ("article=0123456789abcdef&s=3-17/12", Place("0123456789abcdef", 3, 17)),
        ("article=0123456789abcdef&s=17-3", Place("0123456789abcdef", 17, 3)),
    ],
)
def test_parse_place_reads_an_article_and_a_part_of_it(text, place):
    assert parse_place(text) == place


@pytest.mark.parametrize(
    "text",
    ["", "#", "#article=", "article=0123456789abcde", "article=0123456789abcdef0", "article=0123456789ABCDEF",
     "article=../../etc/passwd", "article=0123456789abcdef&s=3", "article=0123456789abcdef&s=-3-7",
     "article=0123456789abcdef&s=3-123456789", "article=0123456789abcdef&s=3-7&x=1", "article=0123456789abcdef/",
     "article=0123456789abcdef\n", "https://fern.example/#article=0123456789abcdef", "##article=0123456789abcdef",
     "ARTICLE=0123456789abcdef", "article=0123456789abcdef<script>", "beleg-1-2"],
)  # fmt: skip
def test_parse_place_refuses_all_else(text):
    assert parse_place(text) is None
