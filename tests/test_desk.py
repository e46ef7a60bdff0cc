import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock
from helpers import CountingEmbedder

from index.errors import NewsError
from index.files import ENDINGS
from index.store import EVERYTHING, NewsIndex, Scope
from qa import chat, collection, exporting, feedback, html
from qa.answers import Assistant
from qa.chat import KEPT_TURNS, Turn
from qa.collection import Came, Change, Order
from qa.desk import ROWS, Choices, Desk, Label, Shown, Visible, language_of
from qa.dialogue import Understood
from qa.feedback import Judgement
from qa.settings import BY_SIMILARITY, Settings
from qa.types import Answer
from qa.words import PAGE

BATH = """Titel: Neues Bad
Quelle: Taltal-Bote
Datum: 2025-04-30

Das Bad in Grünau öffnet am 2. Mai. Es hat 25 Bahnen.

Der Rat freut sich über das Bad.
"""
MOOR = """Titel: Nasses Moor
Quelle: Rundblick
Datum: 2025-06-01

Das Moor bei Tannenau ist nass. Dort brütet der Kranich.
"""
TOWER = "Titel: Alter <b>Turm</b>\n\nDer Turm in Grünau ist 83 Meter hoch.\n"
HOSTILE = [
    "",
    "#",
    "/1",
    "x",
    "beleg",
    "beleg-1",
    "beleg-1-99",
    "beleg-9-1",
    "beleg-1-1<script>",
    "beleg--1-1",
    "beleg-0-0",
    "stelle-1-99",
    "stelle-9-1",
    "woertlich",
    "woertlich-9",
    "ueberall",
    "ueberall-9",
    "meinten",
    "meinten-1",
    "meinten-9",
    "urteil",
    "urteil-9-right",
    "lesen-0123456789abcdef",
    "gespraech-01234567",
    "article=x",
    "javascript:alert(1)",
    "#" * 100_000,
    "beleg" + "-1" * 50_000,
    "\ud83d",
]


def make_desk(folder: Path) -> Desk:
    (folder / "news").mkdir()
    for name, content in (("bad.txt", BATH), ("moor.txt", MOOR), ("turm.txt", TOWER)):
        (folder / "news" / name).write_text(content, encoding="utf-8")
    news_index = NewsIndex.open_or_create(folder / "index", CountingEmbedder())
    news_index.add([folder / "news"])
    weights = replace(BY_SIMILARITY, further=5.0)
    return Desk(Assistant(news_index, settings=Settings(threshold=0.0), weights=weights))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = make_desk(tmp_path)
    yield desk
    desk.news_index.close()


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """For tests that change neither collection nor feedback."""
    desk = make_desk(tmp_path_factory.mktemp("desk"))
    yield desk
    desk.news_index.close()


class Session:
    """What the page of one browser holds; each method is what a person does on it and gives what is shown."""

    def __init__(self, desk: Desk, language: str = "de") -> None:
        self.desk = desk
        self.language = language
        self.scope: tuple[list[str], list[str], str, str] = ([], [], "", "")
        self.sifting: tuple[str, str, str, str, str, int] = ("", "", "", "", "date", ROWS)
        self.find = ""  # in the history
        self.held: Shown = {"turns": [], "identity": "", "stored": [], "removed": None, "renaming": "", "question": ""}

    def _seen(self, steps: Iterator[Shown]) -> Iterator[Shown]:
        for shown in steps:
            self.held.update(shown)
            yield shown

    def asking(self, question: str) -> Iterator[Shown]:
        """The steps of asking, so that others may act between them."""
        state = (self.held["turns"], *self.scope, self.held["stored"], self.held["identity"])
        return self._seen(self.desk.respond(question, *state, self.language))  # type: ignore[arg-type]

    def ask(self, question: str) -> list[Shown]:
        return list(self.asking(question))

    def click(self, target: str) -> list[Shown]:
        state = (self.held["turns"], self.held["stored"], self.held["identity"])
        return list(self._seen(self.desk.act(target, *state, self.language)))  # type: ignore[arg-type]

    def tidy(self, target: str) -> Shown:
        state = (*self.sifting, self.held["removed"], *self.scope[:2])
        shown = self.desk.tidy(target, *state, self.language)  # type: ignore[arg-type]
        return next(self._seen(iter([shown])))

    def sift(self, find: str) -> Shown:
        self.sifting = (find, *self.sifting[1:])
        return self.desk.sift(*self.sifting, self.held["removed"], self.language)  # type: ignore[arg-type]

    def upload(self, *paths: Path) -> list[Shown]:
        files, state = [str(path) for path in paths], (*self.sifting, *self.scope[:2])
        return list(self._seen(self.desk.upload(files, *state, self.language)))

    def recall(self, target: str) -> list[Shown]:
        return list(self._seen(self.desk.recall(target, self.held["stored"], self.find, self.language)))

    def rename(self, title: str) -> Shown:
        state = (self.held["renaming"], self.held["stored"], self.find, self.language)
        return next(self._seen(iter([self.desk.rename(title, *state)])))  # type: ignore[arg-type]

    @property
    def turns(self) -> list[Turn]:
        turns = self.held["turns"]
        assert isinstance(turns, list)
        return turns

    @property
    def answer(self) -> Answer:
        answer = self.turns[-1].answer
        assert answer
        return answer


@pytest.fixture
def session(desk: Desk) -> Session:
    return Session(desk)


def message(markup: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": markup}]


def notice(key: str, language: str = "de", **told: object) -> list[dict[str, str]]:
    return message(html.notice_html(PAGE[language][key].format(**told)))


def listed(desk: Desk, *, language: str = "de", shown: int = ROWS, find: str = "", **more: str) -> list[dict[str, str]]:
    """The list of articles, by date."""
    entries = desk.news_index.entries()
    kept = collection.arranged(entries, find=find)
    return message(html.collection_html(kept, language, shown=shown, of_all=len(entries), **more))


def history(stored: object, language: str = "de", *, deleting: str = "") -> list[dict[str, str]]:
    return message(html.history_html(chat.conversations(stored), language, any_kept=True, deleting=deleting))


def counted(desk: Desk, status: str) -> Shown:
    """What is shown beside the list, with all three articles."""
    return {
        "status": f"{PAGE['de']['motto']} {status}",
        "outlet": Choices(
            ((PAGE["de"]["all_outlets"], ""), ("Rundblick", "Rundblick"), ("Taltal-Bote", "Taltal-Bote"))
        ),
        "articles": Choices(
            (
                ("Alter <b>Turm</b> – turm.txt", "turm.txt"),
                ("Nasses Moor – moor.txt", "moor.txt"),
                ("Neues Bad – bad.txt", "bad.txt"),
            )
        ),
        "outlets": Choices((("Rundblick", "Rundblick"), ("Taltal-Bote", "Taltal-Bote"))),
    }


ALL_THREE = "3 Artikel, 6 Sätze, 30.4.2025 bis 1.6.2025"


def trouble(caplog: pytest.LogCaptureFixture, told: str) -> str:
    """The notice that something went wrong, with the number under which the log tells what."""
    [identity] = [record.args[0] for record in caplog.records if record.getMessage().endswith(f": {told}")]
    assert f"error {identity}: {told}" in caplog.messages
    return html.notice_html(PAGE["de"]["trouble"].format(id=identity))


def orders(language: str) -> Choices:
    words = PAGE[language]
    return Choices(
        (
            *((words["by_date"], "date"), (words["by_title"], "title")),
            *((words["by_outlet"], "outlet"), (words["by_added"], "added")),
        )
    )


def came(desk: Desk, name: str, change: Change) -> Came:
    article = next(entry.article for entry in desk.news_index.entries() if entry.article.name == name)
    return Came(article.id, article.title, change)


def id_of(desk: Desk, name: str) -> str:
    return next(entry.article.id for entry in desk.news_index.entries() if entry.article.name == name)


def names(desk: Desk) -> list[str]:
    return [entry.article.name for entry in desk.news_index.entries()]


# the page


@pytest.mark.parametrize(
    ("headers", "default", "language"),
    [
        ({}, None, "de"),
        ({}, "en", "en"),
        ({"accept-language": "de-AT,en;q=0.8"}, None, "de"),
        ({"accept-language": "DE"}, None, "de"),
        ({"accept-language": " en-US,de;q=0.9"}, None, "en"),
        ({"accept-language": "uk"}, None, "en"),
        ({"accept-language": "de"}, "en", "en"),
        ({"cookie": "belegstelle-language=en"}, "de", "en"),
        ({"cookie": "a=b; belegstelle-language=de; c=d", "accept-language": "en"}, "en", "de"),
        ({"cookie": "belegstelle-language=ru"}, "de", "de"),
        ({"cookie": "belegstelle-language="}, None, "de"),
        ({"cookie": "belegstelle-language=../../x"}, None, "de"),
        ({"cookie": 'a[]={"b": 1}; \x00;;==; c/d; belegstelle-language=en'}, "de", "en"),
        ({"cookie": "x-belegstelle-language=en; belegstelle-language"}, "de", "de"),
        ({"cookie": "x" * 100_000}, None, "de"),
    ],
)
def test_language_of_the_page_is_the_chosen_one_the_programs_or_the_browsers(headers, default, language):
    assert language_of(headers, default) == language


def test_open_page_shows_what_there_is(desk):
    assert desk.open_page([], "de") == {
        **counted(desk, ALL_THREE),
        "order": orders("de"),
        "listed": listed(desk),
        "source": notice("no_source"),
        "history": notice("no_conversation"),
        "reading": notice("no_article"),
    }


def test_open_page_of_an_empty_collection_says_so(tmp_path):
    news_index = NewsIndex.open_or_create(tmp_path / "leer", CountingEmbedder())
    assert Desk(Assistant(news_index)).open_page(None, "en") == {
        "status": f"{PAGE['en']['motto']} 0 articles, 0 sentences",
        "outlet": Choices(((PAGE["en"]["all_outlets"], ""),)),
        "articles": Choices(()),
        "outlets": Choices(()),
        "order": orders("en"),
        "listed": notice("collection_empty", "en"),
        "source": notice("no_source", "en"),
        "history": notice("no_conversation", "en"),
        "reading": notice("no_article", "en"),
    }
    news_index.close()


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    "change",
    [{}, {"title": "<script>alert(1)</script>"}, {"turns": [{}]}, {"at": "2026-99-99T00:00:00"}, {"id": '"><b>'}],
)
def test_open_page_takes_whatever_the_browser_holds(desk, change, language):
    one = {"id": "0123abcd", "title": "Bad", "at": "2026-02-01T10:00:00", "turns": [{"asked": "Wer?"}], **change}
    shown = desk.open_page([one, None, 5], language)["history"]
    if change.keys() <= {"title"}:
        assert shown == history([one], language)
    else:
        assert shown == notice("no_conversation", language)
    assert "<script>" not in str(shown)


# asking


def test_respond_shows_the_question_then_what_was_found_then_the_answer_and_its_source(session, desk):
    begun, found, answered, done = session.ask("Wie viele Bahnen hat das Bad?")
    first = Turn(1, "Wie viele Bahnen hat das Bad?", Understood("Wie viele Bahnen hat das Bad?"))
    second = replace(first, passages=tuple(desk.assistant.retrieve(first.asked)))
    third = replace(second, answer=session.answer)
    expected = desk.assistant.ask(first.asked)
    assert session.answer == replace(expected, seconds=session.answer.seconds)
    assert re.fullmatch("[0-9a-f]{8}", str(begun["identity"]))
    assert begun == {
        "turns": [first],
        "talk": html.conversation([first], "de"),
        "question": "",
        "identity": begun["identity"],
    }
    assert found == {"turns": [second], "talk": html.conversation([second], "de")}
    assert answered == {"turns": [third], "talk": html.conversation([third], "de")}
    kept = done["stored"]
    assert done == {
        "source": message(html.citation_html(third, session.answer.citations[0], "de")),
        "stored": [
            {
                "id": begun["identity"],
                "title": first.asked,
                "at": kept[0]["at"],
                "turns": [{"asked": first.asked, "literal": True}],
            }
        ],
    }
    assert chat.conversations(kept) == kept


@pytest.mark.parametrize(("typed", "key", "told"), [
    ("  ", "empty_question", {}),
    (" ?!", "empty_question", {}),
    ("x" * 2001, "long_question", {"found": 2001, "allowed": 2000}),
])  # fmt: skip
def test_respond_to_what_cannot_be_asked_gives_it_back_and_keeps_nothing(session, typed, key, told):
    *_, last = session.ask(typed)
    assert last == {"question": typed, "source": notice("no_source")}
    assert session.held["talk"][-1:] == notice(key, **told)
    assert session.held["stored"] == []


def test_respond_to_an_empty_field_does_nothing(session):
    assert session.ask("") == [{"question": ""}]


def test_respond_names_a_conversation_after_its_first_question_that_was_answered(session):
    for question in (" ", "x" * 3000, "Was ist nass?", "Wer freut sich über das Bad in Grünau?"):
        session.ask(question)
    [one] = session.held["stored"]
    assert (one["title"], one["turns"]) == (
        "Was ist nass?",
        [
            {"asked": "Was ist nass?", "literal": True},
            {"asked": "Wer freut sich über das Bad in Grünau?", "literal": True},
        ],
    )


def test_respond_in_an_empty_collection_says_so(tmp_path):
    news_index = NewsIndex.open_or_create(tmp_path / "leer", CountingEmbedder())
    session = Session(Desk(Assistant(news_index)), "en")
    *_, last = session.ask("Wer?")
    assert last == {"question": "Wer?", "source": notice("no_source", "en")}
    assert session.held["talk"][-1:] == notice("empty_index", "en")
    news_index.close()


def test_respond_replaces_half_characters_which_cannot_be_sent(session):
    session.ask("Was ist \ud83d nass?")
    assert session.turns[0].asked == "Was ist ? nass?"
    json.dumps([session.held["talk"], session.held["stored"]], ensure_ascii=False).encode("utf-8")


def test_respond_keeps_the_last_turns_of_a_long_conversation(session):
    session.ask("Was ist nass?")
    [turn] = session.turns
    session.held["turns"] = [replace(turn, number=number) for number in range(1, KEPT_TURNS + 3)]
    session.ask("Wer freut sich?")
    assert [turn.number for turn in session.turns] == list(range(4, KEPT_TURNS + 4))
    assert session.click(f"beleg-{KEPT_TURNS + 3}-1") == [
        {"source": message(html.citation_html(session.turns[-1], session.answer.citations[0], "de"))}
    ]


def test_respond_changes_the_conversation_in_the_store_and_leaves_the_others(session):
    other = {"id": "0123abcd", "title": "Alt", "at": "2026-02-01T10:00:00", "turns": []}
    session.held["stored"] = [other, "Müll"]
    session.ask("Was ist nass?")
    session.ask("Wer freut sich?")
    mine, rest = session.held["stored"]
    assert rest == other
    assert (mine["id"], len(mine["turns"])) == (session.held["identity"], 2)


# scope


@pytest.mark.parametrize(
    ("articles", "outlets", "since", "until", "found"),
    [
        ([], [], "", "", {"bad.txt", "moor.txt", "turm.txt"}),
        (None, None, None, None, {"bad.txt", "moor.txt", "turm.txt"}),
        (["bad.txt", "turm.txt"], [], "", "", {"bad.txt", "turm.txt"}),
        ([], ["Rundblick"], "", "", {"moor.txt"}),
        ([], ["Rundblick", "Taltal-Bote"], "", "", {"bad.txt", "moor.txt"}),
        (["bad.txt"], ["Rundblick"], "", "", set()),
        ([], [], "2025-05-01", " ", {"moor.txt"}),
        ([], [], "", " 2025-04-30 ", {"bad.txt"}),
        ([], [], "2025-04-30", "2025-06-01", {"bad.txt", "moor.txt"}),
        (["fort.txt"], [], "", "", set()),
        ([], ["' OR 1=1 --"], "", "", set()),
    ],
)
def test_respond_searches_in_the_scope_alone(shared_desk, articles, outlets, since, until, found):
    session = Session(shared_desk)
    session.scope = (articles, outlets, since, until)
    session.ask("Was ist in Grünau oder Tannenau nass?")
    assert {hit.article.name for hit in session.turns[0].passages} == found
    assert {citation.article.name for citation in session.answer.citations} <= found
    days = tuple((day or "").strip() or None for day in (since, until))
    assert session.turns[0].scope == Scope(tuple(articles or ()), tuple(outlets or ()), *days)


@pytest.mark.parametrize("typed", ["gestern", "2025-02-30", "31.2.2025", "3025", "25", "13.2025", "<b>", "\ud83d"])
@pytest.mark.parametrize("place", [2, 3])
def test_respond_to_a_scope_without_a_date_says_so_and_asks_nothing(shared_desk, typed, place):
    session = Session(shared_desk)
    session.ask("Was ist nass?")
    before = session.turns
    scope = [[], [], "2025-01-01", "2025-12-31"]
    scope[place] = f" {typed} "
    session.scope = tuple(scope)
    shown = message(html.notice_html(PAGE["de"]["bad_date"].format(typed.replace("\ud83d", "?"))))
    assert session.ask("Wer freut sich?") == [
        {"talk": [*html.conversation(before, "de"), *shown], "question": "Wer freut sich?"}
    ]
    assert session.turns == before


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("2025", "2025-01-01", "2025-12-31"),
        ("1.6.2025", "2025-06-01", "2025-06-01"),
        (" 01.06.25 ", "2025-06-01", "2025-06-01"),
        ("1. Juni 2025", "2025-06-01", "2025-06-01"),
        ("June 1, 2025", "2025-06-01", "2025-06-01"),
        ("2025-6-1", "2025-06-01", "2025-06-01"),
        ("Juni 2025", "2025-06-01", "2025-06-30"),
        ("2/2024", "2024-02-01", "2024-02-29"),
    ],
)
def test_days_of_the_scope_are_read_as_people_write_them(shared_desk, typed, since, until):
    session = Session(shared_desk)
    session.scope = ([], [], typed, typed)
    session.ask("Was ist nass?")
    assert session.turns[0].scope == Scope(since=since, until=until)


def test_respond_to_a_period_that_ends_before_it_begins_says_so_and_asks_nothing(shared_desk):
    session = Session(shared_desk)
    session.scope = ([], [], "2026", "Mai 2025")
    told = message(html.notice_html("Der Zeitraum endet, bevor er beginnt."))
    assert session.ask("Wer freut sich?") == [{"talk": told, "question": "Wer freut sich?"}]
    assert shared_desk.narrow([], [], "2026", "Mai 2025", "en") == {
        "scope": Label("The period ends before it begins."),
        "everywhere": Visible(True),
    }


def test_narrow_tells_what_is_asked_and_offers_the_way_back(shared_desk):
    of_all = {"scope": Label(PAGE["de"]["scope"]), "everywhere": Visible(False)}
    assert shared_desk.narrow([], [], "", "", "de") == of_all
    assert shared_desk.narrow(None, None, None, None, "de") == of_all
    moor = next(pair[1] for pair in shared_desk.open_page([], "de")["articles"].pairs if "moor.txt" in pair[0])
    entry = next(entry for entry in shared_desk.news_index.entries() if entry.article.name == "moor.txt")
    told = "Nasses Moor (Rundblick, 1 Jun 2025), Taltal-Bote, from 1 Jan 2025, to 3 Jul 2025"
    for name in (moor, entry.article.id):
        assert shared_desk.narrow([name], ["Taltal-Bote"], "2025", "3.7.2025", "en") == {
            "scope": Label(f"Narrowed to: {told}"),
            "everywhere": Visible(True),
        }
    wrong = {
        "scope": Label("„gestern“ ist kein Tag wie 30.11.2025, kein Monat wie 11/2025 und kein Jahr."),
        "everywhere": Visible(True),
    }
    assert shared_desk.narrow([], [], "gestern", "", "de") == wrong
    assert shared_desk.widen("de") == {"articles": [], "outlets": [], "since": "", "until": "", **of_all}


def test_a_refusal_in_a_scope_offers_to_ask_of_all_articles(session, desk):
    desk.assistant.settings = Settings(threshold=1.1)  # which nothing reaches
    session.ask("Wie viele Bahnen hat das Bad in Grünau?")
    assert "#ueberall-" not in session.held["talk"][-1]["content"]
    session.scope = ([], ["Rundblick"], "", "")
    session.ask("Und in Tannenau?")
    understood = session.turns[1].understood
    assert understood.carried
    assert 'href="#ueberall-2"' in session.held["talk"][-1]["content"]
    shown = session.click("ueberall-2/1")
    assert shown[0] == desk.widen("de")
    assert [(turn.asked, turn.understood, turn.scope) for turn in session.turns[1:]] == [
        ("Und in Tannenau?", understood, EVERYTHING)
    ]
    assert "#ueberall-" not in session.held["talk"][-1]["content"]


def test_a_refusal_of_a_misspelt_question_offers_to_ask_what_was_meant(session, desk):
    misspelt, meant = "Wie viele Bahnnen hat das Bad in Grünnau?", "Wie viele Bahnen hat das Bad in Grünau?"
    known = [desk.assistant.ask(question).confidence for question in (misspelt, meant)]
    session.ask("Was ist in Tannenau?")
    desk.assistant.settings = Settings(threshold=sum(known) / 2)
    session.scope = ([], [], "2025", "")
    *_, shown = session.ask(misspelt)
    assert session.turns[1].corrected == meant
    assert shown.keys() == {"turns", "talk"}  # the refusal is kept before
    assert 'href="#meinten-2"' in session.held["talk"][-1]["content"]
    session.click("meinten-2/1")
    second = session.turns[1]
    assert (second.asked, second.understood, second.scope, second.corrected) == (
        meant,
        Understood(meant),
        Scope(since="2025-01-01"),
        None,
    )
    assert [turn["asked"] for turn in session.held["stored"][0]["turns"]] == ["Was ist in Tannenau?", meant]


def test_scope_tells_articles_of_one_name_apart(session, desk, tmp_path):
    for folder, text in (("a", "Der See ist 12 Meter tief."), ("b", "Der See ist 30 Meter tief.")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "see.txt").write_text(f"Titel: Der See\nQuelle: Bote\n\n{text}\n", encoding="utf-8")
        desk.news_index.add([tmp_path / folder / "see.txt"])
    lakes = [pair for pair in desk.open_page([], "de")["articles"].pairs if "see.txt" in pair[0]]
    assert [label for label, _ in lakes] == ["Der See – see.txt, Bote, a", "Der See – see.txt, Bote, b"] or [
        label for label, _ in lakes
    ] == ["Der See – see.txt, Bote, b", "Der See – see.txt, Bote, a"]
    for label, value in lakes:
        session.scope = ([value], [], "", "")
        session.ask("Wie tief ist der See?")
        depth = "12" if label.endswith("a") else "30"
        assert [hit.article.text for hit in session.turns[-1].passages] == [f"Der See ist {depth} Meter tief."]
        assert "Eingegrenzt auf: <bdi>Der See (Bote)</bdi>" in session.held["talk"][-1]["content"]
        assert value not in session.held["talk"][-1]["content"]


# follow-ups


def test_follow_up_is_shown_as_understood_and_can_be_taken_literally(session):
    session.scope = ([], ["Taltal-Bote"], "", "")
    session.ask("Wann öffnet das Bad in Grünau?")
    session.ask("und in Tannenau?")
    session.ask("Wer freut sich?")
    assert session.turns[1].understood == Understood("Wann öffnet das Bad in Tannenau?", ("öffnet", "Bad"))
    whole = "<em><bdi>Wann öffnet das Bad in Tannenau?</bdi></em>"
    assert [whole in shown["content"] for shown in session.held["talk"]] == [False, False, False, True, False, False]
    assert 'href="#woertlich-2"' in session.held["talk"][3]["content"]
    session.scope = ([], [], "", "")
    session.click("woertlich-2/3")
    assert [(turn.number, turn.asked, turn.understood) for turn in session.turns] == [
        (1, "Wann öffnet das Bad in Grünau?", Understood("Wann öffnet das Bad in Grünau?")),
        (2, "und in Tannenau?", Understood("und in Tannenau?")),
    ]
    assert session.answer.question == "und in Tannenau?"
    assert session.turns[1].scope == Scope(publishers=("Taltal-Bote",))
    assert session.held["talk"] == html.conversation(session.turns, "de")
    assert "woertlich" not in str(session.held["talk"])
    [kept] = session.held["stored"]
    scope = {"articles": [], "publishers": ["Taltal-Bote"], "since": None, "until": None}
    assert kept["turns"] == [
        {"asked": "Wann öffnet das Bad in Grünau?", "literal": True, "scope": scope},
        {"asked": "und in Tannenau?", "literal": True, "scope": scope},
    ]


def test_follow_up_is_kept_as_one_and_asked_again_as_one(session):
    session.ask("Wann öffnet das Bad in Grünau?")
    session.ask("und in Tannenau?")
    before = session.turns
    [kept] = session.held["stored"]
    assert [turn["literal"] for turn in kept["turns"]] == [True, False]
    fresh = Session(session.desk)
    fresh.held["stored"] = [kept]
    fresh.recall(f"gespraech-{kept['id']}")
    assert [turn.understood for turn in fresh.turns] == [turn.understood for turn in before]


# stop, begin anew


def test_stop_tells_that_the_question_was_given_up_and_the_next_one_may_follow(session, desk):
    session.ask("Was ist nass?")
    asking = session.asking("Wer freut sich?")
    next(asking)
    next(asking)
    asking.close()
    answered, open_turn = session.turns
    stopped = replace(open_turn, notice="stopped")
    assert desk.stop(session.turns, "de") == {
        "turns": [answered, stopped],
        "talk": html.conversation([answered, stopped], "de"),
    }
    assert desk.stop([answered, stopped], "de")["turns"] == [answered, stopped]
    session.held["turns"] = [answered, stopped]
    session.ask("Wo brütet der Kranich?")
    assert [turn["asked"] for turn in session.held["stored"][0]["turns"]] == ["Was ist nass?", "Wo brütet der Kranich?"]


def test_begin_anew_empties_the_conversation(desk):
    assert desk.begin_anew("en") == {
        "turns": [],
        "talk": [],
        "question": "",
        "source": notice("no_source", "en"),
        "identity": "",
        **desk.widen("en"),
    }


# clicks


def test_act_shows_citations_passages_and_links_in_their_articles(session, desk):
    session.ask("Wie viele Bahnen hat das Bad?")
    [turn] = session.turns
    assert len(turn.answer.citations) == 3
    for citation in turn.answer.citations:
        shown = {"source": message(html.citation_html(turn, citation, "de"))}
        assert session.click(f"#beleg-1-{citation.marker}/7") == [shown]
    for hit in turn.passages:
        mark = html.Mark(hit.passage.start, hit.passage.end, current=True)
        assert session.click(f"stelle-1-{hit.rank}") == [
            {"source": message(html.article_html(hit.article, [mark], "de"))}
        ]
    article = desk.news_index.catalogue.article(id_of(desk, "moor.txt"))
    for place, marks in (
        ("", []),
        ("&s=4-8", [html.Mark(4, 8, current=True)]),
        ("&s=8-4", []),
        ("&s=0-99999999", [html.Mark(0, 99_999_999, current=True)]),
    ):
        assert session.click(f"article={article.id}{place}") == [
            {"source": message(html.article_html(article, marks, "de"))}
        ]
    assert session.click("article=0123456789abcdef") == [{"source": notice("unknown_link")}]


@pytest.mark.parametrize("clicked", HOSTILE)
def test_act_on_anything_else_shows_a_hint_and_changes_nothing(shared_desk, clicked):
    session = Session(shared_desk)
    session.ask("Was ist nass?")
    assert session.click(clicked) == [{"source": notice("no_source")}]


def test_act_shows_the_passages_of_a_question_that_is_still_worked_on_but_no_citations(session):
    asking = session.asking("Was ist nass?")
    next(asking)
    assert session.click("stelle-1-1") == [{"source": notice("no_source")}]
    next(asking)
    assert session.click("stelle-1-1") != [{"source": notice("no_source")}]
    for clicked in ("beleg-1-1", "kopie-1-plain", "urteil-1-right"):
        session.click(clicked)
    assert (session.held["source"], session.held["handout"]) == (notice("no_source"), "")
    assert feedback.read(session.desk.news_index.folder) == []


# feedback


GIVEN = [Judgement.RIGHT, Judgement.WRONG, Judgement.EVIDENCE]


@pytest.mark.parametrize("judgement", GIVEN)
def test_act_keeps_a_judgement_with_answer_and_scope(session, judgement):
    session.scope = ([], ["Rundblick"], "", "2025-12-31")
    started = datetime.now(UTC)
    session.ask("Was ist nass?")
    answer, before = session.answer, session.turns[0]
    [shown] = session.click(f"#urteil-1-{judgement}/2")
    judged = replace(before, judgement=judgement)
    assert shown == {"turns": [judged], "talk": html.conversation([judged], "de")}
    [kept] = feedback.read(session.desk.news_index.folder)
    assert (kept.question, kept.judgement, kept.text, kept.scope) == (
        "Was ist nass?",
        judgement,
        answer.text,
        Scope(publishers=("Rundblick",), until="2025-12-31"),
    )
    assert started <= kept.at <= datetime.now(UTC)


def test_act_takes_a_judgement_back(session):
    session.ask("Was ist nass?")
    before = session.turns
    session.click("urteil-1-wrong")
    [shown] = session.click("urteil-1-withdrawn")
    assert shown == {"turns": before, "talk": html.conversation(before, "de")}
    assert feedback.read(session.desk.news_index.folder) == []


def test_act_keeps_a_judgement_that_is_given_twice_once(session):
    session.ask("Was ist nass?")
    for clicked in ("urteil-1-withdrawn/1", "urteil-1-wrong/2", "urteil-1-wrong/3"):
        session.click(clicked)
    assert len((session.desk.news_index.folder / feedback.FILE_NAME).read_text(encoding="utf-8").splitlines()) == 1


def test_act_lets_another_judgement_take_the_place_of_the_first(session):
    session.ask("Was ist nass?")
    session.ask("Wer freut sich über das Bad in Grünau?")
    for clicked in ("urteil-1-right", "urteil-2-wrong", "urteil-1-evidence"):
        session.click(clicked)
    assert [turn.judgement for turn in session.turns] == [Judgement.EVIDENCE, Judgement.WRONG]
    kept = feedback.read(session.desk.news_index.folder)
    assert [(one.question, one.judgement) for one in kept] == [
        ("Was ist nass?", Judgement.EVIDENCE),
        ("Wer freut sich über das Bad in Grünau?", Judgement.WRONG),
    ]


@pytest.mark.parametrize("clicked", ["urteil-1", "urteil-1-", "urteil-1-super", "urteil-1-RIGHT", "urteil-1-right-x"])
def test_act_keeps_no_judgement_that_there_is_not(session, clicked):
    session.ask("Was ist nass?")
    session.click(clicked)
    assert session.turns[0].judgement is None
    assert feedback.read(session.desk.news_index.folder) == []


def test_act_tells_that_a_judgement_cannot_be_kept(session, caplog):
    session.ask("Was ist nass?")
    path = session.desk.news_index.folder / feedback.FILE_NAME
    path.mkdir()
    [shown] = session.click("urteil-1-right")
    with pytest.raises(NewsError) as raised:
        feedback.keep(path.parent, session.answer, Judgement.RIGHT, at=datetime.now(UTC))
    told = message(trouble(caplog, str(raised.value)))
    assert shown == {"talk": [*html.conversation(session.turns, "de"), *told]}
    assert session.turns[0].judgement is None


# copies and exports


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("form", list(exporting.Form))
def test_act_hands_out_a_copy_of_an_answer(desk, form, language):
    session = Session(desk, language)
    session.ask("Was ist nass?")
    session.ask("Wer freut sich?")
    [first], [second] = session.click(f"kopie-1-{form}/1"), session.click(f"kopie-1-{form}/2")
    assert first != second  # the page takes what is the same as before for nothing new
    for shown in (first, second):
        handout = json.loads(shown["handout"])
        assert re.fullmatch("[0-9a-f]{32}", handout.pop("id"))
        assert handout == {"copy": exporting.answer_as(session.turns[0].answer, form, language)}


@pytest.mark.parametrize(("form", "ending"), [("markdown", "md"), ("json", "json"), ("page", "html")])
def test_act_hands_out_the_conversation_without_what_was_not_answered(session, form, ending):
    tower = id_of(session.desk, "turm.txt")
    everything, settings = session.scope, session.desk.assistant.settings
    session.scope = ([tower], ["Rundblick"], "2025-05-01", "2025-05-31")
    session.desk.assistant.settings = replace(settings, threshold=1.1)  # which nothing reaches
    session.ask("Wer freut <b>sich?")
    session.scope, session.desk.assistant.settings = everything, settings
    for question in ("Wie viele Bahnen hat das Bad in Grünau?", "", "und in Tannenau?"):
        session.ask(question)
    before = datetime.now().astimezone()
    [shown] = session.click(f"#ausfuhr-{form}")
    after = datetime.now().astimezone()
    handout = json.loads(shown["handout"])
    assert re.fullmatch("[0-9a-f]{32}", handout.pop("id"))
    assert handout.pop("name") in [f"belegstelle-{at:%Y-%m-%d-%H%M}.{ending}" for at in (before, after)]
    first, second, third = (turn.answer for turn in session.turns if turn.answer)
    assert first.abstained
    answered = [
        exporting.Exchange(
            "Wer freut <b>sich?",
            first,
            scope=Scope((tower,), ("Rundblick",), "2025-05-01", "2025-05-31"),
            named={tower: session.desk.news_index.catalogue.article(tower)},
        ),
        exporting.Exchange("Wie viele Bahnen hat das Bad in Grünau?", second),
        exporting.Exchange("und in Tannenau?", third, "Wie viele Bahnen hat das Bad in Tannenau?"),
    ]
    texts = [exporting.conversation_as(answered, exporting.ConversationForm(form), "de", at) for at in (before, after)]
    if form == "json":
        saved, expected = json.loads(handout["save"]), json.loads(texts[0])
        assert before <= datetime.fromisoformat(saved.pop("exported")) <= after
        del expected["exported"]
        assert (list(handout), saved) == (["save"], expected)
    else:
        assert handout in [{"save": text} for text in texts]


@pytest.mark.parametrize(
    "clicked",
    ["kopie", "kopie-1", "kopie-1-pdf", "kopie-9-plain", "kopie-2-plain", "kopie-1-plain-x", "ausfuhr", "ausfuhr-pdf"],
)
def test_act_hands_out_nothing_for_what_there_is_not(session, clicked):
    session.ask("Was ist nass?")
    session.ask("")
    [shown] = session.click(clicked)
    assert shown in ({"handout": ""}, {"source": notice("no_source")})


# two sessions


def test_sessions_that_ask_at_the_same_time_do_not_mix(desk):
    first, second = Session(desk, "de"), Session(desk, "en")
    first.ask("Wann öffnet das Bad in Grünau?")
    second.scope = ([], ["Rundblick"], "", "")
    steps = [first.asking("und in Tannenau?"), second.asking("Was ist nass?")]
    while steps:
        steps = [step for step in steps if next(step, None)]
    assert [turn.asked for turn in first.turns] == ["Wann öffnet das Bad in Grünau?", "und in Tannenau?"]
    assert [turn.scope for turn in first.turns] == [EVERYTHING, EVERYTHING]
    assert [(turn.number, turn.asked, turn.understood) for turn in second.turns] == [
        (1, "Was ist nass?", Understood("Was ist nass?"))
    ]
    assert {hit.article.name for hit in second.turns[0].passages} == {"moor.txt"}
    for session, language in ((first, "de"), (second, "en")):
        assert session.held["talk"] == html.conversation(session.turns, language)
        assert [one["id"] for one in session.held["stored"]] == [session.held["identity"]]
    assert first.held["identity"] != second.held["identity"]
    first.click("urteil-1-right")
    assert second.turns[0].judgement is None
    second.click("woertlich-2")
    assert [turn.number for turn in second.turns] == [1]


def test_sessions_have_an_undo_of_their_own(desk):
    first, second = Session(desk), Session(desk)
    first.tidy(f"ja-{id_of(desk, 'bad.txt')}")
    second.tidy(f"ja-{id_of(desk, 'moor.txt')}")
    first.tidy("zurueck")
    assert names(desk) == ["bad.txt", "turm.txt"]
    second.tidy("zurueck")
    assert names(desk) == ["bad.txt", "moor.txt", "turm.txt"]


# the collection


@pytest.mark.parametrize("order", ["", None, *Order])
def test_sift_lists_what_fits(shared_desk, order):
    entries = shared_desk.news_index.entries()
    for find, kept in (("turm", [entries[2]]), ("", collection.arranged(entries, order=Order(order or "date")))):
        assert shared_desk.sift(find, "", "", "", order, ROWS, None, "de") == {
            "listed": message(html.collection_html(kept, "de", shown=ROWS, of_all=3))
        }
    assert shared_desk.sift("grünau", None, None, None, order, ROWS, None, "en") == {
        "listed": notice("nothing_found", "en")
    }


def test_sift_lists_one_outlet_and_as_many_rows_as_are_wanted(desk):
    entries = collection.arranged(desk.news_index.entries())
    assert desk.sift("", "Rundblick", "", "", "date", ROWS, None, "de") == {
        "listed": message(html.collection_html(entries[:1], "de", shown=ROWS, of_all=3))
    }
    assert desk.sift("", "", "", "", "date", 2, None, "de") == {
        "listed": message(html.collection_html(entries, "de", shown=2, of_all=3))
    }


@pytest.mark.parametrize(
    ("since", "until", "kept"),
    [
        ("2025", "2025", ["moor.txt", "bad.txt"]),
        ("1.5.2025", "", ["moor.txt"]),
        (" 2025-04-30 ", "30. April 2025", ["bad.txt"]),
        ("2026", None, []),
    ],
)
def test_sift_lists_what_appeared_between_two_days(shared_desk, since, until, kept):
    by_name = {entry.article.name: entry for entry in shared_desk.news_index.entries()}
    assert shared_desk.sift("", "", since, until, "date", ROWS, None, "de") == {
        "listed": message(html.collection_html([by_name[name] for name in kept], "de", shown=ROWS, of_all=3))
    }


def test_sift_tells_that_a_day_is_none_and_lists_by_the_other(shared_desk):
    listed = shared_desk.sift("", "", "neulich", "2.5.2025", "date", ROWS, None, "de")["listed"]
    told = html.notice_html("„neulich“ ist kein Tag wie 30.11.2025, kein Monat wie 11/2025 und kein Jahr.")
    entries = [entry for entry in shared_desk.news_index.entries() if entry.article.name == "bad.txt"]
    assert listed == message(html.collection_html(entries, "de", shown=ROWS, of_all=3, message=told))


def test_sift_tells_that_a_period_ends_before_it_begins(shared_desk):
    told = html.notice_html("Der Zeitraum endet, bevor er beginnt.")
    assert shared_desk.sift("", "", "2026", "Mai 2025", "date", ROWS, None, "de") == {
        "listed": message(html.collection_html([], "de", shown=ROWS, of_all=3, message=told))
    }


def test_tidy_keeps_the_way_back_in_sight_whatever_else_is_clicked(session, desk):
    session.tidy(f"ja-{id_of(desk, 'turm.txt')}")
    for clicked in (f"entfernen-{id_of(desk, 'bad.txt')}", "nein", "mehr"):
        assert 'href="#zurueck"' in str(session.tidy(clicked)["listed"])
    session.tidy("zurueck")
    assert 'href="#zurueck"' not in str(session.tidy("mehr")["listed"])


def test_tidy_shows_an_article(session, desk):
    article = desk.news_index.catalogue.article(id_of(desk, "bad.txt"))
    assert session.tidy(f"lesen-{article.id}/4") == {"reading": message(html.article_html(article, [], "de"))}
    assert session.tidy("lesen-0123456789abcdef") == {"reading": notice("unknown_link")}
    assert session.tidy("lesen") == {"reading": notice("unknown_link")}


def test_tidy_asks_before_it_removes_and_may_be_told_no(session, desk):
    identity = id_of(desk, "bad.txt")
    assert session.tidy(f"entfernen-{identity}") == {"listed": listed(desk, removing=identity)}
    assert f'href="#ja-{identity}"' in str(session.held["listed"])
    assert session.tidy("nein") == {"listed": listed(desk)}
    assert names(desk) == ["bad.txt", "moor.txt", "turm.txt"]


def test_tidy_removes_an_article_and_brings_it_back(session, desk):
    before = desk.news_index.entries()
    session.sifting = ("turm", "", "", "", "date", ROWS)
    shown = session.tidy(f"ja-{id_of(desk, 'turm.txt')}")
    removed = shown["removed"]
    assert removed.article == before[2].article
    assert shown == {
        "removed": removed,
        **counted(desk, "2 Artikel, 5 Sätze, 30.4.2025 bis 1.6.2025"),
        "articles": Choices(counted(desk, "")["articles"].pairs[1:]),
        "listed": listed(desk, find="turm", message=html.removed_html("Alter <b>Turm</b>", "de")),
    }
    assert 'href="#zurueck"' in str(shown["listed"])
    session.ask("Wie hoch ist der Turm in Grünau?")
    assert {citation.article.name for citation in session.answer.citations} <= {"bad.txt", "moor.txt"}
    back = message(html.notice_html(PAGE["de"]["restored"].format("Alter <b>Turm</b>")))
    assert session.tidy("zurueck") == {
        "removed": None,
        **counted(desk, ALL_THREE),
        "listed": listed(desk, find="turm", message=back[0]["content"]),
    }
    assert desk.news_index.entries() == before
    session.ask("Wie hoch ist der Turm in Grünau?")
    assert session.answer.citations[0].article.name == "turm.txt"
    assert session.tidy("zurueck") == {"listed": listed(desk, find="turm")}


def test_sift_offers_the_way_back_until_the_article_is_there_again(session, desk, tmp_path):
    lake = uploaded(tmp_path, "see.txt", "Titel: See\n\nDer See ist tief.\n")
    session.upload(lake)
    back = html.removed_html("See", "de")
    for bring_back in (lambda: session.tidy("zurueck"), lambda: session.upload(lake)):
        session.tidy(f"ja-{id_of(desk, 'see.txt')}")
        assert session.sift("turm") == {"listed": listed(desk, find="turm", message=back)}
        assert session.sift("") == {"listed": listed(desk, message=back)}
        bring_back()
        assert session.sift("") == {"listed": listed(desk)}


def test_tidy_takes_a_removed_article_out_of_the_scope(session, desk):
    session.scope = (["bad.txt", "turm.txt"], ["Rundblick"], "", "")
    shown = session.tidy(f"ja-{id_of(desk, 'turm.txt')}")
    assert shown["articles"].chosen == ("bad.txt",)
    assert shown["outlets"].chosen == (None if "Rundblick" in dict(shown["outlets"].pairs) else ())
    session.scope = (["bad.txt"], [], "", "")
    assert session.tidy("zurueck")["articles"].chosen is None


def test_tidy_of_an_article_that_another_has_removed_says_so(desk):
    first, second = Session(desk), Session(desk)
    target = f"ja-{id_of(desk, 'bad.txt')}"
    first.tidy(target)
    gone = html.notice_html(PAGE["de"]["unknown_link"])
    assert second.tidy(target) == {"listed": listed(desk, message=gone)}
    assert names(desk) == ["moor.txt", "turm.txt"]


@pytest.mark.parametrize(
    "clicked", [*HOSTILE, "ja", "ja-", "ja-badtxt", "ja-../bad.txt", "nein-1", "entfernen", "entfernen-x", "zurueck"]
)
def test_tidy_of_anything_else_removes_nothing(shared_desk, clicked):
    Session(shared_desk).tidy(clicked)
    assert names(shared_desk) == ["bad.txt", "moor.txt", "turm.txt"]


def test_tidy_shows_more_rows(session, desk):
    assert session.tidy("mehr/1") == {"rows": 2 * ROWS, "listed": listed(desk, shown=2 * ROWS)}


def test_tidy_of_a_busy_index_says_so_and_the_undo_stays(session, desk):
    session.tidy(f"ja-{id_of(desk, 'bad.txt')}")
    busy = html.notice_html(PAGE["de"]["busy"])
    with FileLock(desk.news_index.folder / "write.lock"):
        for clicked in (f"ja-{id_of(desk, 'moor.txt')}", "zurueck"):
            assert session.tidy(clicked) == {"listed": listed(desk, message=busy)}
    session.tidy("zurueck")
    assert names(desk) == ["bad.txt", "moor.txt", "turm.txt"]


def test_tidy_tells_that_something_else_went_wrong_and_the_log_what(desk, caplog):
    session = Session(desk)
    session.tidy(f"ja-{id_of(desk, 'bad.txt')}")
    other = NewsIndex(desk.news_index.folder, CountingEmbedder("ein anderes"))
    session.desk = Desk(Assistant(other))
    with pytest.raises(NewsError) as raised:
        _ = other.embedder
    shown = session.tidy("zurueck")
    assert shown == {"listed": listed(session.desk, message=trouble(caplog, str(raised.value)))}
    assert str(desk.news_index.folder) not in str(shown)
    other.close()


# uploads


def uploaded(tmp_path: Path, name: str, content: str) -> Path:
    path = tmp_path / "hochgeladen" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def test_upload_tells_how_far_it_is_and_what_was_done_and_skipped(session, desk, tmp_path):
    good = uploaded(
        tmp_path, "see.txt", "Titel: Der See\nQuelle: Anzeiger\n\nDer See bei Hallerburg ist 12 Meter tief.\n"
    )
    paths = [good, uploaded(tmp_path, "<b>.exe", "x"), uploaded(tmp_path, "leer.txt", ""), good]
    *doing, done = session.upload(*paths)
    assert doing == [
        {"listed": notice("upload_doing", done=number, all=4, name=path.name)}
        for number, path in enumerate(paths, start=1)
    ]
    endings = ", ".join(sorted(ENDINGS))
    skipped = [
        ("<b>.exe", f"hat keine der Endungen {endings}"),
        ("leer.txt", "ist leer; bitte eine Datei mit Text hinzufügen"),
    ]
    lake = [came(desk, "see.txt", change) for change in (Change.ADDED, Change.UNCHANGED)]
    report = html.report_html("1 neu, 0 geändert, 1 unverändert, 2 übersprungen.", lake, skipped, "de")
    every = counted(desk, "4 Artikel, 7 Sätze, 30.4.2025 bis 1.6.2025")
    assert done == {
        **every,
        "upload": None,
        "listed": listed(desk, message=report),
        "outlet": Choices((every["outlet"].pairs[0], ("Anzeiger", "Anzeiger"), *every["outlet"].pairs[1:])),
        "outlets": Choices((("Anzeiger", "Anzeiger"), *every["outlets"].pairs)),
        "articles": Choices(
            (every["articles"].pairs[0], ("Der See – see.txt", "see.txt"), *every["articles"].pairs[1:])
        ),
    }
    session.ask("Wie tief ist der See bei Hallerburg?")
    assert session.answer.citations[0].article.name == "see.txt"


def test_upload_tells_why_files_were_skipped_in_the_language_of_the_page(desk, tmp_path):
    session = Session(desk, "en")
    *_, done = session.upload(uploaded(tmp_path, "leer.txt", ""))
    report = html.report_html(
        "0 new, 0 changed, 0 unchanged, 1 skipped.", [], [("leer.txt", "is empty; add a file with text in it")], "en"
    )
    assert done["listed"] == listed(desk, language="en", message=report)


def test_upload_names_what_came_and_what_was_there_already_with_links_that_show_it(session, desk, tmp_path):
    lake, tower = uploaded(tmp_path, "see.txt", "Titel: See\n\nDer See ist tief.\n"), uploaded(tmp_path, "t.txt", TOWER)
    *_, done = session.upload(tower, lake, uploaded(tmp_path, "kopie.txt", TOWER))
    named = [came(desk, "kopie.txt", Change.UNCHANGED), came(desk, "see.txt", Change.ADDED)]
    report = html.report_html("1 neu, 0 geändert, 1 unverändert, 0 übersprungen.", named, [], "de")
    assert done["listed"] == listed(desk, message=report)
    [first, second] = re.findall('href="#(lesen-[0-9a-f]{16})"', report)
    assert "Der See ist tief." in str(session.tidy(first)["reading"])
    assert "83 Meter hoch" in str(session.tidy(second)["reading"])


def test_sift_by_last_added_begins_with_what_was_uploaded(session, desk, tmp_path):
    session.upload(uploaded(tmp_path, "see.txt", "Titel: See\n\nDer See ist tief.\n"))
    markup = str(desk.sift("", "", "", "", "added", ROWS, None, "de")["listed"])
    titles = ["See", "Alter &lt;b&gt;Turm", "Nasses Moor", "Neues Bad"]
    assert sorted(titles, key=markup.index) == titles


def test_upload_broken_off_names_what_came_until_then(desk, tmp_path):
    lake, pond = (uploaded(tmp_path, f"{name}.txt", f"Der {name} ist tief.\n") for name in ("See", "Teich"))
    steps = desk.upload([str(lake), str(pond)], "", "", "", "", "date", ROWS, [], [], "de")
    next(steps)
    with FileLock(desk.news_index.folder / "write.lock"):
        done = next(steps)
    named = [came(desk, "See.txt", Change.ADDED)]
    report = html.report_html("1 neu, 0 geändert, 0 unverändert, 0 übersprungen.", named, [], "de")
    assert done["listed"] == listed(desk, message=html.notice_html(PAGE["de"]["busy"]) + report)


@pytest.mark.parametrize("paths", [None, []])
def test_upload_of_nothing_says_so(desk, paths):
    report = html.report_html("0 neu, 0 geändert, 0 unverändert, 0 übersprungen.", [], [], "de")
    assert list(desk.upload(paths, "", "", "", "", "date", ROWS, [], [], "de")) == [
        {**counted(desk, ALL_THREE), "upload": None, "listed": listed(desk, message=report)}
    ]


def test_upload_into_a_busy_index_says_so(session, desk, tmp_path):
    with FileLock(desk.news_index.folder / "write.lock"):
        shown = session.upload(uploaded(tmp_path, "see.txt", "Der See ist 12 Meter tief.\n"))
    report = html.report_html("0 neu, 0 geändert, 0 unverändert, 0 übersprungen.", [], [], "de")
    busy = html.notice_html(PAGE["de"]["busy"])
    assert shown == [{**counted(desk, ALL_THREE), "upload": None, "listed": listed(desk, message=busy + report)}]


def test_upload_into_a_folder_that_cannot_be_written_says_so(session, desk, tmp_path, caplog):
    (desk.news_index.folder / collection.UPLOADS).write_text("kein Ordner")
    path = uploaded(tmp_path, "see.txt", "Der See ist 12 Meter tief.\n")
    with pytest.raises(NewsError) as raised:
        list(collection.receive(desk.news_index, [path]))
    report = html.report_html("0 neu, 0 geändert, 0 unverändert, 0 übersprungen.", [], [], "de")
    shown = session.upload(path)
    told = trouble(caplog, str(raised.value))
    assert shown == [{**counted(desk, ALL_THREE), "upload": None, "listed": listed(desk, message=told + report)}]


# conversations that were


@pytest.fixture
def past(session: Session) -> Session:
    """A session with two conversations behind it, the one about the moor the newer one."""
    for question in ("Wann öffnet das Bad?", "Was ist nass?"):
        session.ask(question)
        session.held.update(session.desk.begin_anew("de"))
    return session


def test_recent_finds_conversations_by_their_words(past, desk):
    moor, bath = past.held["stored"]
    assert desk.recent(past.held["stored"], "", "de") == {"history": history([moor, bath])}
    assert desk.recent(past.held["stored"], None, "de") == {"history": history([moor, bath])}
    assert desk.recent(past.held["stored"], "BAD wann", "de") == {"history": history([bath])}
    assert desk.recent(past.held["stored"], "turm", "en") == {"history": notice("no_conversation_found", "en")}
    assert desk.recent("kaputt", "turm", "de") == {"history": notice("no_conversation")}


def test_recall_opens_a_conversation_with_the_answers_of_today(past, desk):
    _, bath = past.held["stored"]
    past.tidy(f"ja-{id_of(desk, 'bad.txt')}")
    begun, *stages, last = past.recall(f"#gespraech-{bath['id']}/5")
    [turn] = past.turns
    assert (turn.number, turn.asked) == (1, "Wann öffnet das Bad?")
    assert "bad.txt" not in {hit.article.name for hit in turn.passages}
    assert begun == {"turns": [], "talk": notice("asked_again"), "identity": ""}
    as_it_goes_on = [replace(turn, passages=None, answer=None), replace(turn, answer=None), turn]
    assert stages == [
        {"turns": [stage], "talk": [*notice("asked_again"), *html.conversation([stage], "de")]}
        for stage in as_it_goes_on
    ]
    everywhere = {"articles": [], "outlets": [], "since": "", "until": ""}
    assert last == {
        "identity": bath["id"],
        "source": message(html.citation_html(turn, turn.answer.citations[0], "de")),
        **everywhere,
        "scope": Label(PAGE["de"]["scope"]),
        "everywhere": Visible(False),
    }
    past.ask("Wer freut sich?")
    assert [(one["id"], len(one["turns"])) for one in past.held["stored"]] == [
        (bath["id"], 2),
        (past.held["stored"][1]["id"], 1),
    ]


def test_recall_of_a_conversation_without_questions_is_empty(session):
    session.held["stored"] = [{"id": "0123abcd", "title": "Bad", "at": "2026-02-01T10:00:00", "turns": []}]
    begun = {"turns": [], "talk": notice("asked_again"), "identity": ""}
    assert session.recall("gespraech-0123abcd") == [begun, {"identity": "0123abcd"}]


def test_a_question_asked_while_a_conversation_is_opened_leaves_what_is_kept_of_it(past):
    past.ask("Was ist nass?")
    past.ask("Wer freut sich?")
    kept = past.held["stored"][0]
    assert len(kept["turns"]) == 2
    before = list(past.held["stored"])
    past.held |= {"turns": [], "identity": before[1]["id"]}  # another is shown
    opening = past.desk.recall(f"gespraech-{kept['id']}", past.held["stored"], "", "de")
    for shown in opening:
        past.held.update(shown)
        if past.held["turns"] and past.held["turns"][-1].answer:
            break
    past.ask("Wer freut sich?")
    assert past.held["stored"][1:] == before


@pytest.mark.parametrize("identity", ["../<b>x", "0123abcd\n", "x" * 9999, None])
def test_respond_takes_no_id_but_one_of_a_conversation(session, identity):
    session.held["identity"] = identity
    session.ask("Was ist nass?")
    assert re.fullmatch("[0-9a-f]{8}", session.held["identity"])
    assert [one["id"] for one in session.held["stored"]] == [session.held["identity"]]


def test_recall_restores_the_scope_of_the_last_question_but_for_what_has_gone(past, desk):
    names = [pair[1] for pair in desk.open_page([], "de")["articles"].pairs]
    gone, moor = (next(name for name in names if file in name) for file in ("bad.txt", "moor.txt"))
    past.ask("Was ist nass?")
    past.scope = ([gone, moor], ["Rundblick", "Taltal-Bote"], "2025-01-01", "2025-12-31")
    past.ask("Wer freut sich?")
    identity = past.held["stored"][0]["id"]
    past.tidy(f"ja-{id_of(desk, 'bad.txt')}")
    *_, last = past.recall(f"gespraech-{identity}")
    left = {name: last[name] for name in ("articles", "outlets", "since", "until")}
    assert left == {"articles": [moor], "outlets": ["Rundblick"], "since": "2025-01-01", "until": "2025-12-31"}
    assert last["everywhere"] == Visible(True)
    assert last["scope"] == desk.narrow(**left, language="de")["scope"]


def test_recall_asks_before_it_deletes_and_may_be_told_no(past):
    moor, bath = past.held["stored"]
    assert past.recall(f"loeschen-{bath['id']}") == [{"history": history([moor, bath], deleting=bath["id"])}]
    assert f'href="#weg-{bath["id"]}"' in str(past.held["history"])
    past.find = "bad"
    assert past.recall("#behalten/3") == [{"history": history([bath])}]
    assert past.held["stored"] == [moor, bath]


def test_recall_deletes_a_conversation(past):
    moor, bath = past.held["stored"]
    past.find = "bad"
    for gone, left in ((moor, [bath]), (bath, [])):
        [shown] = past.recall(f"weg-{gone['id']}")
        [*kept, word] = shown.pop("stored")
        assert (kept, word) == (left, {"id": gone["id"], "at": word["at"], "deleted": True})
        assert shown == {"history": history([bath]) if left else notice("no_conversation")}


def test_recall_asks_for_a_new_name_which_stays_when_the_conversation_goes_on(past, desk):
    moor, bath = past.held["stored"]
    asks = {"naming": Visible(True), "new_title": "Wann öffnet das Bad?", "renaming": bath["id"]}
    assert past.recall(f"umbenennen-{bath['id']}") == [asks]
    assert desk.keep_title("de") == {"naming": Visible(False)}
    shown = past.rename("  Schwimmen <b> ")
    renamed = {**bath, "title": "Schwimmen <b>", "changed": shown["stored"][1]["changed"]}
    assert renamed["changed"] >= bath["at"]
    assert shown == {
        "stored": [moor, renamed],
        "history": history([moor, renamed]),
        "naming": Visible(False),
    }
    assert past.rename(" ") == {
        "stored": [moor, renamed],
        "history": history([moor, renamed]),
        "naming": Visible(False),
    }
    past.recall(f"gespraech-{bath['id']}")
    past.ask("Wer freut sich?")
    assert [one["title"] for one in past.held["stored"]] == ["Schwimmen <b>", "Was ist nass?"]


@pytest.mark.parametrize(
    "clicked",
    [*HOSTILE, "gespraech", "gespraech-", "gespraech-g", "loeschen-01234567", "loeschen", "weg-01234567", "weg"],
)
def test_recall_of_anything_else_only_lists(shared_desk, clicked):
    stored = [{"id": "0123abcd", "title": "Bad", "at": "2026-02-01T10:00:00", "turns": [{"asked": "Wer?"}]}]
    assert list(shared_desk.recall(clicked, stored, "", "de")) == [{"history": history(stored)}]


@pytest.mark.parametrize("stored", [None, "x", {}, [None], [{"id": "0123abcd"}]])
def test_recall_and_rename_take_whatever_the_browser_holds(shared_desk, stored):
    assert list(shared_desk.recall("gespraech-0123abcd", stored, "", "de")) == [{"history": notice("no_conversation")}]
    assert shared_desk.rename("Neu", "0123abcd", stored, "", "de") == {
        "stored": [],
        "history": notice("no_conversation"),
        "naming": Visible(False),
    }
