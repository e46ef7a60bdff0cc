"""Writes an evaluation as one HTML file that needs nothing else: `report.html`.

Whatever comes from an article, a file name or a question is put into the template as text, which escapes it; style and
script are constants, and the page allows no others.
"""

from base64 import b64encode
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import islice
from math import ceil, isfinite, log10
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from index.errors import InputInvalid
from index.sentences import split_sentences
from index.types import Article, Sentence
from qa import measures, plots, render
from qa.report_words import MEASURE_WORDS, OUTCOMES, REPORT, RUN_WORDS, SIGNS, TYPES
from qa.results import LEVELS, MEASURES, Estimate, Evaluation, Outcome, Place, Scored
from qa.scoring import answerable, failed, is_gold, same_sentence

_PAGE = Path(__file__).parent / "report_page"
_HEAD = (
    *("first_citation", "any_citation", "refusal_recall", "answerable_refused", "auroc", "calibration_error"),
    *("exact_match", "seconds_p50"),
)
_OF_GROUPS = (
    *("first_citation", "any_citation", "passage_recall@10", "article_success@10", "f1_german"),
    *("refusal_recall", "answerable_refused"),
)
_SECTIONS: Mapping[str, tuple[str, ...]] = {
    **{f"of_{level}": tuple(name for name in MEASURES if name.startswith(f"{level}_")) for level in LEVELS},
    "of_answers": ("exact_match", "f1", "exact_match_german", "f1_german", "containment", "chrf"),
    "of_citations": (
        *("first_citation", "any_citation", "citation_precision", "citation_recall", "citation_f1"),
        *("best_sentence", "one_of_three", "quotations_exact"),
    ),
    "of_refusal": (
        *("refusal_precision", "refusal_recall", "answerable_refused", "auroc", "aurc", "calibration_error"),
    ),
    "of_conflicts": ("conflict_precision", "conflict_recall"),
    "of_speed": ("seconds_p50", "seconds_p95"),
}
_NO_SHARES = ("_mrr", "_ndcg@10", "_map", "f1", "f1_german", "citation_f1", "auroc", "aurc", "calibration_error")
_DIMENSIONS = {
    "type": "by_type_short",
    "lang": "by_lang",
    "length": "by_length",
    "answerable": "by_answerable",
    "article": "by_article",
}
_FILTERS = {"type": "type", "lang": "language", "answerable": "answerable", "length": "length"}
_OF_FEW = 200  # passages in an index from which ten are easily found
_GIVEN = (Outcome.RIGHT, Outcome.LATER, Outcome.WRONG, Outcome.SHOULD_REFUSE)  # an answer that can be judged
_LONG_TABLE = 12  # rows from which a table of groups is closed at first
_DRAWN_GROUPS = 15
_EXCERPT = 90  # characters of a passage
_QUESTION = 500  # characters of a question
_SNIPPET = 260  # characters of what is said where the first questions are listed
# what HTML does not allow, or no browser shows
_CONTROLS = dict.fromkeys([*range(9), 11, 12, 13, *range(14, 32), *range(127, 160)], " ")


# what to look at first


def first_to_look_at(scored: Sequence[Scored], count: int = 5) -> list[tuple[Scored, str]]:
    """The questions that are most worth a look, each with the key of the reason.

    Those with a wrong sentence come first, then those that should have been refused, those whose gold sentence was not
    retrieved, those that could not be asked, and those refused although the best sentence was gold; within a kind the
    surest first. The kinds take turns until all places are taken.
    """
    by_kind: list[list[tuple[Scored, str]]] = []
    for kind in (_wrong, _should_refuse, _not_retrieved, _not_asked, _refused_though_first):
        found = [(one, reason) for one in scored if (reason := kind(one))]
        by_kind.append(sorted(found, key=lambda pair: -pair[0].answer["confidence"]))
    chosen: dict[str, tuple[int, int, Scored, str]] = {}  # by id of the question
    for _ in range(count):
        for number, candidates in enumerate(by_kind):
            free = ((place, pair) for place, pair in enumerate(candidates) if pair[0].question.id not in chosen)
            for place, (one, reason) in islice(free, 1 if len(chosen) < count else 0):
                chosen[one.question.id] = (number, place, one, reason)
    ordered = sorted(chosen.values(), key=lambda entry: entry[:2])
    return [(one, reason) for _, _, one, reason in ordered]


def _wrong(one: Scored) -> str | None:
    if one.outcome is not Outcome.WRONG:
        return None
    return "wrong" if one.question.gold else "wrong_text"


def _should_refuse(one: Scored) -> str | None:
    return "should_refuse" if one.outcome is Outcome.SHOULD_REFUSE else None


def _not_retrieved(one: Scored) -> str | None:
    if one.outcome not in (Outcome.WRONG, Outcome.REFUSED) or not one.question.gold:
        return None
    if not one.gold:
        return "not_in_index"
    retrieved = gold_rank(one) or any(
        _holds(passage, place) for passage in one.answer["passages"] for place in one.gold
    )
    return None if retrieved else "not_retrieved"


def _not_asked(one: Scored) -> str | None:
    return "failed" if one.outcome is Outcome.FAILED else None


def _refused_though_first(one: Scored) -> str | None:
    return "refused" if one.outcome is Outcome.REFUSED and gold_rank(one) == 1 else None


def gold_rank(one: Scored) -> int | None:
    """The rank, from 1, of the first gold sentence among those in the answer object; None if none is there."""
    ranks = (rank for rank, sentence in enumerate(one.answer["sentences"], start=1) if is_gold(one.question, sentence))
    return next(ranks, None)


def _holds(passage: Mapping[str, Any], place: Place) -> bool:
    return bool(passage["article"] == place.article and passage["start"] <= place.start and place.end <= passage["end"])


# the page


def report(
    evaluation: Evaluation,
    articles: Mapping[str, Article],
    *,
    language: str = "de",
    chat: str = "http://127.0.0.1:7860",
) -> str:
    """An evaluation as an HTML page in German or English; `articles` by file name, those that are cited or gold.

    An article that is missing, or has changed since, costs the text around its quotations. `chat` is where the links
    into the chat lead. Raises InputInvalid if that is no address of the web.
    """
    if not chat.startswith(("http://", "https://")):
        raise InputInvalid(f"the chat's address must begin with http:// or https://, not {chat!r}")
    style, script = (_code(name) for name in ("style.css", "script.js"))
    environment = Environment(
        loader=FileSystemLoader(_PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    writer = _Writer(language, articles, chat, evaluation.run)
    numbers = {one.question.id: number for number, one in enumerate(evaluation.scored, start=1)}
    counts = Counter(one.outcome for one in evaluation.scored)
    first = first_to_look_at(evaluation.scored)
    page = environment.get_template("report.html").render(
        language=language,
        words=SimpleNamespace(**REPORT[language]),  # a dict has names of its own, such as clear
        outcome_words=writer.outcome_words(evaluation.scored),
        signs=SIGNS,
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        name=_name_of(evaluation.run),
        result=writer.result(evaluation.scored),
        remarks=writer.remarks(evaluation.scored),
        run=_rows(evaluation.run, language),
        faults=evaluation.faults,
        outcomes=_strip(counts),
        first=[writer.pointer(one, reason, numbers[one.question.id]) for one, reason in first],
        first_why=writer.why_first([reason for _, reason in first]),
        head=[writer.measure(name, evaluation.measures[name]) for name in _HEAD if name in evaluation.measures],
        sections=writer.sections(evaluation.measures),
        plots=writer.plots(evaluation),
        groups=writer.groups(evaluation),
        entries=[writer.entry(one, number) for number, one in enumerate(evaluation.scored, start=1)],
        filters=writer.filters(evaluation),
        deviates=any(map(_deviates, evaluation.scored)),
        chat=writer.chat,
        total=len(evaluation.scored),
    )
    # half a surrogate pair, as in a file name that is not UTF-8, could not be written to a file
    return page.translate(_CONTROLS).encode("utf-8", "replace").decode("utf-8")


def _code(name: str) -> Markup:
    return Markup((_PAGE / name).read_text(encoding="utf-8"))  # noqa: S704 - a constant of ours


def _hash(code: str) -> str:
    return f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'"


def _name_of(run: Mapping[str, Any]) -> str:
    questions = run.get("questions", "")
    return str(questions.get("name", "") if isinstance(questions, Mapping) else questions)


def _rows(run: Mapping[str, Any], language: str, within: str = "") -> list[tuple[str, str]]:
    """What was run as rows of a table; what stands within something else is named with it."""
    rows = []
    for key, value in run.items():
        name = RUN_WORDS[language].get(within + key, key)
        if isinstance(value, Mapping):
            rows += [(f"{name}: {inner}", text) for inner, text in _rows(value, language, f"{within}{key}.")]
        elif key == "started":
            rows.append((name, _moment(str(value), language)))
        elif isinstance(value, float):
            rows.append((name, render.decimal(value, 4, language)))
        elif isinstance(value, (list, tuple)):
            rows.append((name, ", ".join(map(str, value))))
        else:
            rows.append((name, "–" if value is None else str(value)))
    return rows


def _moment(text: str, language: str) -> str:
    """A moment as people of the language write it; text that is none is left as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{render.day(moment.date().isoformat(), language)}, {moment:%H:%M %Z}".strip()


def _deviates(one: Scored) -> bool:
    """Whether a short answer was given that is, however compared, not one of the gold answers."""
    compared = [one.values[key] for key in ("exact_match", "exact_match_german") if key in one.values]
    return bool(one.question.answers and one.answer["short_answer"] and compared and not any(compared))


def _lacks_answer(one: Scored) -> bool:
    """Whether the right sentence is cited, yet the text holds none of the gold answers."""
    return one.outcome in (Outcome.RIGHT, Outcome.LATER) and one.values.get("containment") == 0


@dataclass(frozen=True, slots=True)
class _Part:
    """An outcome's part of all questions; left end and width in percent."""

    outcome: str
    count: int
    left: float
    width: float


def _strip(counts: Mapping[Outcome, int]) -> list[_Part]:
    parts: list[_Part] = []
    total = sum(counts.values())
    for outcome in Outcome:
        if counts.get(outcome):
            left = parts[-1].left + parts[-1].width if parts else 0.0
            parts.append(_Part(outcome.value, counts[outcome], left, 100 * counts[outcome] / total))
    return parts


@dataclass(frozen=True, slots=True)
class _Measure:
    """A measure in words; left end, width and point of its interval in percent of the bar, None where it has none."""

    key: str
    name: str
    meaning: str
    value: str
    interval: str
    count: int
    less_is_better: bool
    bar: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the question file says is right."""

    texts: tuple[str, ...]  # answers, or where it tells none the gold sentences
    articles: tuple[str, ...]
    unanswerable: bool


@dataclass(frozen=True, slots=True)
class _Pointer:
    """A question to be looked at, and why."""

    number: int
    anchor: str
    question: str
    outcome: str
    verdict: str
    reason: str
    said: str
    short: str | None
    wanted: "_Wanted"


@dataclass(frozen=True, slots=True)
class _Plot:
    """A drawing with what explains it and the numbers that it shows."""

    title: str
    how: str
    svg: Markup
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Group:
    """The questions of one group: how many they are, and for each column value and interval."""

    name: str
    title: str  # of an article
    link: str | None  # a filter that shows them
    count: int
    cells: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Groups:
    """The groups of one dimension, and the measures that are the columns."""

    title: str
    columns: list[tuple[str, str]]  # key and name
    rows: list[_Group]
    closed: bool


@dataclass(frozen=True, slots=True)
class _Quotation:
    """A sentence with those before and after it."""

    text: str
    before: str
    after: str
    title: str
    place: str
    language: str | None
    gold: bool | None = None  # None where nobody knows, or nothing else is
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Passage:
    """A retrieved passage in a line."""

    place: str
    score: str
    excerpt: str
    gold: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """A question with everything that is shown of it."""

    number: int
    anchor: str
    id: str
    question: str
    history: tuple[str, ...]
    understood: str | None
    outcome: str
    verdict: str
    lacks_answer: bool
    deviates: bool
    groups: dict[str, str]  # those that there is a filter for, by dimension
    type: str | None
    lang: str | None
    confidence: float
    confidence_text: str
    seconds: float
    seconds_text: str
    chat: str
    answer: str
    short: str | None
    wanted: _Wanted
    all_needed: bool
    refused: bool
    cited: list[_Quotation]
    gold: list[_Quotation]
    passages: list[_Passage]


class _Writer:
    """Words an evaluation in one language."""

    def __init__(self, language: str, articles: Mapping[str, Article], chat: str, run: Mapping[str, Any]) -> None:
        self.language = language
        self.words = REPORT[language]
        self.articles = articles
        self.chat = chat.rstrip("/")
        index, settings = (run.get(key) for key in ("index", "settings"))
        self._passages = index.get("passages") if isinstance(index, Mapping) else None
        self._threshold = settings.get("threshold") if isinstance(settings, Mapping) else None
        self._sentences: dict[str, list[Sentence]] = {}  # by file name

    # numbers

    def share(self, value: float) -> str:
        """A share from 0 to 1 in percent."""
        return f"{render.decimal(100 * value, 1, self.language)}{'%' if self.language == 'en' else ' %'}"

    def percent(self, value: float) -> str:
        """A share from 0 to 1 in whole percent."""
        return render.percent(value, self.language)

    def number(self, key: str, value: float) -> str:
        """A value of a measure as it is usually written."""
        if not isfinite(value):
            return "–"
        if key.startswith("seconds"):
            return self.seconds(value)
        if key == "chrf":
            return render.decimal(value, 1, self.language)
        if any(key == name or (name.startswith("_") and key.endswith(name)) for name in _NO_SHARES):
            return render.decimal(value, 3, self.language)
        return self.share(value)

    def seconds(self, value: float) -> str:
        """A time, exact enough for what is fast."""
        return f"{render.decimal(value, 3 if value < 1 else 2, self.language)} s"

    def interval(self, key: str, estimate: Estimate) -> str:
        """The ends of an interval; a dash where it has none."""
        if not (isfinite(estimate.low) and isfinite(estimate.high)):
            return "–"
        low, high = (self.number(key, value) for value in (estimate.low, estimate.high))
        for unit in (" %", "%", " s"):
            if low.endswith(unit) and high.endswith(unit):
                low = low.removesuffix(unit)
        return f"{low}–{high}"

    # words

    def group(self, dimension: str, name: str) -> str:
        """A group as people call it."""
        if dimension == "answerable" and name in ("yes", "no"):
            return self.words[name]
        return TYPES[self.language].get(name, name) if dimension == "type" else name

    def verdict(self, one: Scored) -> str:
        """The outcome; where no gold sentences are known, an answer is right for what it says."""
        by_text = one.outcome is Outcome.RIGHT and not one.question.gold
        return self.words["right_text"] if by_text else OUTCOMES[self.language][one.outcome]

    def outcome_words(self, scored: Iterable[Scored]) -> dict[str, str]:
        """The words for outcomes of questions together."""
        verdicts = {self.verdict(one) for one in scored if one.outcome is Outcome.RIGHT}
        right = {"right": " / ".join(sorted(verdicts, reverse=True))} if verdicts else {}
        return OUTCOMES[self.language] | right

    def filters(self, evaluation: Evaluation) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """The dimensions that questions can be filtered by: name, word, and their values with words."""
        found = []
        for dimension, word in _FILTERS.items():
            values = {one.groups[dimension] for one in evaluation.scored if dimension in one.groups}
            ordered = [value for value in evaluation.groups.get(dimension, {}) if value in values]
            ordered += sorted(values.difference(ordered))
            options = [(value, self.group(dimension, value)) for value in ordered]
            if dimension == "type":
                options.sort(key=lambda option: option[1].casefold())
            if options:
                found.append((dimension, self.words[word], options))
        return found

    # the result

    def result(self, scored: Sequence[Scored]) -> str:
        """The evaluation in a sentence or two."""
        if not scored:
            return self.words["no_questions"] + "."
        judged = [one for one in scored if one.outcome is not Outcome.UNJUDGED]
        can = [one for one in judged if answerable(one.question) is not False]
        cannot = [one for one in judged if answerable(one.question) is False]
        key = "cited_first" if all(one.question.gold for one in can) else "answered_right"
        parts = [
            self._counted(key, can, Outcome.RIGHT),
            self._counted("refused_rightly", cannot, Outcome.REFUSED_RIGHTLY),
        ]
        sentence = "; ".join(part for part in parts if part) or self.words["nothing_judged"].format(all=len(scored))
        return f"{sentence[0].upper()}{sentence[1:]}. {self._wrong_answers(judged)}".strip()

    def _wrong_answers(self, judged: Sequence[Scored]) -> str:
        """How many of the answers given are wrong, and why."""
        given = [one for one in judged if one.outcome in _GIVEN]
        if not given:
            return ""
        reasons = Counter(reason for one in given if (reason := _wrong(one) or _should_refuse(one)))
        wrong = reasons.total()
        text = self.words["wrong_answers"].format(count=wrong, all=len(given), share=self.percent(wrong / len(given)))
        kinds = [
            self.words[f"wrong_by_{reason}"].format(count) for reason, count in sorted(reasons.items(), reverse=True)
        ]
        return f"{text}: {', '.join(kinds)}." if kinds else f"{text}."

    def _counted(self, key: str, scored: Sequence[Scored], outcome: Outcome) -> str:
        if not scored:
            return ""
        number = sum(one.outcome is outcome for one in scored)
        share = self.percent(number / len(scored))
        return self.words[key].format(count=number, all=len(scored), share=share)

    def remarks(self, scored: Sequence[Scored]) -> list[str]:
        """What the sentence leaves out."""
        counts = Counter(one.outcome for one in scored)
        pairs = (
            ("not_judged", counts[Outcome.UNJUDGED]),
            ("not_asked", counts[Outcome.FAILED]),
            ("answers_lacking", sum(map(_lacks_answer, scored))),
        )
        return [self.words[key].format(count=number, all=len(scored)) for key, number in pairs if number]

    def why_first(self, reasons: Sequence[str]) -> str:
        """What the first questions are chosen for."""
        kinds = dict.fromkeys(self.words[f"first_{reason}"] for reason in reasons)
        return self.words["first_why"].format("; ".join(kinds))

    def wanted(self, one: Scored) -> _Wanted:
        """What would be right."""
        question = one.question
        return _Wanted(
            texts=question.answers or tuple(gold.sentence for gold in question.gold),
            articles=tuple(name for name, _ in question.relevant),
            unanswerable=answerable(question) is False,
        )

    def pointer(self, one: Scored, reason: str, number: int) -> _Pointer:
        """A question that is worth a look."""
        answer = one.answer
        why = self.words[f"why_{reason}"].format(
            confidence=self.percent(answer["confidence"]), error=answer.get("error", "")
        )
        return _Pointer(
            number=number,
            anchor=_anchor(one.question.id),
            question=_cut(one.question.text, _QUESTION),
            outcome=one.outcome.value,
            verdict=self.verdict(one),
            reason=f"{why} {self._confidence(one)}" if one.outcome is Outcome.REFUSED else why,
            said=_cut(str(answer["answer"]), _SNIPPET),
            short=answer["short_answer"],
            wanted=self.wanted(one),
        )

    def _confidence(self, refused: Scored) -> str:
        """The confidence of a refused question, and what would have been enough."""
        text = f"{self.words['confidence']} {self.share(refused.answer['confidence'])}"
        if isinstance(self._threshold, float):
            text += f", {self.words['threshold']} {self.share(self._threshold)}"
        return f"{text}."

    # measures

    def measure(self, key: str, estimate: Estimate, *, scale: float = 1.0) -> _Measure:
        """A measure in words; the bar ends at `scale`."""
        name, meaning = MEASURE_WORDS[self.language][key]
        ends = [min(max(100 * value / scale, 0.0), 100.0) for value in (estimate.low, estimate.high, estimate.value)]
        return _Measure(
            key=key,
            name=name,
            meaning=meaning,
            value=self.number(key, estimate.value),
            interval=self.interval(key, estimate),
            count=estimate.count,
            less_is_better=not MEASURES[key],
            bar=(ends[0], ends[1] - ends[0], ends[2]) if all(map(isfinite, ends)) else None,
        )

    def sections(self, found: Mapping[str, Estimate]) -> list[tuple[str, list[_Measure], str]]:
        """The measures by what they are about, with a note; what was not measured is left out."""
        slowest = max((found[key].high for key in _SECTIONS["of_speed"] if key in found), default=1.0)
        sections = []
        for title, keys in _SECTIONS.items():
            scale = {"of_speed": slowest or 1.0}.get(title, 1.0)
            rows = [
                self.measure(key, found[key], scale=100.0 if key == "chrf" else scale) for key in keys if key in found
            ]
            if rows:
                few = title == "of_passage" and isinstance(self._passages, int) and self._passages < _OF_FEW
                note = self.words["few_passages"].format(self._passages) if few else ""
                sections.append((self.words[title], rows, note))
        return sections

    def groups(self, evaluation: Evaluation) -> list[_Groups]:
        """The same measures for parts of the questions, by dimension."""
        tables = []
        for dimension, title in _DIMENSIONS.items():
            groups = evaluation.groups.get(dimension, {})
            keys = [key for key in _OF_GROUPS if any(key in found for found in groups.values())]
            sizes = Counter(one.groups.get(dimension) for one in evaluation.scored)
            rows = [
                _Group(
                    name=self.group(dimension, name),
                    title=self._title(name) if dimension == "article" else "",
                    link=f"#?{dimension}={_in_address(name)}" if dimension in _FILTERS else None,
                    count=sizes[name],
                    cells=[
                        (self.number(key, found[key].value), self.interval(key, found[key]))
                        if key in found
                        else ("", "")
                        for key in keys
                    ],
                )
                for name, found in groups.items()
            ]
            if dimension == "article":
                rows.sort(key=lambda row: (-row.count, row.name))
            elif dimension == "type":
                rows.sort(key=lambda row: row.name.casefold())
            if rows:
                columns = [(key, MEASURE_WORDS[self.language][key][0]) for key in keys]
                tables.append(_Groups(self.words[title], columns, rows, closed=len(rows) > _LONG_TABLE))
        return tables

    def _title(self, name: str) -> str:
        article = self.articles.get(name)
        return article.title or "" if article else ""

    # plots

    def plots(self, evaluation: Evaluation) -> list[_Plot]:
        """The plots for which there are numbers."""
        scored = evaluation.scored
        judged = [one for one in scored if answerable(one.question) is not None]
        drawn = [
            self._risk_coverage(judged),
            self._reliability(judged),
            self._ranks([one for one in scored if one.question.gold]),
            self._times([float(one.answer["seconds"]) for one in scored], evaluation.measures),
            self._by_type(evaluation.groups.get("type", {})),
        ]
        return [plot for plot in drawn if plot]

    def _risk_coverage(self, judged: Sequence[Scored]) -> _Plot | None:
        points = measures.risk_coverage(*_sureness(judged))
        if not points:
            return None
        words = self.words
        at_tenths = (
            next(point for point in points if point[0] >= tenth / 10 - 1e-9)  # the last point has all questions
            for tenth in range(1, 11)
        )
        rows = [(self.share(coverage), self.share(risk)) for coverage, risk in dict.fromkeys(at_tenths)]
        last = words["spoken_risk"].format(risk=self.share(points[-1][1]))
        answered = [one.right for one in judged if not one.answer["abstained"]]
        operating = (len(answered) / len(judged), 1 - sum(answered) / len(answered)) if answered else None
        told = ""
        if operating:
            told = words["operating_how"].format(coverage=self.share(operating[0]), risk=self.share(operating[1]))
        svg = plots.risk_coverage(
            points,
            name="risk-coverage",
            label=f"{words['risk_coverage']}: {last}. {told}".strip(),
            operating=operating,
            here=words["operating"],
            across=words["coverage"],
            up=words["risk"],
            language=self.language,
        )
        return self._plot("risk_coverage", svg, (words["coverage"], words["risk"]), rows, operating=told)

    def _reliability(self, judged: Sequence[Scored]) -> _Plot | None:
        bins = measures.reliability(*_sureness(judged))
        if not bins:
            return None
        words = self.words
        columns = (words["confidence"], words["mean_confidence"], words["share_right"], words["count"])
        rows = [
            (
                words["from_to"].format(low=self.percent(one.low), high=self.percent(one.high)),
                self.share(one.mean_confidence),
                self.share(one.share_right),
                str(one.count),
            )
            for one in bins
        ]
        spoken = "; ".join(f"{stated}: {right}" for _, stated, right, _ in rows)
        svg = plots.reliability(
            bins,
            name="reliability",
            label=f"{words['reliability']} {words['confidence']}, {words['share_right']}: {spoken}",
            across=words["confidence"],
            up=words["share_right"],
            count=words["count"],
            language=self.language,
        )
        return self._plot("reliability", svg, columns, rows)

    def _ranks(self, with_gold: Sequence[Scored]) -> _Plot | None:
        if not with_gold:
            return None
        words = self.words
        found = Counter(gold_rank(one) for one in with_gold)
        longest = max(len(one.answer["sentences"]) for one in with_gold)
        counts = [(str(rank), found[rank]) for rank in range(1, longest + 1)] + [(words["none"], found[None])]
        spoken = "; ".join(f"{rank}: {number}" for rank, number in counts)
        svg = plots.ranks(
            counts, name="ranks", label=f"{words['ranks']}: {spoken}", across=words["rank"], up=words["count"]
        )
        rows = [(rank, str(number)) for rank, number in counts]
        return self._plot("ranks", svg, (words["rank"], words["count"]), rows, count=longest)

    def _times(self, seconds: Sequence[float], found: Mapping[str, Estimate]) -> _Plot | None:
        if not seconds:
            return None
        words = self.words
        keys = (("half", "seconds_p50"), ("most", "seconds_p95"))
        marks = {
            words[word].format(self.seconds(found[key].value)): found[key].value for word, key in keys if key in found
        }
        svg = plots.times(
            seconds,
            marks,
            name="times",
            label=f"{words['times']}: {'; '.join(marks)}",
            across=words["seconds"],
            up=words["count"],
            language=self.language,
        )
        bins = plots.binned(seconds)
        digits = max(2, ceil(-log10(bins[0][1])))  # enough to tell the ends of a column apart
        rows = [
            (
                words["from_to"].format(
                    low=render.decimal(low, digits, self.language), high=render.decimal(high, digits, self.language)
                ),
                str(number),
            )
            for low, high, number in bins
            if number
        ]
        return self._plot("times", svg, (words["seconds"], words["count"]), rows)

    def _by_type(self, groups: Mapping[str, Mapping[str, Estimate]]) -> _Plot | None:
        key = "first_citation"
        found = [(self.group("type", name), estimates[key]) for name, estimates in groups.items() if key in estimates]
        if not found:
            return None
        words = self.words
        largest = sorted(found, key=lambda pair: -pair[1].count)[:_DRAWN_GROUPS]
        best_first = sorted(largest, key=lambda pair: -pair[1].value)
        rows = [
            (name, self.number(key, estimate.value), self.interval(key, estimate), str(estimate.count))
            for name, estimate in best_first
        ]
        spoken = "; ".join(f"{name}: {value}" for name, value, _, _ in rows)
        svg = plots.by_group(
            best_first,
            name="by-type",
            label=f"{words['by_type']}: {spoken}",
            across=MEASURE_WORDS[self.language][key][0],
            language=self.language,
        )
        return self._plot("by_type", svg, (words["group"], words["value"], words["interval"], words["count"]), rows)

    def _plot(
        self, key: str, svg: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], **filled: object
    ) -> _Plot:
        return _Plot(
            title=self.words[key],
            how=self.words[f"{key}_how"].format(**filled),
            svg=Markup(svg),  # noqa: S704 - written by an XML library, which escapes the text in it
            columns=columns,
            rows=list(rows),
        )

    # questions

    def entry(self, one: Scored, number: int) -> _Entry:
        """Everything that is shown of a question."""
        question, answer = one.question, one.answer
        asked = str(answer.get("understood") or question.text)
        judged = bool(question.gold)
        refused = bool(answer["abstained"])
        sentences = (
            [sentence for sentence in answer["sentences"] if sentence["chosen"]] if refused else answer["citations"]
        )
        return _Entry(
            number=number,
            anchor=_anchor(question.id),
            id=question.id,
            question=_cut(question.text, _QUESTION),
            history=tuple(_cut(before, _QUESTION) for before in question.history),
            understood=_cut(asked, _QUESTION) if asked != question.text else None,
            outcome=one.outcome.value,
            verdict=self.verdict(one),
            lacks_answer=_lacks_answer(one),
            deviates=_deviates(one),
            groups={key: one.groups[key] for key in _FILTERS if key in one.groups},
            type=self.group("type", one.groups["type"]) if "type" in one.groups else None,
            lang=one.groups.get("lang"),
            confidence=answer["confidence"],
            confidence_text=self.percent(answer["confidence"]),
            seconds=answer["seconds"],
            seconds_text=self.seconds(answer["seconds"]),
            # what could not be asked here cannot be asked there, either
            chat=f"{self.chat}/#question={_in_address(_cut(asked, _QUESTION) if failed(answer) else asked)}",
            answer=str(answer["answer"]),
            short=answer["short_answer"],
            wanted=self.wanted(one),
            all_needed=question.all_needed and len(question.gold) > 1,
            refused=refused,
            cited=[self._cited(one, sentence, judged=judged) for sentence in sentences],
            gold=[*(self._gold(one, place) for place in one.gold), *self._missing(one)],
            passages=[self._passage(one, passage) for passage in answer["passages"]],
        )

    def _cited(self, one: Scored, cited: Mapping[str, Any], *, judged: bool) -> _Quotation:
        return self._quotation(
            Place(cited["article"], cited["start"], cited["end"], cited["sentence"]),
            gold=is_gold(one.question, cited) if judged else None,
            notes=[self.words["copies"].format(", ".join(copies))] if (copies := cited.get("copies")) else [],
        )

    def _gold(self, one: Scored, place: Place) -> _Quotation:
        """A gold sentence, where it was ranked, and whether it is cited."""
        ranked, citations = one.answer["sentences"], one.answer["citations"]
        ranks = (rank for rank, sentence in enumerate(ranked, start=1) if _is_place(place, sentence))
        rank = next(ranks, None)
        known = self.words["gold_unranked"].format(count=len(ranked)) if ranked else ""
        notes = [self.words["gold_ranked"].format(rank=rank) if rank else known]
        cited = [self.words["gold_cited"].format(cited["marker"]) for cited in citations if _is_place(place, cited)]
        return self._quotation(place, notes=[*notes, *cited], alone=bool(cited))  # what is around it stands there

    def _missing(self, one: Scored) -> list[_Quotation]:
        """The gold sentences of the question file that the index does not hold."""
        return [
            _Quotation(gold.sentence, "", "", gold.article, "", None, notes=(self.words["gold_missing"],))
            for gold in one.question.gold
            if not any(same_sentence(place.text, gold.sentence) for place in one.gold)
        ]

    def _quotation(
        self, place: Place, *, gold: bool | None = None, notes: Sequence[str] = (), alone: bool = False
    ) -> _Quotation:
        """A sentence with its neighbours, as far as the article holds it where it is said to be."""
        article = self.articles.get(place.article)
        whole = article is not None and article.text[place.start : place.end] == place.text
        before, after = self._neighbours(article, place) if article and whole and not alone else ("", "")
        characters = self.words["characters"].format(start=place.start, end=place.end)
        known = [render.attribution(article, self.language) if article else place.article, place.article, characters]
        return _Quotation(
            text=place.text,
            before=before,
            after=after,
            title=article.title if article and article.title else place.article,
            place=", ".join(dict.fromkeys(known)),
            language=article.language if article and len(article.language or "") == 2 else None,
            gold=gold,
            notes=tuple(note for note in [*notes, "" if whole else self.words["changed"]] if note),
        )

    def _neighbours(self, article: Article, place: Place) -> tuple[str, str]:
        if place.article not in self._sentences:
            self._sentences[place.article] = split_sentences(article)
        sentences = self._sentences[place.article]
        before = bisect_right(sentences, place.start, key=lambda sentence: sentence.end)
        after = bisect_left(sentences, place.end, key=lambda sentence: sentence.start)
        return (
            sentences[before - 1].text if before else "",
            sentences[after].text if after < len(sentences) else "",
        )

    def _passage(self, one: Scored, passage: Mapping[str, Any]) -> _Passage:
        article = self.articles.get(passage["article"])
        return _Passage(
            place=f"{passage['article']}, {passage['start']}–{passage['end']}",
            score=render.decimal(passage["score"], 2, self.language),
            excerpt=_cut(article.text[passage["start"] : passage["end"]], _EXCERPT) if article else "",
            gold=any(_holds(passage, place) for place in one.gold),
        )


def _sureness(scored: Sequence[Scored]) -> tuple[list[float], list[bool]]:
    """The confidence of each question, and whether what it would cite is right."""
    return [float(one.answer["confidence"]) for one in scored], [one.right for one in scored]


def _is_place(place: Place, sentence: Mapping[str, Any]) -> bool:
    """Whether a ranked or cited sentence is the one at a place, or the same one in a near copy of its article."""
    return place.article in (sentence["article"], *sentence.get("copies", ())) and same_sentence(
        place.text, sentence["sentence"]
    )


def _anchor(question_id: str) -> str:
    """The name by which an address finds a question on the page."""
    return f"q-{_in_address(question_id)}"


def _in_address(text: str) -> str:
    """Text as an address may hold it, most of what is no letter in percent signs."""
    return quote(text.encode("utf-8", "replace"), safe="")


def _cut(text: str, longest: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
