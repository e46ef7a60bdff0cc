import re

import pytest
from lxml import etree

from qa import plots
from qa.measures import Bin
from qa.results import Estimate

HOSTILE = "<script>alert(1)</script> $x$ & \"' \x00\x1b\u202e\ud83d"
WORDS = {"name": "bild", "label": "Was zu sehen ist"}
ALLOWED = {
    *("aria-label", "class", "clip-path", "d", "fill", "fill-opacity", "font-size", "height", "href", "id", "opacity"),
    *("role", "stroke", "stroke-dasharray", "stroke-width", "text-anchor", "transform", "viewBox", "width", "x", "y"),
}


def risk_coverage(**more):
    points = [(0.25, 0.0), (0.5, 0.5), (1.0, 0.25)]
    words = {"across": "beantwortet", "up": "falsch", "here": "so gelaufen", "language": "de"}
    return plots.risk_coverage(points, **WORDS | words | {"operating": (0.5, 0.5)} | more)


def reliability(**more):
    bins = [Bin(0.1, 0.2, 0.15, 0.0, 3), Bin(0.9, 1.0, 0.97, 1.0, 8)]
    return plots.reliability(bins, across="Sicherheit", up="richtig", count="Fragen", language="de", **WORDS | more)


def ranks(**more):
    return plots.ranks([("1", 60), ("2", 0), ("keiner", 7)], across="Rang", up="Fragen", **WORDS | more)


def times(**more):
    marks = {"die Hälfte: 0,20 s": 0.2, "95 von 100: 0,90 s": 0.9}
    return plots.times([0.1, 0.2, 0.9], marks, across="Sekunden", up="Fragen", language="de", **WORDS | more)


def by_group(**more):
    rows = [("wer", Estimate(0.8, 0.6, 1.0, 12)), ("wann", Estimate(0.5, 0.25, 0.75, 20))]
    return plots.by_group(rows, across="Anteil", language="de", **WORDS | more)


ALL = [risk_coverage, reliability, ranks, times, by_group]


def texts(svg):
    return [node.text for node in etree.fromstring(svg).iter("text")]


@pytest.mark.parametrize("draw", ALL)
def test_plots_are_images_with_a_text_for_a_screen_reader(draw):
    root = etree.fromstring(draw())
    assert (root.tag, root.get("role"), root.get("aria-label")) == ("svg", "img", "Was zu sehen ist")


@pytest.mark.parametrize("draw", ALL)
def test_plots_hold_nothing_that_a_strict_page_ignores_or_that_leads_elsewhere(draw):
    root = etree.fromstring(draw())
    assert {key for node in root.iter() for key in node.attrib} <= ALLOWED
    assert {node.tag for node in root.iter()} <= {"svg", "g", "defs", "path", "use", "text", "clipPath", "rect"}
    assert "http" not in draw()


@pytest.mark.parametrize("draw", ALL)
def test_plots_take_their_colours_from_the_page(draw):
    colours = {node.get(key) for node in etree.fromstring(draw()).iter() for key in ("fill", "stroke")}
    assert colours <= {None, "none", "currentColor", "var(--akzent)", "var(--leise)", "var(--flaeche)"}
    assert "var(--akzent)" in colours


@pytest.mark.parametrize("draw", ALL)
def test_plots_are_the_same_each_time_they_are_drawn(draw):
    assert draw() == draw()


@pytest.mark.parametrize("draw", ALL)
def test_plots_on_one_page_share_no_ids(draw):
    svg = draw(name="eins")
    ids = re.findall(r' id="([^"]*)"', svg)
    assert ids
    assert all(re.fullmatch(r"eins-\d+", one) for one in ids)
    assert len(set(ids)) == len(ids)
    assert set(re.findall(r"#([\w-]+)", svg)) == set(ids)  # each is referred to, and nothing else is


@pytest.mark.parametrize("draw", ALL)
def test_plots_escape_their_label(draw):
    [root] = [node for node in etree.fromstring(draw(label=HOSTILE)).iter() if node.get("aria-label")]
    assert root.get("aria-label") == "<script>alert(1)</script> $x$ & \"' \\x00\\x1b\\u202e\\ud83d"


def test_by_group_shows_hostile_names_as_text_cut_to_fit():
    rows = [(HOSTILE, Estimate(0.5, 0.0, 1.0, 1)), ("日本 $\\frac$", Estimate(1.0, 1.0, 1.0, 2))]
    svg = plots.by_group(rows, across="Anteil", language="de", **WORDS)
    named = [text for text in texts(svg) if text.endswith(")")]
    assert named == ["<script>alert(1)</script>… (1)", "日本 $\\frac$ (2)"]


def test_ranks_tell_the_counts_above_their_columns():
    numbers = [text for text in texts(ranks()) if text in ("60", "7", "1", "2", "keiner")]
    assert numbers == ["1", "2", "keiner", "60", "60", "7"]  # below the columns, beside them, above them


@pytest.mark.parametrize(("language", "half"), [("de", "50\N{NO-BREAK SPACE}%"), ("en", "50%")])
def test_risk_coverage_writes_percentages_as_the_language_does(language, half):
    assert half in texts(risk_coverage(language=language))


def test_risk_coverage_rings_what_was_really_answered():
    with_ring, without = risk_coverage(), risk_coverage(operating=None)
    assert ("so gelaufen" in texts(with_ring), "so gelaufen" in texts(without)) == (True, False)


def test_times_tell_what_their_lines_mean():
    assert {"die Hälfte: 0,20 s", "95 von 100: 0,90 s"} <= set(texts(times()))


def test_times_tell_short_ones_apart():
    svg = plots.times([0.02], {}, across="Sekunden", up="Fragen", language="de", **WORDS)
    assert "0,005" in texts(svg)


def test_times_of_nothing_but_zeros_are_drawn():
    assert plots.times([0.0, 0.0], {}, across="Sekunden", up="Fragen", language="de", **WORDS).startswith("<svg")


def test_binned_counts_times_in_columns_from_zero_to_the_longest():
    bins = plots.binned([0.0, 0.1, 2.4])
    assert (len(bins), bins[0][0], bins[-1][1]) == (24, 0.0, 2.4)
    assert [number for _, _, number in bins] == [1, 1, *[0] * 21, 1]
