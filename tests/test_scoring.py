import pytest
from helpers import CountingEmbedder

from index.store import NewsIndex
from qa.evaluation import estimates
from qa.question_files import Gold, Question
from qa.results import Outcome, Place
from qa.scoring import Library, answerable, ranking, same_sentence, score, shown_answer

BATH = "Das Bad öffnet im Mai. Es hat 25 Bahnen. Der Rat freut sich."
BOG = "Das Moor ist nass. Der Torf wächst."


@pytest.fixture
def library(tmp_path, write_article):
    """Two small articles, the second in a folder."""
    write_article("bad.txt", BATH)
    write_article("natur/moor.txt", BOG)
    news_index = NewsIndex.open_or_create(tmp_path / "index", CountingEmbedder())
    news_index.add([tmp_path / "news"])
    yield Library(news_index.catalogue)
    news_index.close()


def sentence_object(library: Library, name: str, text: str, *, chosen: bool = False, copies: tuple[str, ...] = ()):
    """A sentence of an article as answer objects have it."""
    [article] = library.named(name)
    start = article.text.index(text)
    place = {"article": article.name, "article_id": article.id, "start": start, "end": start + len(text)}
    return {**place, "sentence": text, "score": 0.5, "copies": list(copies), "chosen": chosen}


def passage_object(library: Library, name: str):
    [article] = library.named(name)
    place = {"article": article.name, "article_id": article.id, "start": 0, "end": len(article.text)}
    return {**place, "score": 0.5}


def answer_object(**fields):
    """An answer object, refused where nothing else is said."""
    empty = {"answer": "Dazu steht nichts da.", "short_answer": None, "abstained": True, "confidence": 0.1}
    return {**empty, "citations": [], "passages": [], "sentences": [], "conflict": None, "seconds": 0.1, **fields}


def cited(library: Library, *sentences: tuple[str, str], short_answer: str | None = None, **fields):
    """An answer object that cites these sentences, and whose passages are the articles in this order."""
    citations = [sentence_object(library, name, text, chosen=True) for name, text in sentences]
    return answer_object(
        answer=" ".join(f"{text} [{number}]" for number, (_, text) in enumerate(sentences, start=1)),
        short_answer=short_answer,
        abstained=False,
        citations=citations,
        sentences=citations,
        passages=[passage_object(library, name) for name in dict.fromkeys(name for name, _ in sentences)],
        **fields,
    )


LANES = Question(
    "q1",
    "Wie viele Bahnen hat das Bad?",
    answerable=True,
    answers=("25 Bahnen", "25"),
    gold=(Gold("bad.txt", "Es hat 25 Bahnen."),),
    type="number",
    language="de",
)


def test_score_of_a_right_answer(library):
    answer = cited(library, ("bad.txt", "Es hat 25 Bahnen."), short_answer="25")
    [scored] = score([LANES], [answer], library)
    start = BATH.index("Es hat")
    assert scored.outcome is Outcome.RIGHT
    assert scored.gold == (Place("bad.txt", start, start + 17, "Es hat 25 Bahnen."),)
    assert scored.right
    assert scored.groups == {
        "answerable": "yes",
        "type": "number",
        "lang": "de",
        "length": "5-8",
        "article": "bad.txt",
    }
    assert scored.relevant == {
        "passage": {f"bad.txt:0-{len(BATH)}": 1},
        "sentence": {f"bad.txt:{start}-{start + 17}": 1},
        "article": {"bad.txt": 1},
    }
    ones = {name: value for name, value in scored.values.items() if value == 1.0}
    assert scored.values == {**ones, "answerable_refused": 0.0, "chrf": 100.0}
    assert {"exact_match", "first_citation", "sentence_mrr", "passage_map", "quotations_exact"} <= ones.keys()


@pytest.mark.parametrize(
    ("sentences", "outcome", "first", "any_", "precision"),
    [
        ([("bad.txt", "Es hat 25 Bahnen."), ("bad.txt", "Der Rat freut sich.")], Outcome.RIGHT, 1.0, 1.0, 0.5),
        ([("bad.txt", "Der Rat freut sich."), ("bad.txt", "Es hat 25 Bahnen.")], Outcome.LATER, 0.0, 1.0, 0.5),
        ([("natur/moor.txt", "Der Torf wächst.")], Outcome.WRONG, 0.0, 0.0, 0.0),
    ],
)
def test_score_judges_by_which_citation_is_gold(library, sentences, outcome, first, any_, precision):
    [scored] = score([LANES], [cited(library, *sentences)], library)
    assert scored.outcome is outcome
    values = scored.values
    assert (values["first_citation"], values["any_citation"], values["citation_precision"]) == (first, any_, precision)
    assert scored.right is bool(any_)


def test_score_counts_a_refused_question_as_wrong_but_tells_what_it_would_have_cited(library):
    best = sentence_object(library, "bad.txt", "Es hat 25 Bahnen.", chosen=True)
    answer = answer_object(sentences=[best], passages=[passage_object(library, "bad.txt")])
    [scored] = score([LANES], [answer], library)
    assert scored.outcome is Outcome.REFUSED
    assert scored.right
    names = ("exact_match", "containment", "first_citation", "citation_f1", "answerable_refused", "best_sentence")
    assert [scored.values[name] for name in names] == [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    assert scored.values["passage_success@1"] == 1.0


@pytest.mark.parametrize(
    ("answered", "outcome", "match", "recall"),
    [(False, Outcome.REFUSED_RIGHTLY, 1.0, 1.0), (True, Outcome.SHOULD_REFUSE, 0.0, 0.0)],
)
def test_score_of_an_unanswerable_question(library, answered, outcome, match, recall):
    question = Question("q1", "Wie tief ist das Bad?", answerable=False)
    answer = cited(library, ("bad.txt", "Es hat 25 Bahnen.")) if answered else answer_object()
    [scored] = score([question], [answer], library)
    assert scored.outcome is outcome
    assert (scored.values["exact_match"], scored.values["refusal_recall"]) == (match, recall)
    assert not {"first_citation", "passage_mrr", "answerable_refused", "containment"} & scored.values.keys()
    assert not scored.right


def test_score_keeps_failed_questions_in_every_denominator(library):
    [scored] = score([LANES], [answer_object(error="too long")], library)
    assert scored.outcome is Outcome.FAILED
    assert scored.values["answerable_refused"] == 1.0
    assert all(value == 0.0 for name, value in scored.values.items() if name != "answerable_refused")
    assert {"passage_mrr", "sentence_map", "f1", "first_citation", "citation_f1"} <= scored.values.keys()
    assert "citation_precision" not in scored.values  # there is no such thing where nothing is cited


def test_score_makes_no_merit_of_a_question_that_failed_where_nothing_answers_it(library):
    question = Question("q1", "Wie tief ist das Bad?", answerable=False)
    [scored] = score([question], [answer_object(error="too long")], library)
    assert scored.outcome is Outcome.FAILED
    assert (scored.values["exact_match"], scored.values["f1"], scored.values["refusal_recall"]) == (0.0, 0.0, 0.0)
    refused, asked = (
        score([one], [answer], library)[0]
        for one, answer in ((question, answer_object(confidence=0.1)), (LANES, answer_object(confidence=0.5)))
    )
    measured = estimates([scored, refused, asked])
    # of the two refusals one was right; the failure counts as trusted most, so that one of two pairs is in order
    assert (measured["refusal_precision"].value, measured["auroc"].value) == (0.5, 0.5)
    assert measured["seconds_p50"].count == 2


def test_score_counts_gold_that_the_index_lacks_as_never_found(library):
    question = Question("q1", "Wer?", gold=(Gold("bad.txt", "Es hat 25 Bahnen."), Gold("weg.txt", "Der Rat.")))
    [scored] = score([question], [cited(library, ("bad.txt", "Es hat 25 Bahnen."))], library)
    assert scored.values["sentence_recall@10"] == 0.5
    assert scored.values["article_recall@10"] == 0.5
    assert len(scored.gold) == 1


def test_score_wants_all_gold_sentences_where_all_are_needed(library):
    gold = (Gold("bad.txt", "Es hat 25 Bahnen."), Gold("bad.txt", "Der Rat freut sich."))
    answer = cited(library, ("bad.txt", "Es hat 25 Bahnen."))
    one_of, all_of = (Question("q1", "Was?", gold=gold, all_needed=needed) for needed in (False, True))
    recalls = [one.values["citation_recall"] for one in score([one_of, all_of], [answer, answer], library)]
    assert recalls == [1.0, 0.5]


def test_score_takes_a_near_copy_of_the_gold_article_for_it(library):
    gold = Question("q1", "Was wächst?", gold=(Gold("bad.txt", "Der Torf wächst."),))
    copy = sentence_object(library, "natur/moor.txt", "Der Torf wächst.", chosen=True, copies=("bad.txt",))
    answer = cited(library, ("natur/moor.txt", "Der Torf wächst.")) | {"citations": [copy], "sentences": [copy]}
    [scored] = score([gold], [answer], library)
    assert scored.outcome is Outcome.RIGHT


@pytest.mark.parametrize("name", ["moor.txt", "natur/moor.txt", "moor"])
def test_score_finds_articles_by_name_with_or_without_folders_and_ending(library, name):
    question = Question("q1", "Was ist nass?", gold=(Gold(name, "Das Moor ist nass."),))
    [scored] = score([question], [cited(library, ("natur/moor.txt", "Das Moor ist nass."))], library)
    assert scored.outcome is Outcome.RIGHT
    assert scored.relevant["article"] == {"natur/moor.txt": 1}
    assert scored.values["sentence_mrr"] == 1.0


def test_score_judges_questions_without_gold_sentences_by_their_answers(library):
    question = Question("q1", "Wie viele Bahnen?", answers=("25",))
    right, wrong = cited(library, ("bad.txt", "Es hat 25 Bahnen.")), cited(library, ("bad.txt", "Der Rat freut sich."))
    scored = score([question, question], [right, wrong], library)
    assert [(one.outcome, one.right) for one in scored] == [(Outcome.RIGHT, True), (Outcome.WRONG, False)]
    assert "first_citation" not in scored[0].values


def test_score_of_a_question_that_nothing_is_known_of(library):
    [scored] = score([Question("q1", "Wer freut sich?")], [cited(library, ("bad.txt", "Der Rat freut sich."))], library)
    assert scored.outcome is Outcome.UNJUDGED
    assert scored.values == {"quotations_exact": 1.0}
    assert scored.groups == {"lang": "de", "length": "1-4"}


def test_score_ranks_judged_articles_by_their_grades(library):
    question = Question("q1", "Moor oder Bad?", relevant=(("moor.txt", 2), ("bad.txt", 1)))
    answer = cited(library, ("bad.txt", "Der Rat freut sich."), ("natur/moor.txt", "Der Torf wächst."))
    [scored] = score([question], [answer], library)
    assert scored.relevant == {"passage": {}, "sentence": {}, "article": {"natur/moor.txt": 2, "bad.txt": 1}}
    # the gains 1 and 2 in this order against the best order: (1 + 2 / log2(3)) / (2 + 1 / log2(3)) = 0.8597
    assert scored.values["article_ndcg@10"] == pytest.approx(0.8597, abs=1e-4)
    assert "passage_mrr" not in scored.values


def test_score_notices_a_quotation_that_is_not_what_the_article_says(library):
    answer = cited(library, ("bad.txt", "Es hat 25 Bahnen."), ("bad.txt", "Der Rat freut sich."))
    answer["citations"] = [{**answer["citations"][0], "sentence": "Es hat 26 Bahnen."}, answer["citations"][1]]
    [scored] = score([LANES], [answer], library)
    assert scored.values["quotations_exact"] == 0.5


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, ""),
        ({"abstained": False, "short_answer": "25", "citations": [{"sentence": "Es hat 25 Bahnen."}]}, "25"),
        ({"abstained": False, "citations": [{"sentence": "Es hat 25 Bahnen."}]}, "Es hat 25 Bahnen."),
    ],
)
def test_shown_answer_is_the_short_one_or_the_first_citation(fields, shown):
    assert shown_answer(answer_object(**fields)) == shown


def test_ranking_of_articles_names_each_once_with_its_best_score():
    passages = [{"article": name, "score": score} for name, score in (("a", 0.9), ("b", 0.8), ("a", 0.7))]
    assert ranking("article", answer_object(passages=passages)) == [("a", 0.9), ("b", 0.8)]


@pytest.mark.parametrize(
    ("question", "known"),
    [
        (Question("q", "Wer?"), None),
        (Question("q", "Wer?", answers=("Weber",)), True),
        (Question("q", "Wer?", relevant=(("a.txt", 1),)), True),
        (Question("q", "Wer?", answerable=False), False),
    ],
)
def test_answerable_follows_from_what_a_question_file_tells(question, known):
    assert answerable(question) is known


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ("Es hat  25\nBahnen.", "Es hat 25 Bahnen.", True),
        ("Es hat 25 Bahnen. Der Rat freut sich.", "Es hat 25 Bahnen.", True),
        ("Es hat 25 Bahnen.", "Es hat 26 Bahnen.", False),
        ("", "Es hat 25 Bahnen.", False),
    ],
)
def test_same_sentence_minds_neither_white_space_nor_where_it_was_split(text, other, same):
    assert same_sentence(text, other) is same
