import json
import socket
import time
from pathlib import Path

import pytest

from index.cleaning import drop_clutter, normalise
from index.errors import ArticleUnreadable
from index.types import Extract
from index.webpage import read_page

PAGES = Path(__file__).parent / "data" / "pages"
NAMES = sorted(path.stem for path in PAGES.glob("*.html"))

FIRST = "Der Hafen von Grimmersum bekommt im Herbst einen zweiten Kran, der bis zu 80 Tonnen heben kann."
SECOND = "Die Genossenschaft der Fischer hatte sich drei Jahre lang dafür eingesetzt und zahlt die Hälfte."
BODY = f"<h1>Ein Kran für Grimmersum</h1><p>{FIRST}</p><p>{SECOND}</p>"
TEXT = f"{FIRST}\n{SECOND}"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    def refuse(*_arguments, **_options):
        raise AssertionError("the network was used")

    for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)


def page(body=BODY, head=""):
    return f'<!DOCTYPE html><html><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'.encode()


def json_ld(**record):
    script = json.dumps({"@context": "https://schema.org", "@type": "NewsArticle", **record})
    return f'<script type="application/ld+json">{script}</script>'


def test_webpage_there_are_twenty_pages():
    assert len(NAMES) == 20


@pytest.mark.parametrize("name", NAMES)
def test_webpage_reads_saved_page(name):
    expected = json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))
    extract = read_page((PAGES / f"{name}.html").read_bytes())
    text = drop_clutter(normalise(extract.text))
    assert {
        "title": extract.title,
        "publisher": extract.publisher,
        "date": extract.date,
        "date_source": extract.date_source,
        "url": extract.url,
        "paragraphs": text.split("\n"),
        "clutter": [clutter for clutter in expected["clutter"] if clutter in text],
    } == {**expected, "clutter": []}


# ---- encodings ----

UMLAUTS = "Übermäßig große Möwen ärgern die Gäste am Kai – „frech“ seien sie, heißt es, und sie kosten 5 € am Tag."


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("utf-8", "utf-8-sig"),
        ("iso-8859-1", "utf-8"),
        ("iso-8859-1", "cp1252"),
        ("windows-1252", "cp1252"),
        ("", "cp1252"),
        ("", "utf-8"),
        ("", "utf-16"),
        ("windows-nonsense", "cp1252"),
    ],
)
def test_webpage_encoding(declared, encoding):
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={declared}">' if declared else ""
    data = f"<html><head>{meta}</head><body><h1>Möwen</h1><p>{UMLAUTS}</p></body></html>".encode(encoding)
    assert read_page(data) == Extract(UMLAUTS, "Möwen")


def test_webpage_encoding_that_is_declared_counts_where_utf_8_does_not_fit():
    text = "Der Ministerpräsident trifft in Łódź den Bürgermeister, um über die Straßenbahn zu sprechen."
    data = f'<html><head><meta charset="windows-1250"></head><body><p>{text}</p></body></html>'.encode("cp1250")
    assert read_page(data).text == text


def test_webpage_in_xhtml_with_an_encoding_declaration():
    data = b'<?xml version="1.0" encoding="utf-8"?>' + page()
    assert read_page(data).text == TEXT


# ---- metadata ----

FACTS = {"headline": "Zweiter Kran", "datePublished": "2025-03-04T10:00:00+01:00", "publisher": {"name": "Kurier"}}


@pytest.mark.parametrize(
    "script",
    [
        json_ld(**FACTS),
        f'<script type="application/ld+json">[{{"@type": "Organization"}}, {json.dumps({"@type": "Article", **FACTS})}]'
        "</script>",
        f'<script type="application/ld+json">{json.dumps({"@graph": [{"@type": ["Report"], **FACTS}]})};</script>',
        json_ld(**{"@type": "WebPage", "mainEntity": [{"@type": "BlogPosting", **FACTS}]}).replace("/ld", "/LD"),
        '<script type="application/ld+json">{"broken": </script>' + json_ld(**FACTS),
        '<script type="application/ld+json">' + "[" * 50_000 + "</script>" + json_ld(**FACTS),
        json_ld(**{**FACTS, "publisher": ["Kurier"]}),
        json_ld(**{**FACTS, "headline": "Zweiter&nbsp;Kran\n"}),
        json_ld(**{**FACTS, "publisher": [{"@type": "Organization", "name": "Kurier"}], "author": None, "url": 7}),
    ],
)
def test_webpage_json_ld(script):
    assert read_page(page(head=script)) == Extract(TEXT, "Zweiter Kran", "Kurier", "2025-03-04", "metadata")


@pytest.mark.parametrize("record", [{"headline": 7}, {"headline": ["x"], "publisher": 3, "datePublished": {}}, {}])
def test_webpage_json_ld_of_other_shapes_tells_nothing(record):
    assert read_page(page(head=json_ld(**record))) == Extract(TEXT, "Ein Kran für Grimmersum")


def test_webpage_article_body_where_the_page_shows_less():
    body = f"{FIRST}\n\n{SECOND}\n\n{UMLAUTS}"
    shown = f"<h1>Ein Kran</h1><p>{FIRST}</p>"
    assert read_page(page(shown, json_ld(headline="Ein Kran", articleBody=body))).text == f"{TEXT}\n{UMLAUTS}"


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>Ein Kran für Grimmersum | Kurier</title>", "Ein Kran für Grimmersum"),
        ("<title>Ein Kran für Grimmersum - Wirtschaft - Kurier.de</title>", "Ein Kran für Grimmersum"),
        (
            '<meta property="og:title" content="Kran – KURIER.de"><meta property="og:site_name" content="Kurier">',
            "Kran",
        ),
        ('<meta property="og:title" content="Kran: Ja – oder nein?">', "Kran: Ja – oder nein?"),
        ('<meta property="og:title" content="Kran - ein Märchen">', "Kran - ein Märchen"),
        ('<meta property="og:title" content="Kran | Kurier">' + json_ld(headline="Der Kran"), "Der Kran"),
        ("", "Ein Kran für Grimmersum"),
    ],
)
def test_webpage_title(head, title):
    assert read_page(page(head=head)).title == title


def test_webpage_title_of_the_page_where_there_is_no_headline():
    data = page(f"<p>{FIRST}</p><p>{SECOND}</p>", "<title>Ein Kran | Wirtschaft | Kurier</title>")
    assert read_page(data) == Extract(TEXT, "Ein Kran")


META_DATE = '<meta property="article:published_time" content="2025-02-02T08:00:00+01:00">'
CANONICAL = '<link rel="canonical" href="https://kurier.example/2025/04/04/kran.html">'


@pytest.mark.parametrize(
    ("head", "line", "date"),
    [
        (json_ld(datePublished="2025-01-01") + META_DATE + CANONICAL, "5. Mai 2025", ("2025-01-01", "metadata")),
        (META_DATE + CANONICAL, "5. Mai 2025", ("2025-02-02", "metadata")),
        (CANONICAL, '<time datetime="2025-03-03">3. März</time>', ("2025-03-03", "metadata")),
        (CANONICAL, "5. Mai 2025", ("2025-04-04", "address")),
        ("", "5. Mai 2025", ("2025-05-05", "text")),
        ("", "Kurier vom 05.05.2025, 10:30 Uhr", ("2025-05-05", "text")),
        ("", "Veröffentlicht am 5. Mai 2025 von Jette Holm", ("2025-05-05", "text")),
        ("", "Aktualisiert am 6.5.2025</p><p>Veröffentlicht am 5.5.2025", ("2025-05-05", "text")),
        ("", 'Aktualisiert: <time datetime="2025-05-06">6. Mai</time> <time datetime="2025-05-05">x</time>', None),
        ('<meta property="article:modified_time" content="2025-05-06">', "Guten Tag", (None, None)),
        (json_ld(datePublished="2025-06-30T22:30:00Z"), "", ("2025-07-01", "metadata")),
        (json_ld(datePublished="2025-12-31T22:30:00.000Z"), "", ("2025-12-31", "metadata")),
        (json_ld(datePublished="2025-06-30T23:30:00+0200"), "", ("2025-06-30", "metadata")),
        (json_ld(datePublished="30.06.2025 23:30"), "", ("2025-06-30", "metadata")),
        (json_ld(datePublished="1970-01-01T00:00:00Z") + META_DATE, "", ("2025-02-02", "metadata")),
        (json_ld(datePublished="2025-13-45") + META_DATE, "", ("2025-02-02", "metadata")),
    ],
)
def test_webpage_date(head, line, date):
    body = f"<article><h1>Ein Kran</h1><p>{line}</p><p>{FIRST}</p><p>{SECOND}</p></article>"
    extract = read_page(page(body, head))
    assert (extract.date, extract.date_source) == (date or ("2025-05-05", "metadata"))


@pytest.mark.parametrize(
    "source",
    [
        "<p>Elbkurier, 11. März 2025</p>",
        "<div>Elbkurier, 11. März 2025</div>",
        "<p>Von Jette Holm, Elbkurier (11.3.2025)</p>",
        "<p>Elbkurier</p><p>11.3.2025</p>",
        "<p>Stand: 11.3.2025, 9:05 Uhr</p>\n<p><b>Elbkurier</b></p>",
    ],
)
@pytest.mark.parametrize(
    ("title", "head"),
    [("<h1>Ein Kran</h1>", ""), ("<p class=MsoTitle>Ein Kran</p>", "<title>Ein Kran</title>")],
)
def test_webpage_reads_outlet_and_day_below_the_headline(source, title, head):
    expected = Extract(TEXT, "Ein Kran", "Elbkurier", "2025-03-11", "text")
    assert read_page(page(f"{title}{source}<p>{FIRST}</p><p>{SECOND}</p>", head)) == expected
    assert read_page(page(f"{title}<p>{FIRST}</p>{source}<p>{SECOND}</p>", head)) == expected


def test_webpage_believes_its_metadata_before_the_line_that_names_outlet_and_day():
    head = '<meta property="og:site_name" content="Kurier am Kai">' + META_DATE
    body = f"<h1>Ein Kran</h1><p>Elbkurier, 11. März 2025</p><p>{FIRST}</p><p>{SECOND}</p>"
    assert read_page(page(body, head)) == Extract(TEXT, "Ein Kran", "Kurier am Kai", "2025-02-02", "metadata")
    assert read_page(page(body, CANONICAL)) == Extract(
        TEXT, "Ein Kran", "Elbkurier", "2025-04-04", "address", CANONICAL.split('"')[3]
    )


@pytest.mark.parametrize(
    "line",
    ["Neustadt, 11. März 2025", "Nordwind, 11. März 2025", "Elbkurier, 31. März 2025: Der Kran steht", "Ein Elbkurier"],
)
def test_webpage_keeps_a_line_below_the_headline_that_may_name_no_outlet(line):
    extract = read_page(page(f"<h1>Ein Kran</h1><p>{line}</p><p>{FIRST}</p><p>{SECOND}</p>"))
    assert (extract.publisher, extract.text) == (None, f"{line}\n{TEXT}")


def test_webpage_takes_no_outlet_from_above_the_headline_or_from_within_the_text():
    line = "<p>Elbkurier, 11. März 2025</p>"
    extract = read_page(page(f"{line}<h1>Ein Kran</h1><p>{FIRST}</p><p>{SECOND}</p>{line}"))
    assert (extract.publisher, extract.text) == (None, f"{TEXT}\nElbkurier, 11. März 2025")


@pytest.mark.parametrize(
    ("head", "url"),
    [
        (CANONICAL, "https://kurier.example/2025/04/04/kran.html"),
        (
            '<link rel="canonical" href="/kran"><meta property="og:url" content="http://k.example/k">',
            "http://k.example/k",
        ),
        ('<link rel="canonical" href="javascript:alert(1)">', None),
        ('<link rel="canonical" href="file:///home/kran.html">', None),
        (json_ld(headline="Kran", mainEntityOfPage={"@id": "https://k.example/kran"}), "https://k.example/kran"),
    ],
)
def test_webpage_url(head, url):
    assert read_page(page(head=head)).url == url


# ---- main text ----


@pytest.mark.parametrize(
    "body",
    [
        f"<body class='has-sidebar comments-open'><h1>Kran</h1><p>{FIRST}</p><p>{SECOND}</p>",
        f"<div class='video-article share-page'><h1>Kran</h1><p>{FIRST}</p><p>{SECOND}</p></div>",
        f"<h1>Kran</h1><div class='meta-content'><p>{FIRST}</p><p>{SECOND}</p></div>",
        f"<h1>Kran</h1>{FIRST}<br><br>{SECOND}",
        f"<h1>Kran</h1><div>{FIRST}</div><div>{SECOND}</div>",
        f"<h1>Kran</h1><p>{FIRST}</p><script>document.write('<p>Nein.</p>')</script><p>{SECOND}</p>",
        f"<h1>Kran</h1><p>{FIRST.replace('Hafen', '<a href=/h>Hafen</a>')}</p><p>{SECOND}</p>",
        f"<h1>Kran</h1><p>{FIRST}<sup><a href='#1'>1</a></sup></p><p>{SECOND}</p>",
        f"<h1>Kran</h1><p>{FIRST}</p><p>{SECOND}</p><h3>Mehr vom Hafen</h3><ul><li><a href='/'>Boot</a></li></ul>",
        f"<h1>Kran</h1><p>{FIRST}</p><p>{SECOND}</p><p>14:05</p><p>Von Jette Holm</p>",
        f"<h1>Kran</h1><p class='copy-text meta'>{FIRST}</p><p class='copy-text meta'>{SECOND}</p>",
        f"<h1>Kran</h1><div class='video'><p>{FIRST}</p></div><div class='video'><p>{SECOND}</p></div>",
        f"<table><tr><td><a href='/'>Start</a></td><td><h1>Kran</h1><p>{FIRST}<p>{SECOND}</td></tr></table>",
    ],
)
def test_webpage_main_text(body):
    assert read_page(page(body)).text == TEXT


@pytest.mark.parametrize(
    ("inner", "lines"),
    [
        ("<h2>Was folgt</h2>", ["Was folgt"]),
        ("<ul><li>ein Kran</li><li>ein Kai</li></ul>", ["ein Kran", "ein Kai"]),
        ("<blockquote>„Endlich“, sagt sie.</blockquote>", ["„Endlich“, sagt sie."]),
        ("<table><tr><th>Jahr</th><th>Schiffe</th></tr><tr><td>2024</td><td>310</td></tr></table>",
         ["Jahr | Schiffe", "2024 | 310"]),
        ("<p>Er sagte:<br>„Nein.“</p>", ["Er sagte: „Nein.“"]),
        ("<p><b>Von Emden nach Oslo</b></p>", ["Von Emden nach Oslo"]),
        ("<details><summary>Hintergrund</summary><p>Es war knapp.</p></details>", ["Hintergrund", "Es war knapp."]),
        ("<p>3. Mai 1990</p><p>4. Mai 1991</p><p>5. Mai 1992</p>", ["3. Mai 1990", "4. Mai 1991", "5. Mai 1992"]),
        ("<dl><dt>Tiefgang</dt><dd>9 Meter</dd></dl>", ["Tiefgang", "9 Meter"]),
    ],
)  # fmt: skip
def test_webpage_keeps_what_belongs_to_the_text(inner, lines):
    body = f"<article><h1>Kran</h1><p>{FIRST}</p>{inner}<p>{SECOND}</p></article>"
    assert read_page(page(body)).text.split("\n") == [FIRST, *lines, SECOND]


def test_webpage_keeps_a_short_last_chapter():
    long = [
        f"Im Jahr {year} legten {year - 1700} Schiffe an, und die meisten kamen aus Oslo." for year in range(2010, 2020)
    ]
    last = "Der Kreistag berät im Mai darüber, ob auch die Zufahrt zum Hafen verbreitert werden soll."
    chapter = "<p>" + "</p><p>".join(long) + "</p>"
    body = f"<h1>Kran</h1><section>{chapter}</section><section><h2>Was folgt</h2><p>{last}</p></section>"
    assert read_page(page(body)).text.split("\n") == [*long, "Was folgt", last]


@pytest.mark.parametrize("control", ["\x01", "&#1;", "&#x0b;", "\x00", "\uffff", "&#xFFFF;"])
def test_webpage_with_controls(control):
    body = f"<h1>Kran</h1><p>{FIRST}{control}<img src='a'>{control}</p>{control}<nav>x</nav>{control}<p>{SECOND}</p>"
    assert normalise(read_page(page(body)).text) == TEXT


@pytest.mark.parametrize(
    "data",
    [b"", b"<html></html>", b"<html><body></body></html>", page("<nav><a href='/'>Start</a></nav>"),
     page("<script>var a = 1</script><div id='root'></div>"), page("<p>Zu kurz.</p>"),
     page("<ul>" + "<li><a href='/x'>Ein Hafen bekommt einen Kran und alle freuen sich.</a></li>" * 20 + "</ul>")],
)  # fmt: skip
def test_webpage_without_main_text_is_unreadable(data):
    with pytest.raises(ArticleUnreadable, match=r"^is an? .*web page.*; .*save"):
        read_page(data)


def test_webpage_fetches_nothing_that_it_names():
    head = '<base href="http://kurier.example/"><link rel="stylesheet" href="http://kurier.example/a.css">'
    body = f'{BODY}<img src="http://kurier.example/a.png"><iframe src="http://kurier.example/b"></iframe>'
    doctype = b'<!DOCTYPE html SYSTEM "http://kurier.example/x.dtd" [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    assert read_page(doctype + page(body, head)).text == TEXT


@pytest.mark.parametrize(
    "rest",
    ["<div>" * 100_000, "<b>" * 500_000, "<div class=share>" * 200 + "x" * 1_000_000, "<table><tr><td>a<td>b" * 100,
     "<a href=x>y</a>" * 100_000, "<time>x</time>" * 100_000, "<h2>a b</h2>" * 50_000, " " * 3_000_000],
)  # fmt: skip
def test_webpage_deep_or_large_takes_bounded_time(rest):
    started = time.perf_counter()
    text = read_page(page(f"<h1>Kran</h1><div><p>{FIRST}</p><p>{SECOND}</p></div>{rest}")).text
    assert text.startswith(TEXT)
    assert time.perf_counter() - started < 5


def test_webpage_is_cut_at_five_megabytes():
    text = read_page(page(f"<h1>Kran</h1>{f'<p>{FIRST}</p>' * 60_000}<p>{SECOND}</p>")).text
    assert text.startswith(FIRST)
    assert SECOND not in text
    assert 4_000_000 < len(text) < 5_000_000
