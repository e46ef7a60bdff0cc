import pytest
from helpers import CountingEmbedder

from index.errors import IndexMissing, InputInvalid, QuestionInvalid
from index.store import NewsIndex
from qa import render
from qa.answers import Assistant
from qa.programs import Programs
from qa.settings import Settings

BATH = "Das Bad öffnet im Mai. Es hat 25 Bahnen.\n\nDer Rat freut sich. Die Kasse ist leer. Der Bau war teuer."
SENTENCES = [
    {"start": 0, "end": 22, "sentence": "Das Bad öffnet im Mai."},
    {"start": 23, "end": 40, "sentence": "Es hat 25 Bahnen."},
    {"start": 42, "end": 61, "sentence": "Der Rat freut sich."},
    {"start": 62, "end": 81, "sentence": "Die Kasse ist leer."},
    {"start": 82, "end": 100, "sentence": "Der Bau war teuer."},
]


@pytest.fixture
def assistant(tmp_path, write_article):
    write_article("bad.txt", BATH, title="Bad", date="2025-04-30")
    write_article("moor.txt", "Das Moor ist nass.", title="Moor", date="2025-06-01")
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    news_index.add([tmp_path / "news"])
    yield Assistant(news_index, settings=Settings(threshold=0.0))
    news_index.close()


@pytest.fixture
def programs(assistant):
    return Programs(assistant)


@pytest.fixture
def bath(assistant):
    """The id of the article on the bath."""
    return next(entry.article.id for entry in assistant.news_index.entries() if entry.article.title == "Bad")


def names_of(hits):
    return [hit["article"] for hit in hits]


def test_programs_serve_four_endpoints_that_say_what_they_take(programs):
    assert [endpoint.__name__ for endpoint in programs.endpoints] == ["ask", "search", "article", "context"]
    for endpoint in programs.endpoints:
        taken = [name for name in endpoint.__annotations__ if name != "return"]
        assert [name for name in taken if f"            {name}: " not in endpoint.__doc__] == []


def test_programs_ask_gives_the_answer_as_json(programs, assistant):
    expected = render.answer_object(assistant.ask("Was ist nass?"), "1")
    given = programs.ask("Was ist nass?")
    assert given["citations"][0]["sentence"] == "Das Moor ist nass."
    assert {**given, "seconds": 0} == {**expected, "seconds": 0}


def test_programs_ask_refuses_where_the_assistant_does(assistant):
    strict = Assistant(assistant.news_index, settings=Settings(threshold=1.1))
    given = Programs(strict).ask("Was ist nass?")
    assert (given["abstained"], given["citations"], len(given["passages"])) == (True, [], 2)


def test_programs_search_gives_passages_with_their_text(programs, assistant):
    hits = assistant.retrieve("Was ist nass?")
    given = programs.search("Was ist nass?")
    assert given == [{**render.hit_object(hit), "text": hit.article.text} for hit in hits]
    assert (given[0]["article"], given[0]["text"]) == ("moor.txt", "Das Moor ist nass.")


@pytest.mark.parametrize(("top", "count"), [(1, 1), (2, 2), (0, 1), (-5, 1), (51, 50), (10**9, 50)])
def test_programs_search_gives_from_1_to_50_passages(programs, assistant, tmp_path, write_article, top, count):
    if count > 2:
        for number in range(60):
            write_article(f"wald{number}.txt", f"Der Wald Nummer {number} ist nass.", title=f"Wald {number}")
        assistant.news_index.add([tmp_path / "news"])
    assert len(programs.search("Was ist nass?", top)) == count


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ({}, {"bad.txt", "moor.txt"}),
        ({"articles": None, "since": "", "until": ""}, {"bad.txt", "moor.txt"}),
        ({"articles": []}, {"bad.txt", "moor.txt"}),
        ({"articles": ["bad.txt"]}, {"bad.txt"}),
        ({"since": "2025-05-01"}, {"moor.txt"}),
        ({"until": "2025-04-30"}, {"bad.txt"}),
        ({"since": "2025-07-01"}, set()),
        ({"articles": ["moor.txt"], "until": "2025-04-30"}, set()),
    ],
)
def test_programs_ask_and_search_keep_to_the_scope(programs, scope, names):
    assert set(names_of(programs.search("Was ist nass?", **scope))) == names
    assert set(names_of(programs.ask("Was ist nass?", **scope)["passages"])) == names


def test_programs_search_takes_the_ids_of_articles(programs, bath):
    assert names_of(programs.search("Was ist nass?", articles=[bath])) == ["bad.txt"]


@pytest.mark.parametrize("endpoint", ["ask", "search"])
@pytest.mark.parametrize(
    ("scope", "error", "message"),
    [
        (
            {"articles": ["bad.txt", "fehlt.txt"]},
            InputInvalid,
            "'fehlt.txt' is no article of this collection; see article in its passages",
        ),
        ({"since": "1.5.2025"}, QuestionInvalid, "since must be a date like 2025-11-30, not '1.5.2025'"),
        ({"until": "2025-02-30"}, QuestionInvalid, "until must be a date like 2025-11-30, not '2025-02-30'"),
        (
            {"since": "2025-05-01", "until": "2025-04-30"},
            QuestionInvalid,
            "the period ends before it begins: since is 2025-05-01, until is 2025-04-30; "
            "exchange the two, or leave one out",
        ),
    ],
)
def test_programs_tell_what_is_wrong_with_a_scope(programs, endpoint, scope, error, message):
    with pytest.raises(error) as raised:
        getattr(programs, endpoint)("Was ist nass?", **scope)
    assert str(raised.value) == message


@pytest.mark.parametrize("endpoint", ["ask", "search"])
@pytest.mark.parametrize("question", ["", " ?!", "x" * 2001])
def test_programs_take_no_question_that_the_assistant_refuses(programs, endpoint, question):
    with pytest.raises(QuestionInvalid):
        getattr(programs, endpoint)(question)


@pytest.mark.parametrize("endpoint", ["ask", "search"])
def test_programs_tell_that_there_are_no_articles(tmp_path, endpoint):
    empty = NewsIndex.open_or_create(tmp_path / "leer", CountingEmbedder())
    with pytest.raises(IndexMissing):
        getattr(Programs(Assistant(empty)), endpoint)("Was ist nass?")
    empty.close()


def test_programs_article_gives_the_whole_article(programs, bath):
    assert programs.article(bath) == {
        "id": bath,
        "title": "Bad",
        "publisher": None,
        "date": "2025-04-30",
        "url": None,
        "name": "bad.txt",
        "text": BATH,
    }


@pytest.mark.parametrize("article_id", ["", "bad.txt", "0123456789abcdef", "../index", "%", "' OR 1=1 --"])
def test_programs_know_articles_by_their_ids_only(programs, article_id):
    message = f"{article_id!r} is no article of this collection; see article_id in its passages"
    for call in (lambda: programs.article(article_id), lambda: programs.context(article_id, 0, 5)):
        with pytest.raises(InputInvalid) as raised:
            call()
        assert str(raised.value) == message


@pytest.mark.parametrize(
    ("start", "end", "sentences", "parts"),
    [
        (42, 61, 1, (1, 2, 3, 4)),
        (42, 61, 2, (0, 2, 3, 5)),
        (42, 61, 20, (0, 2, 3, 5)),
        (42, 61, 10**9, (0, 2, 3, 5)),
        (42, 61, 0, (2, 2, 3, 3)),
        (42, 61, -1, (2, 2, 3, 3)),
        (45, 47, 1, (1, 2, 3, 4)),
        (30, 50, 1, (0, 1, 3, 4)),
        (0, 22, 1, (0, 0, 1, 2)),
        (82, 100, 1, (3, 4, 5, 5)),
        (-9, 10**9, 1, (0, 0, 5, 5)),
    ],
)
def test_programs_context_gives_the_sentences_before_at_and_after_a_place(programs, bath, start, end, sentences, parts):
    first, at, after, last = parts
    expected = {"before": SENTENCES[first:at], "place": SENTENCES[at:after], "after": SENTENCES[after:last]}
    assert programs.context(bath, start, end, sentences) == expected


def test_programs_context_gives_two_sentences_on_each_side_at_most_20(programs, assistant, tmp_path, write_article):
    write_article("lang.txt", " ".join(f"Der Satz {number} steht hier." for number in range(60)), title="Lang")
    assistant.news_index.add([tmp_path / "news"])
    article = next(entry.article for entry in assistant.news_index.entries() if entry.article.title == "Lang")
    start = article.text.index("Der Satz 30")
    lengths = [
        {name: len(part) for name, part in programs.context(article.id, start, start + 5, *reach).items()}
        for reach in [(), (50,)]
    ]
    assert lengths == [{"before": 2, "place": 1, "after": 2}, {"before": 20, "place": 1, "after": 20}]


@pytest.mark.parametrize(("start", "end"), [(40, 42), (22, 23), (100, 200), (50, 10), (-5, 0)])
def test_programs_context_tells_that_a_place_holds_no_sentence(programs, bath, start, end):
    with pytest.raises(InputInvalid) as raised:
        programs.context(bath, start, end)
    assert str(raised.value) == f"{start} to {end} holds no sentence of {bath}; see its text"


def test_programs_tell_no_one_where_the_index_lies(programs, assistant, bath, tmp_path):
    shown = [programs.ask("Was ist nass?"), programs.search("Was ist nass?"), programs.article(bath)]
    for call in (
        lambda: programs.search("Was?", articles=["x"]),
        lambda: programs.article("x"),
        lambda: programs.context(bath, 40, 42),
    ):
        with pytest.raises(InputInvalid) as raised:
            call()
        shown.append(str(raised.value))
    assert str(tmp_path) not in str(shown)
