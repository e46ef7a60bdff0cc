import json
from pathlib import Path

import pytest

from qa.answers import Assistant
from qa.examples import EXAMPLES

EXPECTED = json.loads((Path(__file__).parent / "data" / "example_questions.json").read_text(encoding="utf-8"))


def test_examples_are_those_with_a_known_answer():
    assert [expected["question"] for expected in EXPECTED] == list(EXAMPLES)


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: expected["question"][:30])
def test_examples_are_answered_by_the_first_citation_or_refused(sample_index, expected):
    answer = Assistant(sample_index).ask(expected["question"])
    if expected["article"] is None:
        assert answer.citations == ()
    else:
        assert answer.citations[0].article.name == expected["article"]
        assert expected["answer_contains"] in answer.citations[0].sentence.text
