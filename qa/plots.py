"""Draws the plots of an evaluation as SVG for an HTML page, from which they take colours and fonts."""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from lxml import etree

from index.files import printable
from qa import render
from qa.results import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from qa.measures import Bin

# What is drawn in these colours gets those of the page, which knows whether it is light or dark.
_INK, _ACCENT, _QUIET, _AREA = "#1c1917", "#1f4e8c", "#78716c", "#c5d4e8"
_PAGE_COLOURS = {_INK: "currentColor", _ACCENT: "var(--akzent)", _QUIET: "var(--leise)", _AREA: "var(--flaeche)"}
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "belegstelle",
    "text.parse_math": False,  # a dollar sign is one
    "font.family": "serif",
    "font.size": 9,
    "text.color": _INK,
    "axes.edgecolor": _QUIET,
    "axes.labelcolor": _INK,
    "axes.linewidth": 0.6,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
}
_WIDTH, _HEIGHT, _TALL = 4.4, 2.7, 3.3  # inches, of which one is 72 units of the drawing
_COLUMNS = 24
_LINES = ("-", "--")
_FEW = 30  # points that are drawn one by one
_LONGEST_LABEL = 26  # characters
_KEPT = {"fill", "fill-opacity", "font-size", "opacity", "stroke", "stroke-dasharray", "stroke-width", "text-anchor"}
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_DECIMALS = re.compile(r"\d+\.\d+")
_REFERENCE = re.compile(r"#([\w.-]+)")


def risk_coverage(
    points: Sequence[tuple[float, float]],
    *,
    name: str,
    label: str,
    operating: tuple[float, float] | None,
    here: str,
    across: str,
    up: str,
    language: str,
) -> str:
    """The share of wrong answers when only the surest questions are answered; points are (coverage, risk).

    `operating` is the point of what was really answered, `here` its name;
    `name` sets the drawing's ids apart from those of others on the page, `label` is its text for a screen reader.
    """
    with _drawing(name, label, height=_TALL) as (axes, svg):
        marker = "o" if len(points) <= _FEW else ""
        axes.plot(*zip(*points, strict=True), color=_ACCENT, linewidth=1.6, marker=marker, markersize=4)
        if operating:
            axes.plot(*operating, "o", color=_INK, fillstyle="none", markersize=10, label=_label(here), clip_on=False)
            _legend(axes)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, max(0.05, 1.1 * max(risk for _, risk in points)))
        _in_percent(axes.xaxis, language, _SHARES)
        _in_percent(axes.yaxis, language)
        _titles(axes, across, up)
    return svg[0]


def reliability(
    bins: Sequence["Bin"], *, name: str, label: str, across: str, up: str, count: str, language: str
) -> str:
    """How often the answers of like confidence are right, above how many there are of each."""
    used = [one for one in bins if one.count]
    with _figure(name, label, height=_TALL) as (figure, svg):
        above, below = figure.subplots(2, sharex=True, height_ratios=(4, 1))
        above.plot((0, 1), (0, 1), color=_QUIET, linewidth=0.8, dashes=(4, 3))
        means = [one.mean_confidence for one in used]
        above.plot(means, [one.share_right for one in used], color=_ACCENT, linewidth=1.6, marker="o", markersize=4)
        above.set_xlim(0, 1)
        above.set_ylim(0, 1.03)
        _in_percent(above.yaxis, language, _SHARES)
        below.bar(
            [(one.low + one.high) / 2 for one in used],
            [one.count for one in used],
            width=[0.9 * (one.high - one.low) for one in used],
            color=_AREA,
        )
        _in_whole_numbers(below.yaxis, parts=2)
        _in_percent(below.xaxis, language, _SHARES)
        _titles(above, "", up)
        _titles(below, across, count)
    return svg[0]


def ranks(counts: Sequence[tuple[str, int]], *, name: str, label: str, across: str, up: str) -> str:
    """How many questions have their first gold sentence at which rank; the last column is for those without."""
    with _drawing(name, label) as (axes, svg):
        colours = [*[_ACCENT] * (len(counts) - 1), _QUIET]
        bars = axes.bar(range(len(counts)), [count for _, count in counts], color=colours, width=0.72)
        axes.bar_label(bars, labels=[str(count) if count else "" for _, count in counts], padding=1, fontsize=8)
        axes.set_xticks(range(len(counts)), [text for text, _ in counts])
        axes.tick_params(axis="x", length=0)
        axes.margins(y=0.12)
        _in_whole_numbers(axes.yaxis)
        _titles(axes, across, up)
    return svg[0]


def times(
    seconds: Sequence[float], marks: Mapping[str, float], *, name: str, label: str, across: str, up: str, language: str
) -> str:
    """How many questions took how long; `marks` are seconds to be pointed out, with their names."""
    with _drawing(name, label) as (axes, svg):
        bins = binned(seconds)
        axes.bar(
            [(low + high) / 2 for low, high, _ in bins],
            [number for _, _, number in bins],
            width=[0.92 * (high - low) for low, high, _ in bins],
            color=_AREA,
        )
        axes.set_xlim(0, 1.02 * bins[-1][1])
        for (text, second), line in zip(marks.items(), _LINES, strict=False):
            axes.axvline(second, color=_ACCENT, linewidth=1.4, linestyle=line, label=_label(text))
        if marks:
            _legend(axes, columns=len(marks))
        digits = 2 if bins[-1][1] > 0.1 else 3
        axes.xaxis.set_major_formatter(lambda value, _: render.decimal(value, digits, language))
        _in_whole_numbers(axes.yaxis)
        _titles(axes, across, up)
    return svg[0]


def binned(seconds: Sequence[float]) -> list[tuple[float, float, int]]:
    """How many of some times lie between which bounds, in columns of one width from 0 to the longest."""
    counts, edges = np.histogram(seconds, bins=_COLUMNS, range=(0, max(*seconds, 1e-3)))
    return [(float(low), float(high), int(number)) for (low, high), number in zip(pairwise(edges), counts, strict=True)]


def by_group(rows: Sequence[tuple[str, Estimate]], *, name: str, label: str, across: str, language: str) -> str:
    """A share for each group with its interval, the first group on top."""
    with _drawing(name, label, height=max(1.2, 0.7 + 0.24 * len(rows))) as (axes, svg):
        places = range(len(rows), 0, -1)
        for place, (_, estimate) in zip(places, rows, strict=True):
            axes.plot((estimate.low, estimate.high), (place, place), color=_AREA, linewidth=6, solid_capstyle="butt")
        axes.plot(
            [estimate.value for _, estimate in rows], places, color=_ACCENT, linestyle="", marker="o", markersize=5
        )
        axes.set_yticks(places, [f"{_label(group)} ({estimate.count})" for group, estimate in rows])
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(0.4, len(rows) + 0.6)
        _in_percent(axes.xaxis, language, _SHARES)
        _titles(axes, across, "")
    return svg[0]


@contextmanager
def _drawing(name: str, label: str, *, height: float = _HEIGHT) -> Iterator[tuple["Axes", list[str]]]:
    """A drawing with one pair of axes."""
    with _figure(name, label, height=height) as (figure, svg):
        yield figure.subplots(), svg


@contextmanager
def _figure(name: str, label: str, *, height: float) -> Iterator[tuple["Figure", list[str]]]:
    """A figure to draw on; when it is done, its SVG stands in the list."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    svg: list[str] = []
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()  # not as somebody has set them on this computer
        mpl.rcParams.update(_SETTINGS)
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the browser has other fonts
        figure = Figure(figsize=(_WIDTH, height), facecolor="none", layout="constrained")
        FigureCanvasSVG(figure)
        yield figure, svg
        for axes in figure.axes:
            axes.set_facecolor("none")
        written = StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    svg.append(_for_page(written.getvalue(), name, label))


def _for_page(svg: str, name: str, label: str) -> str:
    """The drawing without what a page does not need, and without style attributes, which a strict page ignores."""
    root = etree.fromstring(svg.encode())
    etree.strip_elements(root, etree.Comment, "{*}metadata", "{*}style", with_tail=False)
    referred = {
        target for node in root.iter() for value in node.attrib.values() for target in _REFERENCE.findall(value)
    }
    ids = {node.get("id"): f"{name}-{number}" for number, node in enumerate(root.iter()) if node.get("id") in referred}
    for node in root.iter():
        node.tag = etree.QName(node).localname
        attributes = {etree.QName(key).localname: value for key, value in node.attrib.items()}
        attributes |= _presentation(attributes.pop("style", ""))
        attributes["id"] = ids.get(attributes.get("id"), "")
        for key in ("href", "clip-path"):
            attributes[key] = _REFERENCE.sub(lambda found: f"#{ids[found[1]]}", attributes.get(key, ""))
        attributes["d"] = _DECIMALS.sub(
            lambda found: f"{float(found[0]):.2f}", " ".join(attributes.get("d", "").split())
        )
        node.attrib.clear()
        node.attrib.update({key: value for key, value in attributes.items() if value})
    box = root.get("viewBox", "")
    root.attrib.clear()
    root.attrib.update({"viewBox": box, "fill": "currentColor", "role": "img", "aria-label": printable(label)})
    etree.cleanup_namespaces(root)
    return str(etree.tostring(root, encoding="unicode"))


def _presentation(style: str) -> dict[str, str]:
    """The declarations of a style attribute as attributes of their own, in the colours of the page."""
    declarations = (declaration.partition(":") for declaration in style.split(";"))
    found = {key.strip(): value.strip() for key, _, value in declarations}
    return {key: _PAGE_COLOURS.get(value, value) for key, value in found.items() if key in _KEPT}


def _titles(axes: "Axes", across: str, up: str) -> None:
    axes.set_xlabel(across)
    axes.set_ylabel(up)


def _legend(axes: "Axes", *, columns: int = 1) -> None:
    """What the signs mean, above the drawing, where no line crosses it."""
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=columns, frameon=False, fontsize=8)


def _in_percent(axis: Any, language: str, ticks: Sequence[float] = ()) -> None:
    if ticks:
        axis.set_ticks(ticks)
    axis.set_major_formatter(lambda value, _: render.percent(value, language))


def _in_whole_numbers(axis: Any, *, parts: int = 5) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=parts, integer=True))


def _label(text: str) -> str:
    """Text that fits beside a drawing and holds no character that SVG does not allow."""
    line = " ".join(printable(text).split())
    return line if len(line) <= _LONGEST_LABEL else line[: _LONGEST_LABEL - 1] + "…"
