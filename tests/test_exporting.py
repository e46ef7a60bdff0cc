import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from helpers import make_article, one_passage
from markdown_it import MarkdownIt

from index.store import EVERYTHING, Scope
from index.types import Article, Sentence
from qa import render
from qa.exporting import ConversationForm, Exchange, Form, answer_as, conversation_as
from qa.types import Answer, Citation

POOL = make_article(
    "Das Bad öffnet  am 2. Mai. Es hat 25 Bahnen!",
    title="Neues Bad",
    publisher="Taltal-Bote",
    date="2025-04-30",
    url="https://bote.example/bad_(neu)",
    name="bad.txt",
)
COPY = make_article("Das Bad öffnet am 2. Mai.", title="Bad", publisher="Rundblick", date="2025-05-01", name="b.txt")
BARE = make_article("- Nein, sagt der Rat.", title="1. Mai", name="rat.txt", url="http://rat.example/")
EXPORTED = datetime(2026, 2, 1, 14, 5, tzinfo=UTC)
HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "</bdi></blockquote></section><b>frei",
    "&lt;b&gt; &amp; ' &#x3c;i>",
    "[Klick](javascript:alert(1)) ![](https://fern.example/x.png)",
    "[1]: https://fern.example [^1] [Text][1]",
    "https://fern.example <https://fern.example> www.fern.example <a@fern.example>",
    "```x``` ~~~ `y` *z* __f__ ~~w~~ a\\",
    "# Titel #",
    "> Zitat",
    "- Punkt",
    "+ Punkt",
    "3) Liga",
    "3. Liga",
    "---",
    "| a | b |\n|---|---|\n| c | d |",
    "a\n===\nb\n\n    Code\n\n<!-- c -->\n***",
    "Ende\\",
]


def cited(article: Article = POOL, **first: object) -> tuple[Citation, ...]:
    """All sentences of an article; `first` is what only the first one has."""
    return tuple(
        Citation(marker, sentence, article, 0.5, **(first if marker == 1 else {}))  # type: ignore[arg-type]
        for marker, sentence in enumerate(one_passage(article).sentences, start=1)
    )


def answer(citations: tuple[Citation, ...] = (), *, text: str = "", question: str = "Wann öffnet das Bad?") -> Answer:
    return Answer(
        question=question,
        language="de",
        text=text or render.answer_text(citations),
        short_answer=None,
        abstained=not citations,
        confidence=0.5,
        citations=citations,
        passages=(),
        conflict=None,
        seconds=0.1,
    )


OPENING = answer(cited(context=one_passage(POOL).sentences[1], copies=(COPY,)))
REFUSAL = answer(text="Die Artikel beantworten diese Frage nicht. Am nächsten kommen: „*Neues*\n Bad“")
BY_ITSELF = Exchange("Wann?", OPENING)
MARKUP = make_article("Das Moor ist nass.", title="*Moor* <b>&amp;</b>", publisher="Rundblick", name="moor.txt")
NARROWED = Exchange(
    "und *wo*?",
    REFUSAL,
    understood="Wo öffnet *das* <i>Bad</i>?",
    scope=Scope(("b_c.txt", MARKUP.id), ("Taltal & Bote",), "2025-04-30", "2025-05-02"),
    named={MARKUP.id: MARKUP},
)


class Reader(HTMLParser):
    """What a browser would make of markup: its elements with their attributes, and its text."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        self.tags.append(("comment", {}))


def test_plain_form_has_the_answer_then_a_line_a_source():
    assert answer_as(OPENING, Form.PLAIN, "de") == (
        "Das Bad öffnet am 2. Mai. [1] Es hat 25 Bahnen! [2]\n"
        "\n"
        "[1] Neues Bad – Taltal-Bote, 30.4.2025, bad.txt, Zeichen 0–26: „Das Bad öffnet am 2. Mai.“, "
        "https://bote.example/bad_(neu)\n"
        "    davor: Es hat 25 Bahnen!\n"
        "    fast gleich auch in: Rundblick, 1.5.2025\n"
        "[2] Neues Bad – Taltal-Bote, 30.4.2025, bad.txt, Zeichen 27–44: „Es hat 25 Bahnen!“, "
        "https://bote.example/bad_(neu)"
    )


def test_plain_form_speaks_english_and_names_a_file_without_outlet_once():
    assert answer_as(answer(cited(BARE)), Form.PLAIN, "en") == (
        "- Nein, sagt der Rat. [1]\n\n"
        "[1] 1. Mai – rat.txt, characters 0–21: “- Nein, sagt der Rat.”, http://rat.example/"
    )
    assert "    before it: Es hat 25 Bahnen!\n    nearly the same in: Rundblick, 1 May 2025\n" in answer_as(
        OPENING, Form.PLAIN, "en"
    )


def test_markdown_form_has_a_numbered_list_with_quotations():
    assert answer_as(OPENING, Form.MARKDOWN, "de") == (
        "Das Bad öffnet am 2. Mai. [1] Es hat 25 Bahnen\\! [2]\n"
        "\n"
        "1. [Neues Bad](https://bote.example/bad_%28neu%29) – Taltal-Bote, 30.4.2025, bad\\.txt, Zeichen 0–26\n"
        "\n"
        "   > Das Bad öffnet am 2. Mai.\n"
        "\n"
        "   davor: Es hat 25 Bahnen\\!\n"
        "\n"
        "   fast gleich auch in: Rundblick, 1.5.2025\n"
        "\n"
        "2. [Neues Bad](https://bote.example/bad_%28neu%29) – Taltal-Bote, 30.4.2025, bad\\.txt, Zeichen 27–44\n"
        "\n"
        "   > Es hat 25 Bahnen\\!"
    )


def test_markdown_form_links_no_address_but_https():
    assert answer_as(answer(cited(BARE)), Form.MARKDOWN, "de") == (
        "\\- Nein, sagt der Rat. [1]\n\n1. 1\\. Mai – rat\\.txt, Zeichen 0–21\n\n   > \\- Nein, sagt der Rat."
    )


def test_footnotes_form_has_a_footnote_a_source():
    assert answer_as(OPENING, Form.FOOTNOTES, "de") == (
        "Das Bad öffnet am 2. Mai.[^1] Es hat 25 Bahnen\\![^2]\n"
        "\n"
        "[^1]: [Neues Bad](https://bote.example/bad_%28neu%29) – Taltal-Bote, 30.4.2025, bad\\.txt, Zeichen 0–26: "
        "„Das Bad öffnet am 2. Mai.“ – davor: Es hat 25 Bahnen\\! – fast gleich auch in: Rundblick, 1.5.2025\n"
        "\n"
        "[^2]: [Neues Bad](https://bote.example/bad_%28neu%29) – Taltal-Bote, 30.4.2025, bad\\.txt, Zeichen 27–44: "
        "„Es hat 25 Bahnen!“"
    )


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Form.PLAIN, "Die Artikel beantworten diese Frage nicht. Am nächsten kommen: „*Neues* Bad“"),
        (Form.MARKDOWN, "Die Artikel beantworten diese Frage nicht. Am nächsten kommen: „\\*Neues\\* Bad“"),
        (Form.FOOTNOTES, "Die Artikel beantworten diese Frage nicht. Am nächsten kommen: „\\*Neues\\* Bad“"),
    ],
)
def test_a_refusal_is_its_text_in_every_form(form, text):
    assert answer_as(REFUSAL, form, "de") == text


def hostile_answer(text: str) -> Answer:
    """An answer into all of whose fields somebody put the text."""
    article = make_article(text, title=text, publisher=text, name=f"{text}.txt", url=f"https://a.example/{text}")
    sentence = Sentence(article.id, 0, len(text), text)
    return answer((Citation(1, sentence, article, 0.5, context=sentence, copies=(article,)),))


def hostile_exchange(text: str) -> Exchange:
    """A turn into all of whose fields somebody put the text."""
    [citation] = hostile_answer(text).citations
    scope = Scope((text, citation.article.id), (text,))
    return Exchange(text, hostile_answer(text), text, scope, {citation.article.id: citation.article})


def shown_of_hostile(text: str) -> str:
    """What a reader should see of it."""
    line = " ".join(text.split())
    asked = f"{line} Verstanden als: {line} Eingegrenzt auf: {line}, {line} ({line}), {line}"
    place = f"{line}, {line}.txt, Zeichen 0–{len(text)}"
    return f"{asked} {line} [1] {line} – {place} {line} davor: {line} fast gleich auch in: {line}"


def in_one_line(texts: list[str]) -> str:
    return " ".join("".join(texts).split())


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_makes_nothing_of_what_an_article_holds(text):
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    content = conversation_as([hostile_exchange(text)], ConversationForm.MARKDOWN, "de", EXPORTED)
    read = Reader(markdown.render(content))
    assert [tag for tag, _ in read.tags] == (
        ["h1", "h2", "p", "p", "p", "ol", "li", "p", "a", "blockquote", "p", "p", "p"]
    )
    assert [href.split("/")[2] for _, attributes in read.tags if (href := attributes.get("href"))] == ["a.example"]
    title = "Belegstelle – Gespräch vom 1.2.2026, 14:05 Uhr"
    assert in_one_line(read.text) == f"{title} {shown_of_hostile(text)}"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("Mehr auf www.fern.example oder https://fern.example/a", "www\\.fern\\.example oder https\\:\\/\\/fern"),
        ("Nichts da! a@fern.example", "Nichts da! a\\@fern\\.example"),
        (
            "Kosten: $5, x^2, 30 % und ==gelb== %%weg%%",
            "Kosten: \\$5, x\\^2, 30 % und \\=\\=gelb\\=\\= \\%\\%weg\\%\\%",
        ),
        ("Mehr auf br24.de und 3sat.de/a", "Mehr auf br24\\.de und 3sat\\.de/a"),
        ("a_b_*c*`d`<b>[x](y)", "a\\_b\\_\\*c\\*\\`d\\`\\<b\\>\\[x\\](y).txt, Zeichen"),
        ("Halt!", "Halt\\![^1]"),
        (
            "Am 2. Mai, z. B. um 19.30 Uhr (3:1), gab es 1.000 Euro-Scheine.",
            "19.30 Uhr (3:1), gab es 1.000 Euro-Scheine.",
        ),
        (": so", "\\: so"),
    ],
)
def test_markdown_escapes_what_extensions_of_it_would_use_and_little_else(text, escaped):
    assert escaped in answer_as(hostile_answer(text), Form.FOOTNOTES, "de")


def test_conversation_as_markdown_has_a_heading_a_question():
    turns = [Exchange("Wann  öffnet *das*\nBad?", OPENING), Exchange("Wer?", REFUSAL)]
    assert conversation_as(turns, ConversationForm.MARKDOWN, "en", EXPORTED) == (
        "# Belegstelle – conversation of 1 Feb 2026, 14:05\n\n"
        "## Wann öffnet \\*das\\* Bad?\n\n"
        f"{answer_as(OPENING, Form.MARKDOWN, 'en')}\n\n"
        "## Wer?\n\n"
        f"{answer_as(REFUSAL, Form.MARKDOWN, 'en')}\n"
    )


@pytest.mark.parametrize(
    ("language", "understood", "scope"),
    [
        (
            "de",
            "Verstanden als: Wo öffnet \\*das\\* \\<i\\>Bad\\</i\\>?",
            "Eingegrenzt auf: b\\_c\\.txt, \\*Moor\\* \\<b\\>\\&amp;\\</b\\> (Rundblick), Taltal \\& Bote, "
            "ab 30.4.2025, bis 2.5.2025",
        ),
        (
            "en",
            "Understood as: Wo öffnet \\*das\\* \\<i\\>Bad\\</i\\>?",
            "Narrowed to: b\\_c\\.txt, \\*Moor\\* \\<b\\>\\&amp;\\</b\\> (Rundblick), Taltal \\& Bote, "
            "from 30 Apr 2025, to 2 May 2025",
        ),
    ],
)
def test_conversation_as_markdown_tells_how_a_question_was_understood_and_where_it_was_searched(
    language, understood, scope
):
    content = conversation_as([NARROWED, BY_ITSELF], ConversationForm.MARKDOWN, language, EXPORTED)
    assert content[content.index("## ") :] == (
        f"## und \\*wo\\*?\n\n{understood}\n\n{scope}\n\n{answer_as(REFUSAL, Form.MARKDOWN, language)}\n\n"
        f"## Wann?\n\n{answer_as(OPENING, Form.MARKDOWN, language)}\n"
    )


def test_conversation_as_json_has_what_was_typed_and_the_answer_objects():
    turns = [Exchange("Wann  öffnet\ndas Bad? \ud83d", OPENING), Exchange("Wer?", REFUSAL)]
    content = conversation_as(turns, ConversationForm.JSON, "de", EXPORTED)
    assert "öffnet" in content.encode("utf-8").decode("utf-8")
    assert json.loads(content) == {
        "program": "Belegstelle",
        "exported": "2026-02-01T14:05:00+00:00",
        "turns": [
            {
                "asked": "Wann  öffnet\ndas Bad? ?",
                "understood": None,
                "scope": None,
                **render.answer_object(OPENING, "1"),
            },
            {"asked": "Wer?", "understood": None, "scope": None, **render.answer_object(REFUSAL, "2")},
        ],
    }


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    ("scope", "written"),
    [
        (
            NARROWED.scope,
            {
                "articles": ["b_c.txt", MARKUP.id],
                "publishers": ["Taltal & Bote"],
                "since": "2025-04-30",
                "until": "2025-05-02",
            },
        ),
        (Scope(until="2025-05-02"), {"articles": [], "publishers": [], "since": None, "until": "2025-05-02"}),
        (EVERYTHING, None),
    ],
)
def test_conversation_as_json_has_what_was_understood_and_the_scope_as_programs_take_it(scope, written, language):
    turn = replace(NARROWED, scope=scope)
    [found] = json.loads(conversation_as([turn], ConversationForm.JSON, language, EXPORTED))["turns"]
    assert found == {
        "asked": "und *wo*?",
        "understood": "Wo öffnet *das* <i>Bad</i>?",
        "scope": written,
        **render.answer_object(REFUSAL, "1"),
    }


def test_conversation_as_page_has_questions_answers_and_sources():
    page = conversation_as([BY_ITSELF, Exchange("Wer?", REFUSAL)], ConversationForm.PAGE, "de", EXPORTED)
    assert page.startswith('<!DOCTYPE html>\n<html lang="de">\n<head>\n<meta charset="utf-8">\n')
    assert page.count("<title>Belegstelle – Gespräch vom 1.2.2026, 14:05 Uhr</title>") == 1
    link = '<a href="https://bote.example/bad_(neu)"><bdi>Neues Bad</bdi></a>'
    assert page[page.index("<section>") : page.index("</body>")] == (
        "<section>\n<h2><bdi>Wann?</bdi></h2>\n"
        "<p><bdi>Das Bad öffnet am 2. Mai.</bdi> [1] <bdi>Es hat 25 Bahnen!</bdi> [2]</p>\n<ol>\n"
        f"<li><p>{link} – <bdi>Taltal-Bote, 30.4.2025, bad.txt, Zeichen 0–26</bdi></p>"
        "<blockquote><bdi>Das Bad öffnet am 2. Mai.</bdi></blockquote>"
        "<p><bdi>davor: Es hat 25 Bahnen!</bdi></p><p><bdi>fast gleich auch in: Rundblick, 1.5.2025</bdi></p></li>\n"
        f"<li><p>{link} – <bdi>Taltal-Bote, 30.4.2025, bad.txt, Zeichen 27–44</bdi></p>"
        "<blockquote><bdi>Es hat 25 Bahnen!</bdi></blockquote></li>\n</ol>\n</section>\n"
        "<section>\n<h2><bdi>Wer?</bdi></h2>\n"
        "<p><bdi>Die Artikel beantworten diese Frage nicht. Am nächsten kommen: „*Neues* Bad“</bdi></p>\n</section>\n"
    )


@pytest.mark.parametrize(
    ("language", "understood", "scope", "days"),
    [
        ("de", "Verstanden als:", "Eingegrenzt auf:", "ab 30.4.2025, bis 2.5.2025"),
        ("en", "Understood as:", "Narrowed to:", "from 30 Apr 2025, to 2 May 2025"),
    ],
)
def test_conversation_as_page_tells_how_a_question_was_understood_and_where_it_was_searched(
    language, understood, scope, days
):
    page = conversation_as([NARROWED], ConversationForm.PAGE, language, EXPORTED)
    assert page[page.index("<section>") : page.index("</body>")] == (
        "<section>\n<h2><bdi>und *wo*?</bdi></h2>\n"
        f"<p><small>{understood} <bdi>Wo öffnet *das* &lt;i&gt;Bad&lt;/i&gt;?</bdi></small></p>\n"
        f"<p><small>{scope} <bdi>b_c.txt, *Moor* &lt;b&gt;&amp;amp;&lt;/b&gt; (Rundblick), Taltal &amp; Bote, {days}"
        "</bdi></small></p>\n"
        "<p><bdi>Die Artikel beantworten diese Frage nicht. Am nächsten kommen: „*Neues* Bad“</bdi></p>\n</section>\n"
    )


def test_page_keeps_an_answer_together_and_asks_the_network_for_nothing():
    page = conversation_as([BY_ITSELF, NARROWED], ConversationForm.PAGE, "en", EXPORTED)
    [style] = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    assert "section { margin: 2rem 0; break-inside: avoid; }" in style
    assert re.findall(r"@import|url\(|@font-face", style) == []
    assert "default-src 'none'" in page
    names = {name for _, attributes in Reader(page).tags for name in attributes}
    assert names == {"lang", "charset", "http-equiv", "content", "name", "href"}


@pytest.mark.parametrize("text", HOSTILE)
def test_page_makes_nothing_of_what_an_article_or_a_question_holds(text):
    page = conversation_as([hostile_exchange(text)], ConversationForm.PAGE, "de", EXPORTED)
    read = Reader(page[page.index("<section>") :])
    assert [tag for tag, _ in read.tags if tag != "bdi"] == (
        ["section", "h2", "p", "small", "p", "small", "p", "ol", "li", "p", "a", "blockquote", "p", "p"]
    )
    assert [attributes for _, attributes in read.tags if attributes] == [{"href": f"https://a.example/{text}"}]
    assert re.sub(r"\s", "", "".join(read.text)) == re.sub(r"\s", "", shown_of_hostile(text))


@pytest.mark.parametrize("form", list(ConversationForm))
def test_conversation_as_a_file_has_no_half_characters(form):
    def content(half: str) -> str:
        given = answer(cited(replace(POOL, name=f"a{half}.txt")))
        turn = Exchange(f"Wo{half}?", given, f"Wo{half} ist es?", Scope((f"b{half}.txt",), (f"Bote{half}",)))
        return conversation_as([turn], form, "de", EXPORTED)

    assert content("\ud83d") == content("\udcfc") == content("?")


@pytest.mark.parametrize(
    ("scope", "language", "text"),
    [
        (EVERYTHING, "de", ""),
        (EVERYTHING, "en", ""),
        (Scope(("b_c.txt",), ("Bote", "Rundblick")), "de", "b_c.txt, Bote, Rundblick"),
        (Scope((POOL.id, MARKUP.id)), "de", f"{POOL.id}, *Moor* <b>&amp;</b> (Rundblick)"),
        (Scope(since="2025-04-30"), "de", "ab 30.4.2025"),
        (Scope(until="2025-04-30"), "en", "to 30 Apr 2025"),
        (NARROWED.scope, "en", "b_c.txt, *Moor* <b>&amp;</b> (Rundblick), Taltal & Bote, "
         "from 30 Apr 2025, to 2 May 2025"),
    ],
)  # fmt: skip
def test_scope_text_names_articles_outlets_and_days(scope, language, text):
    assert render.scope_text(scope, NARROWED.named, language) == text


@pytest.mark.parametrize("form", list(ConversationForm))
def test_a_conversation_without_turns_is_written_too(form):
    content = conversation_as([], form, "de", EXPORTED)
    assert content.endswith("\n")
    assert "Belegstelle" in content


def test_export_words_are_the_same_in_both_languages():
    assert render.EXPORT["de"].keys() == render.EXPORT["en"].keys()
