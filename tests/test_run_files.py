import csv
import io
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import ir_measures
import numpy as np
import pytest

from qa.run_files import csv_table, trec_qrels, trec_run


def test_trec_run_writes_a_line_for_each_ranked_id():
    rankings = [("q1", [("a.txt", 0.75), ("b.txt", 0.5)]), ("q2", []), ("q3", [("a.txt", -2.5)])]
    assert list(trec_run(rankings, "belegstelle")) == [
        "q1 Q0 a.txt 1 0.75 belegstelle\n",
        "q1 Q0 b.txt 2 0.5 belegstelle\n",
        "q3 Q0 a.txt 1 -2.5 belegstelle\n",
    ]


@pytest.mark.parametrize(
    "scores",
    [
        [0.8, 0.8, 0.8, 0.79],
        [0.0, 0.0, -0.0],
        [0.5, 0.9, 0.7],  # by another measure than the order
        [0.1, 0.1 - 1e-12, 0.1 - 2e-12],  # equal in single precision
        [1e9, 1e9, 1e9 - 1],
        [-3.0, -3.0, 1e-40],
        [1e-30, 1e-30],
        [2, 2, 1],
    ],
)
def test_trec_run_keeps_the_order_whatever_the_scores(scores):
    # backwards by name, so that the ids would break ties the other way
    documents = [f"d{9 - number}" for number in range(len(scores))]
    lines = list(trec_run([("q", list(zip(documents, scores, strict=True)))], "x"))
    written = [line.split()[4] for line in lines]
    assert [line.split()[2] for line in lines] == documents
    assert [line.split()[3] for line in lines] == [str(rank) for rank in range(1, len(scores) + 1)]
    for reading in (float, np.float32):
        assert all(first > second for first, second in pairwise(map(reading, written)))


def test_trec_run_leaves_an_id_out_that_comes_again():
    lines = list(trec_run([("q", [("a", 0.9), ("b", 0.8), ("a", 0.7), ("c", 0.6)])], "x"))
    assert lines == ["q Q0 a 1 0.9 x\n", "q Q0 b 2 0.8 x\n", "q Q0 c 3 0.6 x\n"]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Neues Bad.txt", "Neues%20Bad.txt"),
        ("100%.txt", "100%25.txt"),
        ("a%20b.txt", "a%2520b.txt"),
        ("Bücher/öffentlich.txt", "Bücher/öffentlich.txt"),
        ("a\tb\nc\u2028d\xa0e\0f", "a%09b%0Ac%E2%80%A8d%C2%A0e%00f"),
    ],
)
def test_trec_files_have_ids_without_white_space_that_can_be_put_back(name, written):
    [run] = trec_run([(name, [(name, 1)])], name)
    [judgement] = trec_qrels([(name, {name: 2})])
    assert run == f"{written} Q0 {written} 1 1.0 {written}\n"
    assert judgement == f"{written} 0 {written} 2\n"
    assert unquote(written) == name


def test_trec_files_are_read_by_ir_measures(tmp_path: Path):
    rankings = [("q 1", [("z.txt", 0.5), ("a b.txt", 0.5)]), ("q2", [("x.txt", 3.0)])]
    run, qrels = tmp_path / "run.trec", tmp_path / "qrels.trec"
    run.write_text("".join(trec_run(rankings, "x")), encoding="utf-8")
    qrels.write_text("".join(trec_qrels([("q 1", {"z.txt": 1}), ("q2", {"y.txt": 1})])), encoding="utf-8")
    read = list(ir_measures.read_trec_run(str(run)))
    assert [(one.query_id, one.doc_id) for one in read] == [("q%201", "z.txt"), ("q%201", "a%20b.txt"), ("q2", "x.txt")]
    judged = ir_measures.read_trec_qrels(str(qrels))
    assert ir_measures.calc_aggregate([ir_measures.RR], judged, read) == {ir_measures.RR: 0.5}


def test_csv_table_has_the_columns_of_all_rows():
    rows = [{"id": "q1", "f1": 0.5}, {"id": "q2", "type": "when", "f1": None}, {"count": 3, "id": "q3"}]
    text = csv_table(rows)
    assert text == '"id","f1","type","count"\n"q1",0.5,"",""\n"q2","","when",""\n"q3","","",3\n'
    assert list(csv.DictReader(io.StringIO(text))) == [
        {"id": "q1", "f1": "0.5", "type": "", "count": ""},
        {"id": "q2", "f1": "", "type": "when", "count": ""},
        {"id": "q3", "f1": "", "type": "", "count": "3"},
    ]


def test_csv_table_of_nothing_is_empty():
    assert csv_table([]) == ""


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49 170", "'+49 170"),
        ("-0.5", "'-0.5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        (Path("=1"), "'=1"),
        (-0.5, "-0.5"),
        (-3, "-3"),
        (True, "True"),
        ("a=1", "a=1"),
        ("'x", "'x"),
        ("", ""),
        ('Er sagte: "Ja", und ging;\nsie nicht.', 'Er sagte: "Ja", und ging;\nsie nicht.'),
    ],
)
def test_csv_table_makes_formulas_harmless(value, written):
    text = csv_table([{"x": value, "y": "z"}])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["x", "y"], [written, "z"]]


def test_csv_table_opens_no_formula_where_semicolons_separate_cells():
    text = csv_table([{"=a": 'x;=1+1;"=2', "b": 1}])
    assert list(csv.reader(io.StringIO(text), delimiter=";"))[1] == ['x;=1+1;"=2,1']
    assert text.startswith('"\'=a",')
