import io
import zipfile

import pytest

from index.errors import ArticleUnreadable
from index.formats import ENDINGS, Extracted, extract
from index.types import Extract

TITLE = "Fähre fährt wieder über die Förde"
FIRST = "Die Fähre über die Förde fährt seit Montag wieder."
SECOND = "Das sagte die Reederei am Dienstag."


def zipped(parts, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def docx(body, core="", compression=zipfile.ZIP_DEFLATED):
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": f"""<?xml version="1.0" encoding="UTF-8"?>
                <w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
                xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body>{body}</w:body>
                </w:document>""",
            "docProps/core.xml": f"""<cp:coreProperties xmlns:dcterms="http://purl.org/dc/terms/"
                xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
                xmlns:dc="http://purl.org/dc/elements/1.1/">{core}</cp:coreProperties>""",
        },
        compression,
    )


def odt(body, meta=""):
    names = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in [("office", "office"), ("text", "text"), ("meta", "meta"), ("table", "table")]
    )
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"""<?xml version="1.0" encoding="UTF-8"?><office:document-content {names}><office:body>
                <office:text>{body}</office:text></office:body></office:document-content>""",
            "meta.xml": f"""<office:document-meta {names} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta>{meta}
                </office:meta></office:document-meta>""",
        }
    )


def pdf(*pages, about="", trailer="", stream_about=""):
    """A PDF whose pages are lists of lines, set in Helvetica without compression; or the bytes of a page's stream."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    kids = []
    for page in pages:
        stream = page if isinstance(page, bytes) else page_stream(page)
        about_stream = b"/Length %d %s" % (len(stream), stream_about.encode("ascii"))
        objects.append(b"<< %s >>\nstream\n%s\nendstream" % (about_stream, stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    objects.append(b"<< %s >>" % about.encode("cp1252"))
    data = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        data
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R /Info %d 0 R %s >>\n"
        % (
            len(objects) + 1,
            table,
            len(objects) + 1,
            len(objects),
            trailer.encode("ascii"),
        )
        + b"startxref\n%d\n%%%%EOF\n" % len(data)
    )


def page_stream(lines):
    stream = b"BT /F1 10 Tf 12 TL 50 800 Td "
    for line in lines:
        text = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        stream += b"(" + text.encode("cp1252") + b") Tj T* "
    return stream + b"ET"


def only(data, ending):
    extracted = extract(data, ending)
    assert extracted.faults == []
    assert len(extracted.articles) == 1
    return extracted.articles[0]


def reason(data, ending):
    with pytest.raises(ArticleUnreadable) as caught:
        extract(data, ending)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ---- text ----


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("ending", [".txt", ".text", ".TXT"])
def test_extract_reads_plain_text_as_it_is(encoding, ending):
    assert only(f"{TITLE}\n\n{FIRST}".encode(encoding), ending) == Extract(f"{TITLE}\n\n{FIRST}")


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("---\ntitel: Die Fähre\n---\n# Kopf", "---\ntitel: Die Fähre\n---\nKopf"),
        ("# Die *neue* Fähre #\nText.", "Die neue Fähre\n\nText."),
        ("Die Fähre\n=========\nText.", "Die Fähre\nText."),
        ("Eine Zeile\nund noch **eine**.\n\nEin _Absatz_.", "Eine Zeile und noch eine.\n\nEin Absatz."),
        ("Hart umbrochen:  \nneue Zeile.", "Hart umbrochen:\nneue Zeile."),
        ('Ein [Link](https://a.example/x_(y) "t") und <https://b.example>.', "Ein Link und https://b.example."),
        ("Ein [Link][1] da.\n\n[1]: https://a.example", "Ein Link da."),
        ("![Bild](a.png)[![B](b.png) Mehr](c.html)", "Mehr"),
        ("Schüler*innen zahlen 3 * 4 Euro für snake_case.", "Schüler*innen zahlen 3 * 4 Euro für snake_case."),
        (r"Ein \*Stern\* und `Code`.", "Ein *Stern* und Code."),
        ("> Ein Zitat\n> geht weiter.", "Ein Zitat geht weiter."),
        ("- Erstens\n  und mehr\n- Zweitens", "- Erstens und mehr\n- Zweitens"),
        ("1. Eins\n2. Zwei", "1. Eins\n2. Zwei"),
        ("Text.\n\n* * *\n\n---\nMehr.", "Text.\n\n\nMehr."),
        ("```python\na = *b*\n```\nText.", "a = *b*\nText."),
        ("| Ort | Zahl |\n|-----|-----:|\n| Kiel | 3 |", "Ort | Zahl\nKiel | 3"),
        ("Ein <b>Wort</b> &amp; <!-- nichts --> Text.", "Ein Wort & Text."),
    ],
)
def test_extract_turns_markdown_into_plain_text(markdown, text):
    found = only(markdown.encode(), ".md")
    assert Extract(found.text.strip().replace("  ", " ")) == Extract(text)


# ---- web pages and mails ----

PAGE = f"""<!DOCTYPE html><html lang="de"><head><meta charset="utf-8"><title>{TITLE}</title>
<meta property="og:title" content="{TITLE}"></head><body><nav>Start Politik Sport</nav><main><article><h1>{TITLE}</h1>
<p>{FIRST} {SECOND} Die Reparatur hatte drei Wochen gedauert und rund zwei Millionen Euro gekostet.</p>
<p>Im nächsten Jahr soll ein zweites Schiff dazukommen, das mit Strom fährt und mehr Platz für Räder hat.</p>
</article></main></body></html>"""


@pytest.mark.parametrize("ending", [".html", ".htm", ".xhtml"])
def test_extract_reads_a_web_page(ending):
    article = only(PAGE.encode(), ending)
    assert article.title == TITLE
    assert f"{FIRST} {SECOND}" in article.text
    assert "Politik" not in article.text


def test_extract_reads_the_page_of_a_saved_web_page():
    saved = (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://zeitung.example/faehre\r\nSubject: Betreff\r\n"
        "Date: Tue, 5 Mar 2024 10:00:00 +0100\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related; type="text/html"; boundary="x"\r\n\r\n'
        "--x\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"{PAGE.replace('utf-8', 'iso-8859-1')}\r\n--x\r\nContent-Type: text/css\r\n\r\np {{}}\r\n--x--\r\n"
    ).encode("iso-8859-1")
    for ending in (".mhtml", ".mht"):
        article = only(saved, ending)
        assert (article.title, article.url, article.date) == (TITLE, "https://zeitung.example/faehre", None)
        assert f"{FIRST} {SECOND}" in article.text


def test_extract_reads_the_plain_part_of_a_mail():
    mail = (
        "From: =?utf-8?q?Kieler_F=C3=B6rdebote?= <redaktion@bote.example>\r\n"
        "Subject: =?utf-8?q?F=C3=A4hre_f=C3=A4hrt?=\r\n"
        "Date: Tue, 05 Mar 2024 23:30:00 +0100\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="m"\r\n\r\n--m\r\n'
        'Content-Type: multipart/alternative; boundary="a"\r\n\r\n--a\r\n'
        "Content-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"Die Fähre \r\nfährt.\r\n\r\n{SECOND}\r\n--a\r\nContent-Type: text/html\r\n\r\n<p>Anders.</p>\r\n--a--\r\n"
        "--m\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=x.txt\r\n\r\nAnhang\r\n--m--\r\n"
    )
    assert only(mail.encode(), ".eml") == Extract(
        text=f"Die Fähre fährt.\r\n\r\n{SECOND}",
        title="Fähre fährt",
        publisher="Kieler Fördebote",
        date="2024-03-05",
        date_source="metadata",
    )


def test_extract_reads_a_mail_that_is_only_a_page():
    mail = f"From: a@b.example\nSubject: Die Fähre\nContent-Type: text/html; charset=utf-8\n\n{PAGE}"
    article = only(mail.encode(), ".eml")
    assert (article.title, article.publisher) == ("Die Fähre", None)
    assert f"{FIRST} {SECOND}" in article.text


# ---- documents ----


def test_extract_reads_a_pdf_as_paragraphs():
    lines = [
        "Die Fähre über die Förde fährt seit Montag wieder, wie die Ree-",
        "derei mitteilt. Vor- und Nachteile werden in Schleswig-",
        "Holstein noch besprochen, so der Kapitän.",
        "Hier folgt noch ein Satz, und er endet mit dem Zeilenende.",
        "Neues Schiff kommt",
        "Ein zweiter Absatz beginnt hier und geht in der nächsten Zeile",
        "weiter (noch nicht zu Ende.",
    ]
    data = pdf(
        ["Fördebote, 5. März 2024", *lines, "Seite 1 von 2"],
        ["Fördebote, 6. März 2024", "Auf der nächsten Seite steht noch ein Satz über das Schiff.", "Seite 2 von 2"],
        about=f"/Title ({TITLE}) /CreationDate (D:20240305101500+01'00') /Producer (Satzsystem 3)",
    )
    assert only(data, ".pdf") == Extract(
        text=(
            "Fördebote, 5. März 2024\n"
            "Die Fähre über die Förde fährt seit Montag wieder, wie die Reederei mitteilt. Vor- und Nachteile werden "
            "in Schleswig-Holstein noch besprochen, so der Kapitän.\n"
            "Hier folgt noch ein Satz, und er endet mit dem Zeilenende.\n"
            "Neues Schiff kommt\n"
            "Ein zweiter Absatz beginnt hier und geht in der nächsten Zeile weiter (noch nicht zu Ende.\n"
            "Auf der nächsten Seite steht noch ein Satz über das Schiff."
        ),
        title=TITLE,
        date="2024-03-05",
        date_source="metadata",
    )


def test_extract_keeps_the_line_of_a_pdf_that_names_outlet_and_day_apart():
    title = "Neustadt streitet noch immer über den Bau einer neuen Brücke"
    text = "Der Rat der Stadt Neustadt hat am Abend nach langem Streit den Bau der Brücke beschlossen."
    source = "Von Anna Beispiel und Bernd Muster, Neustädter Bote, Samstag, 3. Mai 2025, Seite 5"
    assert only(pdf([title, source, text]), ".pdf") == Extract(f"{title}\n{source}\n{text}")


def test_extract_keeps_outlet_and_day_on_two_lines_of_a_pdf_apart():
    title = "Neustadt streitet noch immer über den Bau einer Brücke"
    day = "Stand: Samstag, 3. Mai 2025, 14:05 Uhr"
    text = "Der Rat der Stadt Neustadt hat am Abend nach Streit den Bau beschlossen."
    for first, second in (("Neustädter Bote", day), (day, "Neustädter Bote")):
        assert only(pdf([title, first, second, text]), ".pdf") == Extract(f"{title}\n{first}\n{second}\n{text}")
        pages = pdf([first, second, text, "1"], [first, second, "Am Montag beginnt die Arbeit.", "2"])
        assert only(pages, ".pdf") == Extract(f"{first}\n{second}\n{text} Am Montag beginnt die Arbeit.")


@pytest.mark.parametrize(
    "about",
    [
        "/Title (Microsoft Word - Fassung 3) /CreationDate (D:20240399)",
        "/Title (artikel vom montag.docx)",
        "/Title (Scan)",
        "/Title (-- --) /CreationDate (gestern)",
        "/Producer (Skia/PDF m120) /CreationDate (D:20240305)",
    ],
)
def test_extract_does_not_believe_what_a_program_put_into_a_pdf(about):
    assert only(pdf([FIRST], about=about), ".pdf") == Extract(FIRST)


def test_extract_refuses_a_pdf_without_text_or_with_a_password():
    assert reason(pdf([]), ".pdf").startswith("holds no text, at most pictures of pages (a scan)")
    key = "00" * 32
    locked = pdf(
        [FIRST], trailer=f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{key}> /U <{key}> /P -4 >> /ID [<00> <00>]"
    )
    assert reason(locked, ".pdf").startswith("is encrypted; save it without a password")


def test_extract_reads_a_word_document():
    body = (
        f"<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>Die Fähre </w:t></w:r><w:hyperlink><w:r><w:t>fährt"
        f"</w:t><w:tab/><w:t>los.</w:t></w:r></w:hyperlink></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>Zelle 1</w:t></w:r>"
        f"</w:p></w:tc><w:tc><w:p><w:ins><w:r><w:t>Zelle 2</w:t></w:r></w:ins></w:p></w:tc></w:tr></w:tbl>"
        f"<w:altChunk/><w:p><w:del><w:r><w:delText>Gelöscht</w:delText></w:r></w:del></w:p>"
        f"<w:p><w:r><mc:AlternateContent><mc:Choice><w:t>{SECOND}</w:t></mc:Choice>"
        f"<mc:Fallback><w:t>Nochmal</w:t></mc:Fallback></mc:AlternateContent><w:br/><w:t>Ende.</w:t></w:r></w:p>"
    )
    core = f"<dc:title>{TITLE}</dc:title><dcterms:created>2024-03-05T10:00:00Z</dcterms:created>"
    assert only(docx(body, core), ".docx") == Extract(
        text=f"Die Fähre fährt\tlos.\nZelle 1\nZelle 2\n{SECOND}\nEnde.",
        title=TITLE,
        date="2024-03-05",
        date_source="metadata",
    )


def test_extract_reads_an_opendocument_text():
    body = (
        f"<text:h>{TITLE}</text:h><text:p>Die <text:span>Fähre</text:span><text:s text:c='999999999'/>fährt."
        f"<office:annotation><text:p>Notiz</text:p></office:annotation><text:line-break/>Ende.</text:p>"
        f"<table:table><table:table-cell><text:p>{SECOND}</text:p></table:table-cell></table:table>"
    )
    meta = f"<dc:title>{TITLE}</dc:title><meta:creation-date>2024-03-05T10:00:00</meta:creation-date>"
    assert only(odt(body, meta), ".odt") == Extract(
        text=f"Die Fähre fährt.\nEnde.\n{SECOND}", title=TITLE, date="2024-03-05", date_source="metadata"
    )


def test_extract_reads_an_rtf_document():
    rtf = (
        r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}{\info{\title F\'e4hre f\'e4hrt wieder}{\author Ich}"
        r"{\creatim\yr2024\mo3\dy5\hr10}}\pard Die F\'e4hre \u252\'fcber {\field{\*\fldinst{HYPERLINK "
        r'"https://a.example"}}{\fldrslt{die F\'f6rde}}}.\par '
        "\n" + SECOND.encode("ascii").decode() + r"\par}"
    )
    assert only(rtf.encode("ascii"), ".rtf") == Extract(
        text=f"Die Fähre über die Förde.\n{SECOND}\n",
        title="Fähre fährt wieder",
        date="2024-03-05",
        date_source="metadata",
    )


# ---- records ----


@pytest.mark.parametrize("wrap", ["{}", '{{"articles": {}}}', '{{"meta": 1, "items": {}}}', '{{"docs": {}}}'])
def test_extract_reads_the_records_of_json(wrap):
    records = (
        '[{"titel": "F\\u00e4hre", "volltext": "<p>Erster &amp; zweiter.</p><p>Dritter.</p>", "Datum": "5. 3. 2024"'
        ',"quelle": {"id": 1, "name": "Bote"}, "url": "https://a.example/1", "nummer": ' + "9" * 5000 + "},"
        '{"Headline": "Leer", "text": ""}, 7, {"content": ["Absatz 1.", "Absatz 2."], "url": "javascript:x"}]'
    )
    no_text = "has no text; put it into a field that is called text, content, body, volltext or artikel"
    no_object = "is no JSON object; write it as an object with the fields title and text"
    assert extract(wrap.format(records).encode(), ".json") == Extracted(
        articles=[
            Extract(
                text="\nErster & zweiter.\n\nDritter.\n",
                title="Fähre",
                publisher="Bote",
                date="2024-03-05",
                date_source="metadata",
                url="https://a.example/1",
                record="1",
            ),
            Extract("Absatz 1.\nAbsatz 2.", record="4"),
        ],
        faults=[("2", no_text), ("3", no_object)],
    )


def test_extract_reads_a_single_json_object():
    assert only('{"Überschrift": "Fähre", "artikel": "Text.", "date": "x"}'.encode(), ".json") == Extract(
        "Text.", title="Fähre"
    )


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2024-03-05", "2024-03-05"),
        ("2024-03-05T23:59:00+01:00", "2024-03-05"),
        ("20240305", "2024-03-05"),
        ("20240305T101500Z", "2024-03-05"),
        ("05.03.2024 10:15", "2024-03-05"),
        ("Dienstag, 5. März 2024", "2024-03-05"),
        ("Tue, 05 Mar 2024 10:15:00 GMT", "2024-03-05"),
        ("2024-02-30", None),
        ("99999999", None),
        ("gestern", None),
        ("1709629200", None),
    ],
)
def test_extract_reads_dates_in_iso_german_and_mail_form(written, date):
    expected = Extract("Text.", date=date, date_source="metadata" if date else None, record="1")
    assert only(f'{{"text": "Text.", "published_at": "{written}"}}'.encode(), ".jsonl") == expected


@pytest.mark.parametrize("ending", [".jsonl", ".ndjson"])
def test_extract_reads_json_lines_and_counts_those_that_are_none(ending):
    data = '{"text": "Eins."}\r\n\r\n{"text": \n{"body": "Drei."}\n' + "[" * 100_000
    bad = "is no JSON; correct it, or leave it out"
    assert extract(data.encode(), ending) == Extracted(
        [Extract("Eins.", record="1"), Extract("Drei.", record="3")], [("2", bad), ("4", bad)]
    )


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
def test_extract_reads_a_table(mark, encoding):
    rows = [
        ["Titel", "Text", "Datum", "Medium", "Link"],
        ["Fähre", f'"Die Fähre, sie fährt; ""heute""{mark}\nund morgen."', "05.03.2024", "Bote", "https://a.example"],
        ["Leer", "", "", "", ""],
        ["Kurz", "Nur Text."],
    ]
    data = "\r\n".join(mark.join(row) for row in rows).encode(encoding)
    assert extract(data, ".csv") == Extracted(
        articles=[
            Extract(
                text=f'Die Fähre, sie fährt; "heute"{mark}\nund morgen.',
                title="Fähre",
                publisher="Bote",
                date="2024-03-05",
                date_source="metadata",
                url="https://a.example",
                record="1",
            ),
            Extract("Nur Text.", title="Kurz", record="3"),
        ],
        faults=[("2", "has no text; put it into a field that is called text, content, body, volltext or artikel")],
    )


@pytest.mark.parametrize(
    ("data", "ending", "begin"),
    [
        ('{"text": ""}', ".json", "has no text; put it into a field"),
        ("[]", ".json", "holds no text"),
        ('"Text."', ".json", "holds no JSON object"),
        ('{"text": "ab', ".json", "is no JSON (Unterminated string"),
        ("[" * 1_000_000, ".json", "is nested too deeply"),
        ('[{"text": ""}, {"text": null}]', ".json", "holds no article: of 2 parts, the first (1) has no text"),
        ("Titel;Datum\na;b", ".csv", "has no column for the text"),
        ("\n\n", ".csv", "has no column for the text"),
        ("kein Kopf", ".eml", "does not begin with the header"),
        ("Subject: x\n\n", ".eml", "holds no text"),
        ("Subject: x\n\nText", ".mhtml", "holds no web page"),
        ("<w>", ".docx", "has the ending .docx, but does not begin as a Word document does"),
    ],
)
def test_extract_says_why_there_is_no_article(data, ending, begin):
    assert reason(data.encode(), ending).startswith(begin)


# ---- archives ----


def test_extract_reads_the_files_of_an_archive_whose_names_are_only_labels():
    data = zipped(
        {
            "ordner/": "",
            "ordner/a.txt": FIRST,
            "../../raus.txt": SECOND,
            "/etc/passwd.txt": "Absolut.",
            "C:\\boese.txt": "Laufwerk.",
            "a.csv": 'text\nZeile.\n""\n',
            "a.docx": docx("<w:p><w:t>Wort.</w:t></w:p>"),
            "__MACOSX/x.txt": "x",
            ".versteckt.txt": "x",
            "bild.png": "x",
            "LIESMICH": "x",
            "innen.zip": zipped({"b.txt": FIRST}),
            "leer.txt": "",
            "zeile\n.txt": "Zeilenende.",
        }
    )
    other = "which is not read; save its text as plain text (.txt)"
    assert extract(data, ".zip") == Extracted(
        articles=[
            Extract(FIRST, record="ordner/a.txt"),
            Extract(SECOND, record="../../raus.txt"),
            Extract("Absolut.", record="/etc/passwd.txt"),
            Extract("Laufwerk.", record="C:\\boese.txt"),
            Extract("Zeile.", record="a.csv#1"),
            Extract("Wort.", record="a.docx"),
            Extract("Zeilenende.", record="zeile\\n.txt"),
        ],
        faults=[
            ("a.csv#2", "has no text; put it into a field that is called text, content, body, volltext or artikel"),
            ("bild.png", f"has the ending '.png', {other}"),
            ("LIESMICH", f"has no ending, {other}"),
            ("innen.zip", "is an archive inside an archive, which is not read; unpack it first"),
            ("leer.txt", "is empty; add a file with text in it"),
        ],
    )


def test_extract_goes_on_after_a_zip_bomb_in_an_archive():
    data = zipped({"bombe.txt": b"a" * 5_000_000, "gross.txt": b"a" * 20_000_001, "gut.txt": FIRST})
    extracted = extract(data, ".zip")
    assert extracted.articles == [Extract(FIRST, record="gut.txt")]
    assert [(name, text.partition(";")[0]) for name, text in extracted.faults] == [
        ("bombe.txt", "inflates to more than 200 times its size, as a ZIP bomb does"),
        ("gross.txt", "has 20,000,001 bytes unpacked, more than the 20,000,000 that are read"),
    ]


def test_extract_goes_on_after_an_encrypted_or_damaged_file_in_an_archive():
    data = bytearray(zipped({"a.txt": "Geheim.", "b.txt": "Kaputt.", "c.txt": FIRST}, zipfile.ZIP_STORED))
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag "encrypted" of the first file
    data[data.index(b"Kaputt.")] ^= 1  # the checksum of the second one is wrong now
    assert extract(bytes(data), ".zip") == Extracted(
        [Extract(FIRST, record="c.txt")],
        [("a.txt", "is encrypted; pack it without a password"), ("b.txt", "is damaged; pack it again")],
    )


def test_extract_refuses_an_archive_with_too_much_in_it():
    many = zipped({f"{number}.txt": "x" for number in range(1_001)})
    assert reason(many, ".zip") == "holds 1,001 files, more than the 1,000 that are read; split it"
    random_line = "".join(chr(97 + number * number % 23) for number in range(1_000_000)) + "\n"
    large = bytearray(zipped({f"{number}.txt": random_line for number in range(11)}))
    place = 0
    while (place := large.find(b"PK\x01\x02", place + 1)) > 0:
        large[place + 24 : place + 28] = (19_000_000).to_bytes(4, "little")  # the size that the directory claims
    assert reason(bytes(large), ".zip") == "inflates to more than 200,000,000 bytes; split it"


def test_extract_refuses_a_document_that_calls_itself_an_archive():
    text = "has the ending .zip, but is a {}; give it the ending {}"
    assert reason(docx("<w:p/>"), ".zip") == text.format("Word document", ".docx")
    assert reason(odt("<text:p/>"), ".zip") == text.format("OpenDocument text", ".odt")
    assert reason(zipped({"a.txt": "x"}), ".docx").startswith("has the ending .docx, but is a ZIP archive")
    assert reason(odt("<text:p/>"), ".docx").startswith("has the ending .docx, but is a ZIP archive")


# ---- every kind ----

GOOD = {
    ".txt": FIRST.encode(),
    ".md": f"# {TITLE}\n\n{FIRST}".encode(),
    ".html": PAGE.encode(),
    ".mhtml": f"Subject: x\nContent-Type: text/html; charset=utf-8\n\n{PAGE}".encode(),
    ".eml": f"Subject: x\nContent-Type: text/plain; charset=utf-8\n\n{FIRST}".encode(),
    ".pdf": pdf([FIRST]),
    ".docx": docx(f"<w:p><w:t>{FIRST}</w:t></w:p>"),
    ".odt": odt(f"<text:p>{FIRST}</text:p>"),
    ".rtf": rb"{\rtf1\ansi Die F\'e4hre \'fcber die F\'f6rde f\'e4hrt seit Montag wieder.}",
    ".json": f'[{{"text": "{FIRST}"}}]'.encode(),
    ".jsonl": f'{{"text": "{FIRST}"}}'.encode(),
    ".csv": f"text\n{FIRST}".encode(),
    ".zip": zipped({"a.txt": FIRST}),
}
BINARY = (".pdf", ".docx", ".odt", ".rtf", ".zip")


@pytest.mark.parametrize("ending", GOOD)
def test_extract_finds_the_sentence_in_every_kind_of_file(ending):
    assert FIRST in only(GOOD[ending], ending).text


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_extract_refuses_an_empty_file(ending):
    assert reason(b"", ending) == "is empty; add a file with text in it"


@pytest.mark.parametrize("ending", sorted(ENDINGS))
@pytest.mark.parametrize("actual", [".pdf", ".rtf", ".zip"])
def test_extract_refuses_a_file_with_the_ending_of_another_kind(ending, actual):
    zips = (".docx", ".odt", ".zip")
    if ending != actual and not (ending in zips and actual in zips):
        assert reason(GOOD[actual], ending).startswith(f"has the ending {ending}, but is a")


@pytest.mark.parametrize("ending", BINARY)
def test_extract_refuses_text_with_the_ending_of_a_document(ending):
    assert reason(FIRST.encode(), ending).startswith(f"has the ending {ending}, but does not begin as a")


def test_extract_refuses_an_unknown_ending():
    assert reason(b"x", ".exe") == "has the ending '.exe', which is not read; save its text as plain text (.txt)"


@pytest.mark.parametrize("ending", GOOD)
def test_extract_of_a_truncated_file_finds_an_article_or_says_why_not(ending):
    data = GOOD[ending]
    outcomes = set()
    for length in range(1, len(data), max(1, len(data) // 25)):
        try:
            extracted = extract(data[:length], ending)
            outcomes.add("article" if extracted.articles else "nothing")
        except ArticleUnreadable:
            outcomes.add("reason")
    assert "nothing" not in outcomes
    if ending in (".docx", ".odt", ".zip", ".json"):
        assert outcomes == {"reason"}


ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY x SYSTEM "{}">]><d><p><t>&c;&x;</t></p></d>'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(("ending", "part"), [(".docx", "word/document.xml"), (".odt", "content.xml")])
def test_extract_refuses_xml_with_entities(ending, part, encoding, tmp_path):
    secret = tmp_path / "geheim.txt"
    secret.write_text("geheim")
    data = zipped({part: ENTITIES.format(secret.as_uri()).encode(encoding)})
    assert reason(data, ending).startswith("declares XML entities, which no real document does")


def paragraph(text, style=""):
    about = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{about}<w:r><w:t>{text}</w:t></w:r></w:p>"


@pytest.mark.parametrize(
    ("style", "title"),
    [
        *(
            (style, "Die Frau mit dem Besen")
            for style in ("Title", "Titel", "Heading1", "berschrift1", "Überschrift 1")
        ),
        *((style, "Aus der alten Vorlage") for style in ("", "Subtitle", "Heading2", "Heading11", "Standard")),
    ],
)
def test_extract_takes_the_heading_of_a_word_document_before_its_properties(style, title):
    body = paragraph(" ") + paragraph("Die Frau mit dem Besen", style) + paragraph("Sie fegt den Platz seit Mai.")
    [article] = extract(docx(body, "<dc:title>Aus der alten Vorlage</dc:title>"), ".docx").articles
    assert article.title == title
    late = paragraph("Sie fegt den Platz seit Mai.") + paragraph("Die Frau mit dem Besen", style)
    [article] = extract(docx(late, "<dc:title>Aus der alten Vorlage</dc:title>"), ".docx").articles
    assert article.title == "Aus der alten Vorlage"


def test_extract_takes_the_heading_of_an_opendocument_text_before_its_properties():
    title = "<dc:title>Aus der alten Vorlage</dc:title>"
    heading, text = "<text:h>Die Frau mit dem Besen</text:h>", "<text:p>Sie fegt den Platz seit Mai.</text:p>"
    for body, expected in ((heading + text, "Die Frau mit dem Besen"), (text + heading, "Aus der alten Vorlage")):
        [article] = extract(odt(body, title), ".odt").articles
        assert article.title == expected
