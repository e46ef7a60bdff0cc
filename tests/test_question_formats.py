import json
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import CountingEmbedder

from index.errors import InputInvalid, QuestionInvalid
from index.store import NewsIndex, Scope
from qa.question_files import Gold, Question, read_questions
from qa.question_formats import texts_of, write_texts

NO_OBJECT = 'is no JSON object like {"id": "q1", "question": "Wann beginnt die Messe?"}'
POOL = "Das Bad öffnet am 2. Mai. Der Eintritt kostet drei Euro. Kinder zahlen nichts!"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path) -> Write:
    """Write a file below the test's folder."""

    def write_file(text: str, name: str = "fragen") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write_file


# ---- SQuAD ----


def squad(*articles: object, version: str = "1.1") -> str:
    return json.dumps({"version": version, "data": articles})


def on(title: object, *paragraphs: object) -> dict[str, object]:
    return {"title": title, "paragraphs": paragraphs}


def paragraph(context: object, *qas: object) -> dict[str, object]:
    return {"context": context, "qas": qas}


def asked(question_id: str, context: str, *answers: str) -> dict[str, object]:
    """A question with answers at their places in a context."""
    places = [{"text": answer, "answer_start": context.index(answer)} for answer in answers]
    return {"id": question_id, "question": "Was?", "answers": places}


def test_squad_1_1_gives_the_sentences_that_the_answers_lie_in(write):
    qas = [
        asked("a", POOL, "am 2. Mai", "2. Mai"),
        asked("b", POOL, "drei Euro", "am 2. Mai"),
        asked("c", POOL, "drei Euro. Kinder"),
    ]
    opening, price, children = (
        Gold("Bad-001.txt", sentence)
        for sentence in ("Das Bad öffnet am 2. Mai.", "Der Eintritt kostet drei Euro.", "Kinder zahlen nichts!")
    )
    assert read_questions(write(squad(on("Bad", paragraph(POOL, *qas))))) == (
        [
            Question("a", "Was?", answerable=True, answers=("am 2. Mai", "2. Mai"), gold=(opening,)),
            Question("b", "Was?", answerable=True, answers=("drei Euro", "am 2. Mai"), gold=(price, opening)),
            Question("c", "Was?", answerable=True, answers=("drei Euro. Kinder",), gold=(price, children)),
        ],
        [],
    )


def test_squad_2_0_is_read_spread_over_lines_and_with_a_byte_order_mark(write):
    qas = [
        {**asked("a", POOL, "am 2. Mai"), "is_impossible": False},
        {
            "id": "b",
            "question": "Wer?",
            "answers": [],
            "plausible_answers": [{"text": "Kinder", "answer_start": 57}],
            "is_impossible": True,
        },
    ]
    text = json.dumps(json.loads(squad(on("Bad", paragraph(POOL, *qas)), version="v2.0")), indent=1)
    gold = (Gold("Bad-001.txt", "Das Bad öffnet am 2. Mai."),)
    assert read_questions(write("\ufeff" + text)) == (
        [
            Question("a", "Was?", answerable=True, answers=("am 2. Mai",), gold=gold),
            Question("b", "Wer?", answerable=False),
        ],
        [],
    )


@pytest.mark.parametrize("start", [0, 14, -63, 10_000, "15", 15.0, [15]])
def test_squad_names_a_question_whose_answer_is_not_where_it_should_be(write, start):
    wrong = asked("7f", POOL, "am 2. Mai", "2. Mai")
    wrong["answers"][0]["answer_start"] = start
    path = write(squad(on("Bad", paragraph(POOL, wrong, asked("b", POOL, "drei Euro")))))
    questions, faults = read_questions(path)
    assert [question.id for question in questions] == ["b"]
    assert faults == [
        f"{path}, question 1: '7f' has the answer 'am 2. Mai', which is not at character {start!r} of its context; "
        "correct its answer_start"
    ]


def test_squad_questions_without_places_have_no_gold(write):
    qas = [{"id": "a", "question": "Was?", "answers": [{"text": "am 2. Mai"}, {"text": "im Mai"}, {"text": ["z"]}]}]
    assert read_questions(write(squad(on("Bad", paragraph(POOL, *qas))))) == (
        [Question("a", "Was?", answerable=True, answers=("am 2. Mai", "im Mai"))],
        [],
    )


def test_squad_names_bad_questions_by_number(write):
    path = write(squad(on("Bad", paragraph(POOL, {"id": "a", "question": "Wer?"}, "?", {"id": "c"}))))
    questions, faults = read_questions(path)
    assert [question.id for question in questions] == ["a"]
    assert faults == [f"{path}, question 2: {NO_OBJECT}", f"{path}, question 3: has no 'question'"]


def test_squad_parts_of_the_wrong_type_are_borne(write):
    good = {"id": "a", "question": "Wer?", "answers": [{"text": "Rat", "answer_start": 0}]}
    odd = ["x", {"paragraphs": "y"}, on(7, "z", {"qas": [good]}, paragraph(8, {**good, "id": "b"}), paragraph("Rat"))]
    questions, faults = read_questions(write(squad(*odd)))
    assert [question.id for question in questions] == ["a", "b"]
    assert faults == []


@pytest.mark.parametrize("depth", [100, 900, 940, 960, 980])
@pytest.mark.parametrize("key", ["id", "text", "answer_start"])
def test_squad_nested_to_any_depth_is_borne(write, depth, key):
    answer = '"answers": [{"text": "Bad", "answer_start": 4}]'.replace(
        '"Bad"' if key == "text" else "4" if key == "answer_start" else "\0", "[" * depth + "]" * depth
    )
    bad = f'{{"id": {"[" * depth + "]" * depth if key == "id" else 1}, "question": "Wer?", {answer}}}'
    text = squad(on("Bad", paragraph(POOL, "BAD", asked("b", POOL, "Bad")))).replace('"BAD"', bad)
    questions, faults = read_questions(write(text))
    assert "b" in [question.id for question in questions] or len(faults) == 1  # too deep for a JSON file as a whole
    assert all(len(fault) < 1000 for fault in faults)


def test_texts_of_squad_are_its_distinct_contexts(write):
    path = write(
        squad(
            on("Altes_Bad", paragraph("Eins."), paragraph("Zwei."), paragraph("Eins."), paragraph(" ")),
            on("Rat & Stadt/2", paragraph("Drei."), paragraph("Zwei.")),
            on("altes Bad", paragraph("Vier.")),
            on("../../etc/passwd", paragraph("Fünf.")),
            on(".", paragraph("Sechs.")),
            on(None, paragraph("Sieben.\r\n\tAcht.\0")),
            on("Ü" * 300, paragraph("Neun.")),
            on("A\nTitel: B", paragraph("Zehn.")),
        )
    )
    assert list(texts_of(path)) == [
        ("Altes_Bad-001.txt", "Titel: Altes Bad\n\nEins.\n"),
        ("Altes_Bad-002.txt", "Titel: Altes Bad\n\nZwei.\n"),
        ("Rat_Stadt_2-001.txt", "Titel: Rat & Stadt/2\n\nDrei.\n"),
        ("altes_Bad-003.txt", "Titel: altes Bad\n\nVier.\n"),
        ("etc_passwd-001.txt", "Titel: ../../etc/passwd\n\nFünf.\n"),
        ("Text-001.txt", "Titel: .\n\nSechs.\n"),
        ("Text-002.txt", "Sieben.\nAcht.\n"),
        ("Ü" * 50 + "-001.txt", "Titel: " + "Ü" * 300 + "\n\nNeun.\n"),
        ("A_Titel_B-001.txt", "Titel: A Titel: B\n\nZehn.\n"),
    ]


HARD = (
    "\ufeff  Der Umbau\u00a0begann am 3.\u00a0Mai 2024.\r\n\r\n\r\n  Der Rat zahlte dafu\u0308r 4\u202f000 Euro.\t "
    "Danach war Pause.\r\nTeilen\r\nDas Gro\u00adße Haus ö\u200bffnet wieder! „Endlich“, sagte die Bürgermeisterin."
)


@pytest.mark.parametrize("raw", [False, True])
def test_squad_gold_sentences_are_found_again_in_the_index(write, tmp_path, raw):
    hard = [
        asked(answer, HARD, answer)
        for answer in ("3.\u00a0Mai", "4\u202f000 Euro", "dafu\u0308r", "Pause", "ö\u200bffnet", "„Endlich“")
    ]
    path = write(
        squad(
            on("Bad", paragraph(POOL, asked("p", POOL, "drei Euro"))),
            on("Großes_Haus", paragraph(HARD, *hard)),
            on("Bad", paragraph(f"Bad\n\n{POOL} Neu.", asked("q", f"Bad\n\n{POOL} Neu.", "drei Euro"))),
        )
    )
    questions, faults = read_questions(path)
    assert faults == []
    assert [gold.sentence for question in questions for gold in question.gold] == [
        "Der Eintritt kostet drei Euro.",
        "Der Umbau begann am 3. Mai 2024.",
        "Der Rat zahlte dafür 4 000 Euro.",
        "Der Rat zahlte dafür 4 000 Euro.",
        "Danach war Pause.",
        "Das Große Haus öffnet wieder!",
        "„Endlich“, sagte die Bürgermeisterin.",
        "Der Eintritt kostet drei Euro.",
    ]

    assert write_texts(path, tmp_path / "texte") == 3
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    report = news_index.add([tmp_path / "texte"], raw=raw)
    assert (report.added, report.skipped) == (3, ())
    stored = {
        entry.article.name: [sentence.text for sentence in news_index.catalogue.sentences(entry.article)]
        for entry in news_index.entries()
    }
    titles = {entry.article.name: entry.article.title for entry in news_index.entries()}
    news_index.close()
    for question in questions:
        for gold in question.gold:
            assert gold.sentence in stored[gold.article]
    prefix = "Titel: " if raw else ""
    assert titles == {
        "Bad-001.txt": f"{prefix}Bad",
        "Bad-002.txt": f"{prefix}Bad",
        "Großes_Haus-001.txt": f"{prefix}Großes Haus",
    }
    assert ("Titel: Bad" in stored["Bad-001.txt"]) == raw
    assert ("Teilen" in stored["Großes_Haus-001.txt"]) == raw


# ---- BEIR ----

QUERIES = [{"_id": "1", "text": "Wann öffnet das Bad?", "metadata": {}}, {"_id": "2", "text": "Wer?"}]
CORPUS = [
    {"_id": "b1", "title": "Bad", "text": POOL},
    {"_id": "rat/2 ü", "title": "", "text": "Der Rat tagt."},
    {"_id": ".3", "title": "Nur ein Titel", "text": ""},
    {"_id": "4", "title": " ", "text": "\n"},
    {"_id": 5, "text": "Ohne Titel."},
    {"_id": "l" * 300, "title": "Lang\nund breit", "text": "Ein Text."},
]
HEADER = "query-id\tcorpus-id\tscore\n"


@pytest.fixture
def beir(write, tmp_path) -> Write:
    """Write a BEIR folder with the judgements of some splits."""

    def write_folder(**splits: str) -> Path:
        write("".join(json.dumps(query) + "\n" for query in QUERIES), "beir/queries.jsonl")
        write("\n".join(json.dumps(article) for article in CORPUS), "beir/corpus.jsonl")
        for split, lines in splits.items():
            write(HEADER + lines, f"beir/qrels/{split}.tsv")
        return tmp_path / "beir"

    return write_folder


def test_beir_questions_are_those_of_the_test_split(beir):
    folder = beir(test="1\tb1\t2\n1\trat/2 ü\t1\n1\t.3\t0\n", train="2\tb1\t1\n")
    relevant = (("b1.txt", 2), ("rat%2F2%20%C3%BC.txt", 1))
    assert read_questions(folder) == ([Question("1", "Wann öffnet das Bad?", relevant=relevant)], [])


def test_beir_questions_are_those_of_the_split_that_is_named_or_the_only_one(beir):
    folder = beir(dev="2\t.3\t1\n")
    expected = ([Question("2", "Wer?", relevant=(("%2E3.txt", 1),))], [])
    assert read_questions(folder) == expected
    beir(test="1\tb1\t1\n")
    assert read_questions(folder, qrels=folder / "qrels/dev.tsv") == expected


@pytest.mark.parametrize(
    ("splits", "found"), [(("dev", "train"), " but dev.tsv, train.tsv"), ((), " and no other judgements")]
)
def test_beir_folder_with_no_test_split_asks_which_one(beir, splits, found):
    folder = beir(**dict.fromkeys(splits, "1\tb1\t1\n"))
    with pytest.raises(QuestionInvalid) as error:
        read_questions(folder)
    assert str(error.value) == f"{folder / 'qrels'} holds no test.tsv{found}; name the judgements to use as qrels"


def test_beir_entries_that_cannot_be_used_are_named(beir, write):
    folder = beir(test="2\tb1\t1\n3\tb1\t1\n4\tb1\t1\n2\tb1\tviel\n")
    queries = write('{"_id": "2", "text": "Wer?"}\n["2"]\n{"text": "Wo?"}\nx\n{"_id": "4"}\n', "beir/queries.jsonl")
    no_object = 'is no JSON object like {"_id": "q1", "text": "Wann beginnt die Messe?"}'
    assert read_questions(folder) == (
        [Question("2", "Wer?", relevant=(("b1.txt", 1),))],
        [
            f'{folder / "qrels/test.tsv"}:5: is no judgement like "q1 0 a.txt 1"; give it four cells',
            f"{queries}:2: {no_object}",
            f"{queries}:3: {no_object}",
            f"{queries}:4: {no_object}",
            f"{queries}:5: has no 'question'",
            f"{queries}: has no question '3', which the judgements name",
        ],
    )


def test_texts_of_beir_are_its_corpus(beir):
    names = [name for name, _ in texts_of(beir())]
    assert list(texts_of(beir())) == [
        ("b1.txt", f"Titel: Bad\n\n{POOL}\n"),
        ("rat%2F2%20%C3%BC.txt", "Der Rat tagt.\n"),
        ("%2E3.txt", "Nur ein Titel\n"),
        ("5.txt", "Ohne Titel.\n"),
        (names[4], "Titel: Lang und breit\n\nEin Text.\n"),
    ]
    assert len(names[4]) == 68  # a hash


@pytest.mark.parametrize("raw", [False, True])
def test_texts_of_beir_are_indexed_under_the_names_that_are_judged(beir, tmp_path, raw):
    folder = beir(test="".join(f"1\t{article['_id']}\t1\n" for article in CORPUS if article["_id"] != "4"))
    [question], _ = read_questions(folder)
    write_texts(folder, tmp_path / "texte")
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    assert news_index.add([tmp_path / "texte"], raw=raw).skipped == ()
    stored = {entry.article.name for entry in news_index.entries()}
    news_index.close()
    assert stored == {name for name, _ in question.relevant}


@pytest.mark.parametrize("line", ["[]", '{"_id": "", "text": "x"}', '{"title": "x"}', "\x00", "[" * 100_000])
def test_texts_of_beir_stops_at_an_entry_that_is_none(beir, write, line):
    folder = beir()
    path = write(f'{{"_id": "1", "text": "x"}}\n{line}\n', "beir/corpus.jsonl")
    with pytest.raises(QuestionInvalid) as error:
        list(texts_of(folder))
    assert str(error.value) == f'{path}:2: is no JSON object like {{"_id": "a1", "title": "…", "text": "…"}}'


def test_texts_of_beir_stops_at_a_line_that_would_fill_the_memory(beir):
    folder = beir()
    with (folder / "corpus.jsonl").open("r+b") as stream:
        stream.truncate(200_000_000)
    with pytest.raises(QuestionInvalid) as error:
        list(texts_of(folder))
    assert str(error.value) == f"{folder / 'corpus.jsonl'}:6: has more than 20,000,000 bytes; shorten the text"


@pytest.mark.parametrize("text", ['{"id": "a", "question": "Wer?"}', '{"data": []}', "", squad(on("x", paragraph("")))])
def test_texts_of_a_file_without_articles_tells_what_to_do(write, text):
    path = write(text)
    with pytest.raises(QuestionInvalid) as error:
        list(texts_of(path))
    assert str(error.value) == (
        f"{path} carries no articles, as SQuAD files and BEIR folders do; "
        "index its articles with: python -m index add --index DIR PATH"
    )


def test_texts_of_a_folder_without_corpus_tells_what_to_do(tmp_path):
    with pytest.raises(QuestionInvalid) as error:
        list(texts_of(tmp_path))
    assert str(error.value) == (
        f"{tmp_path / 'corpus.jsonl'} cannot be read (No such file or directory); "
        "name a SQuAD file or a BEIR folder with corpus.jsonl"
    )


def test_write_texts_can_be_repeated_and_go_on(beir, tmp_path):
    folder, out = beir(), tmp_path / "neu/texte"
    assert write_texts(folder, out) == 5
    (out / "b1.txt").unlink()
    assert write_texts(folder, out) == 5
    assert {file.name: file.read_text() for file in out.iterdir()} == dict(texts_of(folder))


@pytest.mark.parametrize(("name", "text"), [("anderes.txt", ""), ("b1.txt", "Ganz anders.")])
def test_write_texts_leaves_a_folder_with_other_files_alone(beir, write, tmp_path, name, text):
    other = write(text, f"texte/{name}")
    with pytest.raises(InputInvalid) as error:
        write_texts(beir(), tmp_path / "texte")
    assert str(error.value) == (
        f"{tmp_path / 'texte'} holds {name}, which is none of these articles; name a new or an empty folder"
    )
    assert [file.read_text() for file in (tmp_path / "texte").iterdir()] == [text]
    assert other.exists()


def test_write_texts_tells_why_a_folder_cannot_be_written(beir, write):
    file = write("")
    with pytest.raises(InputInvalid) as error:
        write_texts(beir(), file)
    assert str(error.value) == f"{file} cannot be written (File exists); name a folder that can be made and has room"


# ---- TREC ----

OLD_TOPICS = """
<top>
<head> Tipster Topic Description
<num> Number: 301
<title> Topic:  Organisierte
 Kriminalit&auml;t

<desc> Description:
Welche Banden gibt es?
<narr> Narrative: Nur Banden.
</top>

<TOP>
<num> Number: 302 <title>
<desc> Description: Wird Kinder&shy;lähmung besiegt?
</TOP>
"""
CLEF_TOPICS = """<topics>
<top>
<num> C041 </num>
<DE-title> Pestizide in Babykost </DE-title>
<DE-desc> Berichte über Pestizide. </DE-desc>
</top>
<top><num>C042</num><EN-title>A &lt; B</EN-title></top></topics>"""


def test_topics_are_read_with_and_without_closing_tags(write):
    assert read_questions(write(OLD_TOPICS)) == (
        [Question("301", "Organisierte Kriminalität"), Question("302", "Wird Kinder\xadlähmung besiegt?")],
        [],
    )
    assert read_questions(write(CLEF_TOPICS)) == (
        [Question("C041", "Pestizide in Babykost"), Question("C042", "A < B")],
        [],
    )


def test_topics_take_judgements(write):
    qrels = write("301 0 LA010189-0018 1\n301 0 FT 0\n401 0 FT 1\n", "urteile")
    questions, faults = read_questions(write(OLD_TOPICS), qrels=qrels)
    assert [question.relevant for question in questions] == [(("LA010189-0018", 1),), ()]
    assert faults == []


def test_bad_topics_are_named_by_the_line_they_begin_in(write):
    path = write(
        "<top>\n<title> Wer?\n</top>\n\n<top> <num> 2\n</top>\n <top><num>3<title>Wo?\n<top><num>3<title>x\n<top>"
    )
    assert read_questions(path) == (
        [Question("3", "Wo?")],
        [
            f"{path}:1: has no 'id'",
            f"{path}:5: has no 'question'",
            f"{path}:8: the id '3' stands there twice",
            f"{path}:9: has no 'question'",
        ],
    )


def test_lines_of_an_id_and_a_question_are_read(write):
    path = write("\ufeff301\tWer  war\tes?\r\n\r\n302 Wann?\n\tWo?\n303\t\n301\tNoch einmal?\n")
    assert read_questions(path) == (
        [Question("301", "Wer war es?")],
        [
            f"{path}:3: has no tab; write the id, a tab and the question",
            f"{path}:4: has no tab; write the id, a tab and the question",
            f"{path}:5: has no tab; write the id, a tab and the question",
            f"{path}:6: the id '301' stands there twice",
        ],
    )


# ---- CSV ----


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_csv_is_read_with_any_separator(write, separator, line_end):
    rows = [
        ["ID", " Question ", "answerable", "answers", "article", "sentence", "type", "lang", "since", "until"],
        ["q1", '"Wann, und; wo?"', "TRUE", "am 2. Mai | im Mai", "bad.txt", '"Ja, „gut“;\nso."', "when", "de", "", ""],
        ["q2", "Wer?", "0", "", "", "", "", "", "2025-01-01", "2025-12-31"],
        ["q3", '"Sagte er ""nie""?"'],
    ]
    text = line_end.join(separator.join(row) for row in rows)
    assert read_questions(write("\ufeff\n" + text + line_end)) == (
        [
            Question(
                "q1",
                "Wann, und; wo?",
                answerable=True,
                answers=("am 2. Mai", "im Mai"),
                gold=(Gold("bad.txt", "Ja, „gut“;\nso."),),
                type="when",
                language="de",
            ),
            Question("q2", "Wer?", scope=Scope(since="2025-01-01", until="2025-12-31"), answerable=False),
            Question("q3", 'Sagte er "nie"?'),
        ],
        [],
    )


def test_csv_takes_german_columns_and_gold_of_several_rows(write):
    text = (
        "Frage;id;Beantwortbar;Antwort;Artikel;Satz;Typ;Sprache;Articles;Notiz\n"
        "Wann?;a;;im Mai;bad.txt;Ein Satz.;when;de;bad.txt|see.txt;egal\n"
        "Wer?;b;nein;;;;;;;\n"
        ";a;ja;am 2. Mai;see.txt;Noch einer.;;;;\n"
        "Wann?;a;;im Mai;bad.txt;Ein Satz.\n"
        ";;;\n"
    )
    gold = (Gold("bad.txt", "Ein Satz."), Gold("see.txt", "Noch einer."))
    assert read_questions(write(text)) == (
        [
            Question(
                "a",
                "Wann?",
                scope=Scope(articles=("bad.txt", "see.txt")),
                answerable=True,
                answers=("im Mai", "am 2. Mai"),
                gold=gold,
                type="when",
                language="de",
            ),
            Question("b", "Wer?", answerable=False),
        ],
        [],
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Wer?", "has no 'id'"),
        ("x", "has no 'question'"),
        ("gut,Ganz anders?", "the id 'gut' stands there twice"),
        (
            "x,Wer, wie?,ja,a.txt,So.,2025-01-01",
            "has more cells than the first line; quote a cell that holds the separator",
        ),
        ("x,Wer?,vielleicht", "'answerable' must be true or false"),
        ("x,Wer?,,a.txt", "has an article without a sentence, or a sentence without an article; give both"),
        ("x,Wer?,,,,1.5.2025", "'since' must be a date like 2025-11-30, not '1.5.2025'"),
        ('x,"Wer" war es?', "cannot be read (',' expected after '\"'); check its quotation marks"),
        ('x,"Wer?', "cannot be read (unexpected end of data); check its quotation marks"),
        ("x," + "y" * 140_000, "cannot be read (field larger than field limit (131072)); check its quotation marks"),
        ("x,W\0er?", "'question' holds a NUL character; take it out"),
    ],
)
def test_csv_names_a_bad_row_and_goes_on(write, row, reason):
    path = write(f"id,question,answerable,article,sentence,since\ngut,Wer?\n\n{row}\nauch,Wo?\n")
    assert read_questions(path) == ([Question("gut", "Wer?"), Question("auch", "Wo?")], [f"{path}:4: {reason}"])


def test_csv_without_ids_tells_what_to_do(write):
    path = write("frage;antwort\nWer?;Rat\n")
    with pytest.raises(QuestionInvalid) as error:
        read_questions(path)
    assert str(error.value) == f"{path} has no column 'id'; name the columns in its first line, as in: id;question"


def test_csv_of_many_unclosed_quotation_marks_is_read_in_linear_time(write):
    path = write("id;question\n" + 'a;"b\n' * 50_001)
    questions, faults = read_questions(path)
    assert questions == []
    assert faults[0].startswith(f"{path}:2: ")
