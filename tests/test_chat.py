import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from helpers import CountingEmbedder, make_article, one_passage

from index.store import EVERYTHING, NewsIndex, Scope
from qa import chat
from qa.answers import Assistant
from qa.chat import KEPT_CONVERSATIONS, KEPT_TURNS, Kept, Turn, begun, steps
from qa.dialogue import Earlier, Understood
from qa.settings import Settings
from qa.types import Answer, Citation, Verdict

POOL = make_article("Das Bad öffnet am 2. Mai. Es hat 25 Bahnen.", title="Neues Bad", name="bad.txt")
CITED = tuple(Citation(marker, s, POOL, 0.5) for marker, s in enumerate(one_passage(POOL).sentences, start=1))
ANSWER = Answer("Wann öffnet das Bad?", "de", "…", "am 2. Mai", False, 0.5, CITED, (), None, 0.1)
REFUSAL = replace(ANSWER, text="Die Artikel sagen es nicht.", short_answer=None, abstained=True, citations=())
AT = datetime(2026, 2, 1, 14, 5, 9, 123456, tzinfo=UTC)
TIME = "2026-02-01T14:05:09+00:00"
SCOPE = Scope(publishers=("Bote",), since="2025-01-01")


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    (tmp_path / "bad.txt").write_text(f"Titel: {POOL.title}\n\n{POOL.text}\n", encoding="utf-8")
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    news_index.add([tmp_path / "bad.txt"])
    yield Assistant(news_index, settings=Settings(threshold=0.0))
    news_index.close()


def answered(number: int, asked: str, understood: str = "", *, answer: Answer = ANSWER) -> Turn:
    """A turn with an answer; `understood` is what it was made, if it was a follow-up."""
    carried = ("etwas",) if understood else ()
    return Turn(number, asked, Understood(understood or asked, carried), passages=(), answer=answer)


def conversation(number: int, *asked: str, title: str = "Bad") -> Kept:
    turns = [{"asked": question, "literal": False} for question in asked]
    return {"id": f"{number:08x}", "title": title, "at": TIME, "turns": turns}


# turns


@pytest.mark.parametrize(
    ("turns", "literal", "expected"),
    [
        ([], False, Turn(1, "und 2015?", Understood("und 2015?"), SCOPE)),
        (
            [answered(41, "Wie viele Lachse kamen 2014?")],
            False,
            Turn(42, "und 2015?", Understood("Wie viele Lachse kamen 2015?", ("Lachse kamen",)), SCOPE),
        ),
        ([answered(41, "Wie viele Lachse kamen 2014?")], True, Turn(42, "und 2015?", Understood("und 2015?"), SCOPE)),
        (
            [Turn(1, "Wie viele Lachse kamen 2014?", Understood("Wie viele Lachse kamen 2014?"), notice="failed")],
            False,
            Turn(2, "und 2015?", Understood("und 2015?"), SCOPE),
        ),
    ],
)
def test_begun_makes_a_follow_up_whole_unless_it_is_taken_literally(turns, literal, expected):
    assert begun(turns, "und 2015?", scope=SCOPE, literal=literal) == expected


@pytest.mark.parametrize(
    ("changes", "searches", "ended"),
    [
        ({}, True, False),
        ({"passages": ()}, False, False),
        ({"passages": (), "answer": ANSWER}, False, True),
        ({"notice": "stopped"}, False, True),
    ],
)
def test_turn_tells_how_far_it_is(changes, searches, ended):
    turn = replace(begun([], "Wer?"), **changes)
    assert (turn.searches, turn.ended) == (searches, ended)


def test_begun_searches_everything_where_no_scope_is_named():
    assert begun([], "Wer?").scope == EVERYTHING


def test_earlier_is_what_was_answered_with_its_first_citation():
    turns = [
        answered(1, "und das Bad?", "Wann öffnet das Bad?"),
        Turn(2, "", Understood(""), notice="empty_question"),
        answered(3, "Warum?", answer=REFUSAL),
        Turn(4, "Wer?", Understood("Wer?"), passages=()),
    ]
    assert chat.earlier(turns) == [
        Earlier("Wann öffnet das Bad?", "am 2. Mai", "Das Bad öffnet am 2. Mai.", "Neues Bad"),
        Earlier("Warum?", answered=False),
    ]


def test_steps_give_the_passages_and_then_the_answer(assistant):
    turn = begun([], "  Wann öffnet\ndas Bad? ")
    found = replace(turn, passages=tuple(assistant.retrieve("Wann öffnet das Bad?")))
    first, second = steps(assistant, turn)
    assert first == found
    answer = assistant.ask("Wann öffnet das Bad?")
    assert replace(second, answer=replace(second.answer, seconds=answer.seconds)) == replace(found, answer=answer)
    assert answer.citations[0].sentence.text == "Das Bad öffnet am 2. Mai."


MISSPELT, MEANT = "Wann öfnet das Bad mit 25 Bahnnen?", "Wann öffnet das Bad mit 25 Bahnen?"


def between(assistant: Assistant) -> Settings:
    """Settings with which the misspelt question is refused, and what is meant by it answered."""
    return Settings(threshold=(assistant.ask(MISSPELT).confidence + assistant.ask(MEANT).confidence) / 2)


def test_steps_of_a_refusal_end_with_what_a_misspelt_question_was_meant_to_be(assistant):
    assistant.settings = between(assistant)
    _, refused, offered = steps(assistant, begun([], MISSPELT))
    assert (refused.answer.abstained, refused.corrected) == (True, None)
    assert offered == replace(refused, corrected=MEANT)
    elsewhere = Scope(publishers=("Bote",))
    for turn in (begun([], MEANT), begun([], MISSPELT, scope=elsewhere)):  # not misspelt; not answered either way
        assert [stage.corrected for stage in steps(assistant, turn)] == [None, None]
    assistant.settings = Settings(threshold=1.1)
    assert [stage.corrected for stage in steps(assistant, begun([], MISSPELT))] == [None, None]


def test_steps_keep_a_refusal_where_its_spelling_cannot_be_looked_at(assistant, caplog):
    assistant.settings = between(assistant)

    class Broken:
        def corrected(self, question):
            raise MemoryError("no room")

    assistant._speller = Broken()
    with caplog.at_level(logging.ERROR):
        _, refused = steps(assistant, begun([], MISSPELT))
    assert (refused.answer.abstained, refused.notice) == (True, "")
    assert "no correction: no room" in caplog.text


def test_steps_name_the_articles_of_a_scope(assistant):
    [entry] = assistant.news_index.entries()
    turn = begun([], "Wann öffnet das Bad?", scope=Scope((entry.article.id, "bad.txt", "fort.txt")))
    *_, last = steps(assistant, turn)
    assert last.named == {entry.article.id: entry.article, "bad.txt": entry.article}
    assert [hit.article for hit in last.passages] == [entry.article]


def test_steps_that_nobody_goes_on_with_read_nothing(assistant):
    class Reader:
        name = "counting"
        read_questions = 0

        def load(self):
            pass

        def read(self, question, hits):
            self.read_questions += 1
            return [(Verdict(0.0, None, 0.0),) * len(hit.passage.sentences) for hit in hits]

    reader = Reader()
    going = steps(Assistant(assistant.news_index, reader=reader), begun([], "Wann öffnet das Bad?"))
    assert next(going).passages
    going.close()
    assert reader.read_questions == 0


def test_steps_of_a_scope_without_articles_end_with_a_refusal(assistant):
    turn = begun([], "Wann öffnet das Bad?", scope=SCOPE)
    first, second = steps(Assistant(assistant.news_index), turn)
    assert first == replace(turn, passages=())
    assert (second.passages, second.answer.abstained, second.answer.confidence) == ((), True, 0.0)


@pytest.mark.parametrize(
    ("asked", "shown", "notice", "found"),
    [
        ("", "", "empty_question", 0),
        (" \n\t ", " \n\t ", "empty_question", 0),
        (" ?!", " ?!", "empty_question", 2),
        (" " * 21, " " * 20, "empty_question", 0),
        ("x" * 21, "x" * 20, "long_question", 21),
        ("x  y" * 6, "x  yx  yx  yx  yx  y", None, 18),
    ],
)
def test_steps_of_a_question_that_cannot_be_asked_end_with_a_notice(assistant, asked, shown, notice, found):
    short = Assistant(assistant.news_index, settings=Settings(longest_question=20))
    turn = begun([], asked)
    [*_, last] = steps(short, turn)
    if notice is None:
        assert last.answer.question == "x yx yx yx yx yx y"
    else:
        assert last == replace(turn, asked=shown, notice=notice, told={"found": found, "allowed": 20})


def test_steps_tell_the_length_of_a_follow_up_that_becomes_too_long(assistant):
    short = Assistant(assistant.news_index, settings=Settings(longest_question=30))
    turn = begun([answered(1, "Wie viele Lachse kamen 2014 zurück?")], "und 2015?")
    assert list(steps(short, turn)) == [replace(turn, notice="long_question", told={"found": 35, "allowed": 30})]


def test_steps_of_an_empty_index_end_with_a_notice(tmp_path):
    news_index = NewsIndex.open_or_create(tmp_path / "leer", CountingEmbedder())
    turn = begun([], "Wer?")
    assert list(steps(Assistant(news_index), turn)) == [replace(turn, notice="empty_index")]
    news_index.close()


@pytest.mark.parametrize(
    ("embedder", "settings", "traced"),
    [
        (CountingEmbedder("ein anderes"), Settings(), False),
        (CountingEmbedder(), Settings(passages="viele"), True),  # type: ignore[arg-type]
    ],
)
def test_steps_that_fail_end_with_a_number_that_the_log_explains(assistant, caplog, embedder, settings, traced):
    news_index = NewsIndex(assistant.news_index.folder, embedder)
    turn = begun([], "Wer?")
    with caplog.at_level(logging.ERROR):
        [last] = steps(Assistant(news_index, settings=settings), turn)
    news_index.close()
    identity = str(last.told["id"])
    assert re.fullmatch("[0-9a-f]{8}", identity)
    assert last == replace(turn, notice="failed", told={"id": identity})
    [record] = caplog.records
    assert record.getMessage().startswith(f"error {identity}: ")
    assert bool(record.exc_info) == traced


# what the browser keeps


def test_kept_is_the_questions_that_were_answered():
    turns = [
        answered(1, "Wann öffnet das Bad?"),
        Turn(2, "x" * 2000, Understood("x" * 2001), notice="long_question"),
        answered(3, "und warum?", "Warum öffnet das Bad?"),
        Turn(4, "Wer?", Understood("Wer?"), notice="stopped"),
        answered(5, "Wie?", answer=REFUSAL),
    ]
    assert chat.kept(turns, "T" * 121, "0123abcd", AT) == {
        "id": "0123abcd",
        "title": "T" * 120,
        "at": TIME,
        "turns": [
            {"asked": "Wann öffnet das Bad?", "literal": True},
            {"asked": "und warum?", "literal": False},
            {"asked": "Wie?", "literal": True},
        ],
    }


def test_conversations_are_read_as_they_were_kept():
    turns = [answered(1, "Wann öffnet das Bad?"), answered(2, "und warum?", "Warum öffnet das Bad?")]
    stored = [chat.kept(turns, "<b>Bad</b>", "0123abcd", AT)]
    assert chat.conversations(stored) == stored


SCOPED = {"articles": ["a.txt"], "publishers": ["Bote"], "since": "2026-01-01", "until": None}


def test_conversations_keep_the_scope_of_a_question(assistant):
    scope = Scope(("a.txt",), ("Bote",), "2026-01-01", None)
    stored = [chat.kept([replace(answered(1, "Wer?"), scope=scope)], "Bad", "0123abcd", AT)]
    assert stored[0]["turns"] == [{"asked": "Wer?", "literal": True, "scope": SCOPED}]
    assert chat.conversations(stored) == stored
    assert [turn.scope for turn in list(chat.asked_again(assistant, stored[0]))[-1]] == [scope]


@pytest.mark.parametrize(
    "scope",
    [
        None,
        [],
        "alles",
        {},
        {**SCOPED, "articles": "a.txt"},
        {**SCOPED, "since": "2026-99-99"},
        {**SCOPED, "until": 5},
        {key: value for key, value in SCOPED.items() if key != "until"},
    ],
)
def test_conversations_leave_out_a_scope_that_is_none(scope):
    one = {**conversation(1), "turns": [{"asked": "Wer?", "literal": True, "scope": scope}]}
    assert chat.conversations([one]) == [{**one, "turns": [{"asked": "Wer?", "literal": True}]}]


@pytest.mark.parametrize("stored", [None, True, 5, 0.5, "[]", {}, conversation(1)])
def test_conversations_of_no_list_are_none(stored):
    assert chat.conversations(stored) == []


@pytest.mark.parametrize(
    "change",
    [
        *({"id": value} for value in (None, 1, "", "0123456", "012345678", "0123456G", "0123456\n", "../../ab")),
        *({"title": value} for value in (None, 7, ["Bad"])),
        *({"at": value} for value in (None, 0, "", "gestern", "2026-02-01", f"{TIME}\n", f"{TIME}<b>")),
        *({"at": f"{day}T10:00:00"} for day in ("2026-13-01", "2026-00-01", "2026-99-99", "20260-1-1", "٢٠٢٦-٠١-٠١")),
        *({"turns": value} for value in (None, 3, "Wer?", {}, {"asked": "Wer?"})),
        *({"turns": [value]} for value in (None, 3, "Wer?", [], {}, {"asked": None}, {"asked": ["Wer?"]}, {"x": ""})),
    ],
)  # fmt: skip
def test_conversations_leave_out_what_is_none(change):
    good = conversation(1, "Wer?")
    assert chat.conversations([{**good, **change}, good, None, [], "x", 4, {}]) == [good]


@pytest.mark.parametrize("missing", ["id", "title", "at", "turns"])
def test_conversations_leave_out_what_is_not_whole(missing):
    assert chat.conversations([{key: value for key, value in conversation(1).items() if key != missing}]) == []


def test_conversations_take_over_nothing_but_what_is_kept():
    turn = {"asked": "Wer \ud83d?", "literal": "yes", "notice": "<b>"}
    stored = {
        **conversation(1),
        "title": "\ud83d" + "T" * 200,
        "turns": [turn, {"asked": "", "literal": True}],
        "x": {},
    }
    assert chat.conversations([stored]) == [
        {
            "id": "00000001",
            "title": "?" + "T" * 119,
            "at": TIME,
            "turns": [{"asked": "Wer ??", "literal": False}, {"asked": "", "literal": True}],
        }
    ]


def test_conversations_are_no_more_and_no_longer_than_what_is_kept():
    asked = [f"{number}?" for number in range(KEPT_TURNS + 5)]
    many = [conversation(number, *asked) for number in range(KEPT_CONVERSATIONS + 5)]
    assert chat.conversations([{}, *many]) == [conversation(number, *asked[5:]) for number in range(KEPT_CONVERSATIONS)]


def test_with_conversation_puts_the_new_or_changed_one_first():
    first, second, changed = conversation(1), conversation(2), conversation(1, "Wer?")
    assert chat.with_conversation([], first) == [first]
    assert chat.with_conversation([first], second) == [second, first]
    assert chat.with_conversation([second, first], changed) == [changed, second]


def test_with_conversation_drops_the_oldest():
    many = [conversation(number) for number in range(KEPT_CONVERSATIONS)]
    assert chat.with_conversation(many, conversation(99)) == [conversation(99), *many[:-1]]


@pytest.mark.parametrize(
    ("find", "numbers"),
    [
        ("", [1, 2]),
        (" ", [1, 2]),
        ("BÄDER", [1]),
        ("baeder", [1]),
        ("wer mai", [1]),
        ("mai   sommer", [1]),
        ("strasse", [2]),
        ("STRAßE", [2]),
        ("turm sommer", []),
        ("?", [1, 2]),
        (".*", []),
    ],
)
def test_sifted_finds_all_words_in_names_and_questions(find, numbers):
    stored = [
        conversation(1, "Wer öffnet im Mai?", title="Bäder im Sommer"),
        conversation(2, "Wo steht der Turm?", title="Straße"),
    ]
    assert [one["id"] for one in chat.sifted(stored, find)] == [f"{number:08x}" for number in numbers]


@pytest.mark.parametrize(
    ("identity", "title", "expected"),
    [
        ("00000002", "  Der \n Turm ", "Der Turm"),
        ("00000002", "<b>", "<b>"),
        ("00000002", "x" * 121, "x" * 120),
        ("00000002", "Turm \udc00", "Turm ?"),
        ("00000002", " \n ", "alt"),
        ("00000002", "", "alt"),
        ("00000009", "Turm", "alt"),
    ],
)
def test_renamed_changes_one_name(identity, title, expected):
    stored = [conversation(1, title="alt"), conversation(2, "Wo?", title="alt")]
    before = [dict(one) for one in stored]
    change = {} if expected == "alt" else {"title": expected, "changed": TIME}
    assert chat.renamed(stored, identity, title, AT) == [stored[0], {**stored[1], **change}]
    assert stored == before


@pytest.mark.parametrize(("changed", "kept"), [(TIME, {"changed": TIME}), ("gestern", {}), (7, {}), (None, {})])
def test_conversations_keep_when_their_name_was_changed(changed, kept):
    assert chat.conversations([{**conversation(1), "changed": changed}]) == [{**conversation(1), **kept}]


def test_without_leaves_a_word_for_other_pages_which_is_no_conversation():
    stored = [conversation(1), conversation(2), conversation(3)]
    left = chat.without(stored, "00000002", AT)
    assert left == [stored[0], stored[2], {"id": "00000002", "at": TIME, "deleted": True}]
    assert chat.conversations(left) == [stored[0], stored[2]]


@pytest.mark.parametrize("text", ["", "Grünau 🏊", "e\u0301\u200d"])
def test_whole_leaves_text_alone(text):
    assert chat.whole(text) == text


def test_whole_replaces_half_characters():
    assert chat.whole("a\ud83db\udc00") == "a?b?"


def test_asked_again_answers_each_question_in_turn(assistant):
    one: Kept = {
        **conversation(1),
        "turns": [
            {"asked": "Wann öffnet das Bad im Mai?", "literal": True},
            {"asked": "und im Juni?", "literal": False},
            {"asked": "und im Juli?", "literal": True},
            {"asked": "", "literal": False},
        ],
    }
    *_, turns = chat.asked_again(assistant, one)
    assert [(turn.number, turn.understood.question, turn.notice) for turn in turns] == [
        (1, "Wann öffnet das Bad im Mai?", ""),
        (2, "Wann öffnet das Bad im Juni?", ""),
        (3, "und im Juli?", ""),
        (4, "", "empty_question"),
    ]
    assert [turn.answer.question for turn in turns[:3]] == [turn.understood.question for turn in turns[:3]]


def test_asked_again_shows_each_question_as_it_goes_on(assistant):
    stages = list(chat.asked_again(assistant, conversation(1, "Wann öffnet das Bad?", "Wann?")))
    assert [(len(turns), turns[-1].searches, turns[-1].ended) for turns in stages] == [
        (count, *state) for count in (1, 2) for state in ((True, False), (False, False), (False, True))
    ]


def test_asked_again_of_no_questions_is_empty(assistant):
    assert list(chat.asked_again(assistant, conversation(1))) == []


def test_asked_again_asks_no_more_than_are_kept(assistant):
    asked = [f"{number} Bahnen?" for number in range(KEPT_TURNS + 2)]
    *_, turns = chat.asked_again(assistant, conversation(1, *asked))
    assert [(turn.number, turn.asked) for turn in turns] == list(enumerate(asked[2:], start=1))
