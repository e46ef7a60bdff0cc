import gzip
from contextlib import closing
from dataclasses import replace

import pytest

from index.errors import InputInvalid
from qa.reader_model import Window
from qa.training_data import (
    Group,
    Target,
    Written,
    crossed_groups,
    held_out,
    index_articles,
    public_groups,
    read_rows,
    with_strangers,
    write_articles,
    written_groups,
    written_questions,
)
from tests.helpers import CountingEmbedder

TOWER = "Der Turm ist alt. Er hat 99 Stufen! Oben hängt eine Glocke."
TOWER_SENTENCES = ((0, 17), (18, 35), (36, 59))
NOTHING: frozenset[int] = frozenset()


def row(context, *answers, question="Wie viele?", lang="de", **fields):
    """A row of a public set; an answer stands where it is first found in the context."""
    found = [{"text": answer, "start": context.index(answer)} for answer in answers]
    return {"id": "1", "lang": lang, "question": question, "context": context, "answers": found, **fields}


def long_sentences(*lengths):
    """Sentences of so many characters, each of a letter of its own."""
    return [letter * (length - 1) + "." for letter, length in zip("abcdefgh", lengths, strict=False)]


# files


@pytest.mark.parametrize(
    ("name", "written"), [("set.jsonl", lambda data: data), ("set.jsonl.gz", gzip.compress)], ids=["plain", "gzip"]
)
def test_read_rows_reads_a_file_gzipped_or_not(tmp_path, name, written):
    (tmp_path / name).write_bytes(written('{"a": "Äcker"}\n{"a": 2}\n'.encode()))
    assert read_rows(tmp_path / name) == [{"a": "Äcker"}, {"a": 2}]


def test_read_rows_of_an_empty_file_are_none(tmp_path):
    (tmp_path / "set.jsonl").write_bytes(b"")
    assert read_rows(tmp_path / "set.jsonl") == []


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("set.jsonl", b'{"a": 1}\n{"a": 2}\n{"a": \n', 3),
        ("set.jsonl", b'{"a": 1}\n\n{"a": 2}\n', 2),
        ("set.jsonl", '{"a": "ä"}\n'.encode("latin-1"), 1),
        ("set.jsonl.gz", gzip.compress(b'{"a": 1}\n{"a"\n'), 2),
        ("set.jsonl.gz", gzip.compress(b'{"a": 1}\n')[:-8], 2),
        ("set.jsonl.gz", b'{"a": 1}\n', 1),
        ("missing.jsonl", None, 1),
        ("missing.jsonl.gz", None, 1),
    ],
    ids=["bad line", "empty line", "Latin-1", "bad line in gzip", "cut gzip", "no gzip", "missing", "missing gzip"],
)
def test_read_rows_names_file_and_line_of_what_cannot_be_read(tmp_path, name, content, line):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputInvalid) as raised:
        read_rows(path)
    message = str(raised.value)
    assert message.startswith(f"{path}:{line} cannot be read (")
    assert message.endswith("); name JSON Lines files")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("article_id", "expected"),
    [("a013", True), ("a013.txt", True), ("a031", False), ("a03.2", True), ("a02.3", False), ("a130", False)],
)
def test_held_out_are_the_articles_whose_number_ends_in_3(article_id, expected):
    assert held_out(article_id) is expected


# public sets


def test_public_groups_tell_sentence_and_words_that_answer():
    groups = list(public_groups([row(TOWER, "99 Stufen", question="Wie viele Stufen hat er?")]))
    target = Target(Window("", TOWER, TOWER_SENTENCES), frozenset({1}), (25, 34))
    assert groups == [Group("Wie viele Stufen hat er?", (target,), spans=True, ranked=False)]
    assert TOWER[25:34] == "99 Stufen"


def test_public_groups_take_every_answer_for_gold_and_the_first_for_the_words():
    (group,) = public_groups([row(TOWER, "Glocke", "alt")])
    assert group.targets == (Target(Window("", TOWER, TOWER_SENTENCES), frozenset({0, 2}), (52, 58)),)


def test_public_groups_use_the_sentences_that_a_set_tells():
    sentences = [[0, 35], [36, 59]]
    (group,) = public_groups([row(TOWER, "Er hat 99 Stufen!", sentences=sentences)])
    target = Target(Window("", TOWER, ((0, 35), (36, 59))), frozenset({0}), (18, 35))
    assert group == Group("Wie viele?", (target,), spans=False)


@pytest.mark.parametrize(
    ("context", "lang", "expected"),
    [
        ("Eins.  Zwei!\n\nDrei", "de", ["Eins.", "Zwei!", "Drei"]),
        ("Am 3,5. Kilometer.Ende. Aus", "de", ["Am 3,5.", "Kilometer.Ende.", "Aus"]),
        ("كم؟ مئة. نعم", "ar", ["كم؟", "مئة.", "نعم"]),
        ("塔は高い。階段は九十九段！\n鐘が鳴る。", "ja", ["塔は高い。", "階段は九十九段！\n", "鐘が鳴る。"]),
        ("塔は高い。階段は. 九十九段", "ja", ["塔は高い。", "階段は. 九十九段"]),
    ],
)
def test_public_groups_cut_sentences(context, lang, expected):
    (group,) = public_groups([row(context, lang=lang)])
    (target,) = group.targets
    assert [target.window.text[start:end] for start, end in target.window.sentences] == expected


@pytest.mark.parametrize(
    ("lengths", "lang", "expected"),
    [
        ((449, 450), "de", [(0, 1)]),
        ((449, 451), "de", [(0,), (1,)]),
        ((400, 400, 400, 400, 400), "de", [(0, 1), (2, 3), (4,)]),
        ((100, 1200, 100), "de", [(0,), (1,), (2,)]),
        ((202, 203), "ja", [(0, 1)]),
        ((203, 203), "ja", [(0,), (1,)]),
    ],
)
def test_public_groups_cut_windows_of_whole_sentences(lengths, lang, expected):
    between, stop = ("", "。") if lang == "ja" else (" ", ".")
    sentences = [sentence.replace(".", stop) for sentence in long_sentences(*lengths)]
    (group,) = public_groups([row(between.join(sentences), lang=lang)])
    assert [target.window.text for target in group.targets] == [
        between.join(sentences[place] for place in window) for window in expected
    ]
    for target, window in zip(group.targets, expected, strict=True):
        own = [target.window.text[start:end] for start, end in target.window.sentences]
        assert own == [sentences[place] for place in window]


def test_public_groups_count_gold_and_words_from_the_start_of_the_window():
    sentences = [*long_sentences(400, 400, 400), "Es sind 99 Stufen."]
    (group,) = public_groups([row(" ".join(sentences), "99")])
    assert [target.gold for target in group.targets] == [NOTHING, frozenset({1})]
    assert [target.span for target in group.targets] == [None, (409, 411)]
    assert group.targets[1].window.text[409:411] == "99"


def test_public_groups_know_no_words_where_an_answer_goes_over_the_end_of_a_window():
    sentences = long_sentences(300, 500, 500, 300)
    (group,) = public_groups([row(" ".join(sentences), "bbb. ccc")])
    assert [(target.gold, target.span) for target in group.targets] == [(frozenset({1}), None), (frozenset({0}), None)]


def test_public_groups_take_whole_words_before_words_that_are_cut():
    sentences = long_sentences(300, 500, 500, 300)
    (group,) = public_groups([row(" ".join(sentences), "bbb. ccc", "aaa")])
    assert [target.span for target in group.targets] == [(0, 3), None]
    assert [target.gold for target in group.targets] == [frozenset({0, 1}), frozenset({0})]


def test_public_groups_keep_questions_that_nothing_answers_and_leave_out_broken_ones():
    outside = row(TOWER, "alt", sentences=[[18, 35], [36, 59]])
    groups = list(public_groups([row(TOWER, question="Wer?"), outside, row(" \n "), row(TOWER, "alt")]))
    assert [(group.question, group.targets[0].gold) for group in groups] == [
        ("Wer?", NOTHING),
        ("Wie viele?", frozenset({0})),
    ]


def test_crossed_groups_ask_the_german_text_in_other_languages():
    rows = [
        row("The tower is old.", "old", question="How is it?", lang="en") | {"id": "set-train-en-17"},
        row("Вежа стара.", "стара", question="Яка вежа?", lang="uk") | {"id": "set-train-uk-17"},
        row("La tour.", question="Comment?", lang="fr") | {"id": "set-train-fr-17"},
        row(TOWER, "alt", question="Wie ist er?") | {"id": "set-train-de-17"},
        row("The bell.", question="Which?", lang="en") | {"id": "set-train-en-18"},
        row(TOWER, "alt", question="Allein?") | {"id": "set-train-de-19"},
    ]
    targets = (Target(Window("", TOWER, TOWER_SENTENCES), frozenset({0}), (13, 16)),)
    assert list(crossed_groups(rows)) == [Group("How is it?", targets), Group("Яка вежа?", targets)]


def test_crossed_groups_of_a_set_with_sentences_have_no_words():
    german = row(TOWER, "alt", sentences=[[0, 17]]) | {"id": "s-de-1"}
    english = row("Old.", question="How?", lang="en", sentences=[[0, 4]]) | {"id": "s-en-1"}
    assert [group.spans for group in crossed_groups([german, english])] == [False]


def test_crossed_groups_of_one_language_are_none():
    assert list(crossed_groups([row(TOWER, "alt") | {"id": "set-1"}, row(TOWER) | {"id": "set-2"}])) == []


# windows of other texts


def group_of(text, question="Wer?"):
    return Group(question, (Target(Window("", text, ((0, len(text)),)), frozenset({0})),))


TEXTS = [f"Text Nummer {number:02} erzählt von etwas anderem." for number in range(30)]


def test_with_strangers_of_share_0_changes_nothing():
    groups = [group_of(text) for text in TEXTS]
    assert with_strangers(groups, share=0, seed=1) == groups


def test_with_strangers_of_share_1_gives_each_question_a_neighbouring_text_without_gold():
    groups = [group_of(text) for text in TEXTS]
    for place, (before, after) in enumerate(zip(groups, with_strangers(groups, share=1, seed=1), strict=True)):
        other = TEXTS[(place + 1) % len(TEXTS)]
        stranger = Target(Window("", other, ((0, len(other)),)), NOTHING)
        assert after == replace(before, targets=(*before.targets, stranger))


def test_with_strangers_never_gives_the_same_text_again():
    text = TEXTS[0]
    groups = [group_of(text), group_of(text), group_of(f"{text} Und mehr."), group_of(TEXTS[1])]
    expected = [TEXTS[1], TEXTS[1], TEXTS[1], text]
    assert [group.targets[1].window.text for group in with_strangers(groups, share=1, seed=1)] == expected


def test_with_strangers_leaves_a_question_alone_where_all_neighbours_have_its_text():
    groups = [group_of(TEXTS[0], question) for question in ("Wer?", "Was?")]
    assert with_strangers(groups, share=1, seed=1) == groups


def test_with_strangers_gives_the_same_for_the_same_seed():
    groups = [group_of(text) for text in TEXTS]
    chosen = with_strangers(groups, share=0.5, seed=1)
    assert with_strangers(groups, share=0.5, seed=1) == chosen
    assert with_strangers(groups, share=0.5, seed=2) != chosen
    assert 5 < sum(len(group.targets) == 2 for group in chosen) < 25


# written articles


PIER = {
    "id": "a001",
    "title": "Steg am Mühlensee gesperrt",
    "publisher": "Seebote",
    "date": "2024-03-05",
    "paragraphs": [
        ["Der Steg am Mühlensee ist seit Montag gesperrt.", "Drei Bohlen sind durchgebrochen, sagt Frau Kettler."],
        ["Die Reparatur kostet drei Bohlen und 4.200 Euro.", "Ende Mai soll der Steg wieder offen sein."],
    ],
    "qas": [
        {"q": "Was kostet die Reparatur am Steg?", "s": [2], "a": "4.200 Euro"},
        {"q": "Wer hat den Steg gebaut?", "s": [], "a": ""},
        {"q": "Warum ist der Steg gesperrt, und bis wann?", "s": [1, 3], "a": "drei Bohlen"},
    ],
}
CHOIR = {
    "id": "a002",
    "title": "Chor sucht Tenöre",
    "publisher": "Seebote",
    "date": "2024-03-06",
    "text": "Der Chor in Hollern sucht vier Tenöre. Geprobt wird  dienstags\nim Gasthof Linde.",
    "qas": [
        {
            "question": "Wo probt der Chor?",
            "answerable": True,
            "sentence": "Geprobt wird dienstags im Gasthof Linde.",
            "all_sentences": ["Geprobt wird dienstags im Gasthof Linde.", "Ein zweiter Satz."],
            "answer": "Gasthof Linde",
        },
        {"question": "Wann probt der Chor?", "answerable": True, "sentence": "Geprobt wird.", "answer": ""},
        {"question": "Wer leitet den Chor?", "answerable": False, "sentence": "", "answer": ""},
    ],
}
BAKER = {
    "id": "a003",
    "title": "Bäckerei schließt",
    "publisher": "Landpost",
    "date": "2024-03-07",
    "text": "Die Bäckerei Wulff in Hollern schließt nach 80 Jahren. Einen Nachfolger gibt es nicht.",
    "qas": [],
}
ARTICLES = [PIER, CHOIR, BAKER]


def test_written_questions_with_numbers_take_the_sentences_of_all_paragraphs():
    assert list(written_questions([PIER])) == [
        Written(
            "a001",
            "Was kostet die Reparatur am Steg?",
            ("Die Reparatur kostet drei Bohlen und 4.200 Euro.",),
            "4.200 Euro",
        ),
        Written("a001", "Wer hat den Steg gebaut?", (), ""),
        Written(
            "a001",
            "Warum ist der Steg gesperrt, und bis wann?",
            ("Drei Bohlen sind durchgebrochen, sagt Frau Kettler.", "Ende Mai soll der Steg wieder offen sein."),
            "drei Bohlen",
        ),
    ]


def test_written_questions_with_sentences_take_each_once():
    assert list(written_questions([CHOIR, BAKER])) == [
        Written(
            "a002",
            "Wo probt der Chor?",
            ("Geprobt wird dienstags im Gasthof Linde.", "Ein zweiter Satz."),
            "Gasthof Linde",
        ),
        Written("a002", "Wann probt der Chor?", ("Geprobt wird.",), ""),
        Written("a002", "Wer leitet den Chor?", (), ""),
    ]


def test_written_questions_of_a_file_of_more_questions():
    more = {
        "article": "a003",
        "question": "Wie lange gab es sie?",
        "sentences": ["Sie schließt."],
        "answer": "80 Jahre",
    }
    assert list(written_questions([more])) == [Written("a003", "Wie lange gab es sie?", ("Sie schließt.",), "80 Jahre")]


def test_write_articles_writes_header_and_paragraphs(tmp_path):
    write_articles([PIER, BAKER], tmp_path / "a" / "b")
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "a" / "b").iterdir()}
    assert written == {
        "a001.txt": (
            "Titel: Steg am Mühlensee gesperrt\nQuelle: Seebote\nDatum: 2024-03-05\n\n"
            "Der Steg am Mühlensee ist seit Montag gesperrt. Drei Bohlen sind durchgebrochen, sagt Frau Kettler.\n\n"
            "Die Reparatur kostet drei Bohlen und 4.200 Euro. Ende Mai soll der Steg wieder offen sein.\n"
        ),
        "a003.txt": (
            "Titel: Bäckerei schließt\nQuelle: Landpost\nDatum: 2024-03-07\n\n"
            "Die Bäckerei Wulff in Hollern schließt nach 80 Jahren. Einen Nachfolger gibt es nicht.\n"
        ),
    }


@pytest.fixture(scope="module")
def news_index(tmp_path_factory):
    with closing(index_articles(ARTICLES, tmp_path_factory.mktemp("written"), CountingEmbedder())) as news_index:
        yield news_index


def test_index_articles_keeps_what_is_there(tmp_path):
    embedder = CountingEmbedder()
    embedded = []
    for articles in (ARTICLES[:2], ARTICLES, ARTICLES):
        index_articles(articles, tmp_path, embedder).close()
        embedded.append(embedder.embedded)
    assert [later - embedded[0] for later in embedded] == [0, 1, 1]


def said(group):
    """What a group tells: for each window with gold, its title, the sentences that answer and the words."""
    return [
        (
            target.window.title,
            [target.window.text[slice(*target.window.sentences[number])] for number in sorted(target.gold)],
            target.span and target.window.text[slice(*target.span)],
        )
        for target in group.targets
        if target.gold
    ]


def judged(news_index, article, question, *gold, answer=""):
    """The group of a question."""
    asked = Written(article, question, gold, answer)
    ((given, group),) = written_groups([asked], news_index)
    assert given == asked
    return group


def titles(group):
    return sorted(target.window.title for target in group.targets)


def test_written_groups_find_gold_and_words_in_the_passages_of_the_article(news_index):
    cost = "Die Reparatur kostet drei Bohlen und 4.200 Euro."
    group = judged(news_index, "a001", "Was kostet die Reparatur?", cost, answer="4.200 Euro")
    assert (group.question, group.spans, group.ranked) == ("Was kostet die Reparatur?", True, True)
    assert titles(group) == ["Bäckerei schließt", "Chor sucht Tenöre", "Steg am Mühlensee gesperrt"]
    assert said(group) == [("Steg am Mühlensee gesperrt", [cost], "4.200 Euro")]


def test_written_groups_take_the_words_from_a_sentence_that_answers(news_index):
    cost = "Die Reparatur kostet drei Bohlen und 4.200 Euro."
    group = judged(news_index, "a001", "Was kostet die Reparatur?", cost, answer="Bohlen")
    (target,) = (target for target in group.targets if target.gold)
    start = target.window.text.index(cost) + cost.index("Bohlen")
    assert target.window.text.index("Bohlen") < start
    assert target.span == (start, start + len("Bohlen"))


def test_written_groups_take_several_sentences_that_answer(news_index):
    gold = ("Ende Mai soll der Steg wieder offen sein.", "Der Steg am Mühlensee ist seit Montag gesperrt.")
    group = judged(news_index, "a001", "Wie lange ist der Steg gesperrt?", *gold, answer="Ende Mai")
    assert said(group) == [("Steg am Mühlensee gesperrt", [gold[1], gold[0]], "Ende Mai")]


def test_written_groups_overlook_other_white_space(news_index):
    asked = "Geprobt wird dienstags im\u00a0Gasthof\nLinde."
    found = said(judged(news_index, "a002", "Wo probt er?", asked, answer="Gasthof Linde"))
    assert [(title, [" ".join(sentence.split()) for sentence in gold], words) for title, gold, words in found] == [
        ("Chor sucht Tenöre", ["Geprobt wird dienstags im Gasthof Linde."], "Gasthof Linde")
    ]


@pytest.mark.parametrize("answer", ["", "fünftausend Euro"], ids=["no words", "other words"])
def test_written_groups_know_no_words_that_the_sentence_does_not_have(news_index, answer):
    cost = "Die Reparatur kostet drei Bohlen und 4.200 Euro."
    group = judged(news_index, "a001", "Was kostet sie?", cost, answer=answer)
    assert said(group) == [("Steg am Mühlensee gesperrt", [cost], None)]


def test_written_groups_have_no_gold_in_other_articles(news_index):
    sentence = "Einen Nachfolger gibt es nicht."
    other = judged(news_index, "a002", "Gibt es einen Nachfolger?", sentence)
    assert titles(other) == ["Bäckerei schließt", "Chor sucht Tenöre", "Steg am Mühlensee gesperrt"]
    assert said(other) == []
    assert said(judged(news_index, "a003", "Gibt es einen Nachfolger?", sentence)) == [
        ("Bäckerei schließt", [sentence], None)
    ]


def test_written_groups_leave_out_what_another_article_says_in_the_same_words(news_index):
    sentence = "Der Chor in Hollern sucht vier Tenöre."
    group = judged(news_index, "a002", "Wo ist der Chor?", sentence, answer="hollern")
    assert titles(group) == ["Chor sucht Tenöre", "Steg am Mühlensee gesperrt"]


def test_written_groups_keep_all_passages_where_nothing_answers(news_index):
    group = judged(news_index, "a001", "Wer hat den Steg gebaut?")
    assert titles(group) == ["Bäckerei schließt", "Chor sucht Tenöre", "Steg am Mühlensee gesperrt"]
    assert said(group) == []


def test_written_groups_give_each_question_its_passages_best_first(news_index):
    questions = list(written_questions(ARTICLES))
    groups = list(written_groups(questions, news_index))
    assert [asked for asked, _ in groups] == questions
    assert [group.question for _, group in groups] == [asked.question for asked in questions]
    assert groups[0][1].targets[0].window.title == "Steg am Mühlensee gesperrt"
    assert groups[3][1].targets[0].window.title == "Chor sucht Tenöre"
