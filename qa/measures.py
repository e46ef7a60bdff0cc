"""Measures of answers, rankings, citations, refusals and confidence; each says its source, range and rivals.

They know nothing of questions or indexes. All are better when higher, except where the docstring says otherwise. What
cannot be told from the input, such as the share of unanswerable questions refused where there are none, is None.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_ENGLISH_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_NO_ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)

_GERMAN_ARTICLES = {"der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "eines"}
_NOTHING = re.compile("['’‘ʼ\u00ad\u200b-\u200d\ufeff\u0300-\u036f]")  # apostrophes, invisible characters, lone accents
_UNIFIED = str.maketrans("‐‑‒–—―−⁄", "-------/")
_THOUSANDS = re.compile(r"(?<!\w)(?<!\d[.,:/])[1-9]\d{0,2}(?:\.\d{3})+(?!\.?\d)")
_GAPS = re.compile(
    r"(?<!\d)[.,:/]|[.,:/](?!\d)"  # outside numbers; inside they tell 3,5 from 35 and make dates and times
    r"|(?<=[\w%€$])-|-(?!\d)"  # all but the sign of a number
    r"|[^\w\s.,:/%€$-]|_"
)
_SPELLED_OUT = str.maketrans({"%": " prozent ", "€": " euro ", "$": " dollar "})
_MARKER = re.compile(r"\[\d+\]")

_CUTOFF = 10  # ranks that count for most ranking measures
_HIGHEST_GRADE = 10_000  # trec_eval keeps an array as long as the highest grade

Normalise = Callable[[str], str]
Numbers = Sequence[float] | npt.NDArray[np.float64]
Truths = Sequence[bool] | npt.NDArray[np.bool_]


# answers


def official(text: str) -> str:
    """A text as SQuAD's script compares it (Rajpurkar et al. 2016, evaluate-v2.0.py).

    Lower case, ASCII punctuation dropped without a gap, the English articles a, an, the and further white space
    dropped. So `„`, `–` and German articles stay, and "3,5" equals "35": `german` mends that.
    """
    return " ".join(_ENGLISH_ARTICLES.sub(" ", text.lower().translate(_NO_ASCII_PUNCTUATION)).split())


def german(text: str) -> str:
    """A German text as answers are compared: what is written differently but reads the same becomes equal.

    Unicode NFKC and case folding (ß is ss; umlauts stay); apostrophes and invisible characters vanish; quotation marks,
    hyphens, dashes and other punctuation part words; %, € and $ are spelled out. German articles are dropped wherever
    they stand, unless nothing else does, since "eine" may be a number. In numbers the comma, point, colon and slash
    stay, so 3,5 is not 35, and 12.03.2025, 14.30 and 2:1 are one word each, but points that part thousands go: 1.200 is
    1200, as it always reads in German, while 0.500 and 1.5 keep their point. A minus before a number stays too.

    Not unified: number words (zwölf, 12), spaces between thousands, 14.30 and 14:30, inflection, ae for ä. The rival is
    MLQA's script (Lewis et al. 2020): it too drops German articles, but all punctuation without a gap, so 3,5 is 35.
    """
    text = _NOTHING.sub("", unicodedata.normalize("NFKC", text).casefold()).translate(_UNIFIED)
    text = _THOUSANDS.sub(lambda number: number[0].replace(".", ""), text)
    words = _GAPS.sub(" ", text).translate(_SPELLED_OUT).split()
    return " ".join([word for word in words if word not in _GERMAN_ARTICLES] or words)


def exact_match(said: str, wanted: Sequence[str], *, normalise: Normalise = official) -> float:
    """1 where an answer equals one of the wanted ones, both normalised, else 0 (SQuAD 2.0, Rajpurkar et al. 2018).

    As in the official script, wanted answers of which nothing is left do not count, and where none is left, as for an
    unanswerable question, 1 stands for saying nothing. SQuAD 1.1 has no unanswerable questions; the `exact_match` of
    Hugging Face's evaluate compares the texts as they are.
    """
    said = normalise(said)
    return max(float(said == one) for one in _acceptable(wanted, normalise))


def token_f1(said: str, wanted: Sequence[str], *, normalise: Normalise = official) -> float:
    """F1 of the words, 0 to 1, over the wanted answer that fits best (SQuAD 2.0, Rajpurkar et al. 2018).

    A word counts as often as it stands in both. Unanswerable questions and wanted answers of which normalising leaves
    nothing are as in `exact_match`. Rivals count each word once, as DROP's F1 does (Dua et al. 2019).
    """
    words = normalise(said).split()
    return max(_word_f1(words, one.split()) for one in _acceptable(wanted, normalise))


def containment(said: str, wanted: Sequence[str], *, normalise: Normalise = german) -> float:
    """1 where a wanted answer stands in a text as whole words, both normalised, else 0.

    The accuracy of open-domain question answering (Chen et al. 2017 for DrQA's passages, Mallen et al. 2023 for
    answers), which grows with the length of the text: read it beside `exact_match`. Many rivals accept parts of words,
    so that "1" is found in "2019". Citation markers such as [1] do not count. Where nothing is wanted, 1 stands for
    saying nothing, as in `exact_match`.
    """
    text = f" {normalise(_MARKER.sub(' ', said))} "
    return max(float(f" {one} " in text if one else not text.strip()) for one in _acceptable(wanted, normalise))


def chrf(said: str, wanted: Sequence[str]) -> float:
    """chrF2 against the wanted answer that fits best, 0 to 100: F of character n-grams up to 6 (Popović 2015).

    As sacrebleu computes it for a sentence: recall weighs twice, white space does not count, case and punctuation do.
    Rivals: chrF++ adds words and pairs of words; NLTK's smooths otherwise. Nothing said, or nothing wanted, gives 0.
    """
    from sacrebleu import sentence_chrf  # loading it takes a while, and only evaluations need it

    return max((float(sentence_chrf(said, [one]).score) for one in wanted), default=0.0)


def _acceptable(wanted: Sequence[str], normalise: Normalise) -> list[str]:
    """The wanted answers, normalised; saying nothing where none is left."""
    return [one for one in map(normalise, wanted) if one] or [""]


def _word_f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    if not said or not wanted:
        return float(said == wanted)
    common = sum((Counter(said) & Counter(wanted)).values())
    return _f1(common / len(said), common / len(wanted))


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


# rankings


def rank_measures(
    runs: Mapping[str, Sequence[str]], qrels: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, float]]:
    """Per question id, how well a ranking of document ids, best first, finds the relevant ones; all from 0 to 1.

    mrr        1 / rank of the first relevant document, 0 beyond rank 10 (RR@10, as in MS MARCO; TREC has no cutoff)
    ndcg@10    Järvelin & Kekäläinen 2002 with trec_eval's gain, the grade; Burges et al. 2005 take 2 ** grade - 1
    map        average precision over the whole ranking, relevant documents that it lacks counting 0
    recall@10  share of the relevant documents among the first 10; may stay below 1 where there are more than 10
    success@k  1 where one of the first k is relevant (called hit rate or recall@k elsewhere)

    By ir_measures (MacAvaney et al. 2022). `qrels` gives grades by question and document; those above 0 are relevant. A
    question without relevant documents is left out, one without a ranking counts 0. A document that is ranked twice
    counts where it stands first. Grades above 10,000 count as 10,000.
    """
    import ir_measures
    from ir_measures import AP, RR, R, Success, nDCG

    names = {
        RR @ _CUTOFF: "mrr",
        nDCG @ _CUTOFF: "ndcg@10",
        AP: "map",
        R @ _CUTOFF: "recall@10",
        Success @ 1: "success@1",
        Success @ 3: "success@3",
        Success @ _CUTOFF: "success@10",
    }
    # Numbers stand for the ids: trec_eval's C code takes no NUL and crashes on half a surrogate pair.
    numbers: dict[str, str] = {}

    def number(document: str) -> str:
        return numbers.setdefault(document, str(len(numbers)))

    relevant = {
        question: {number(document): min(grade, _HIGHEST_GRADE) for document, grade in grades.items() if grade > 0}
        for question, grades in qrels.items()
    }
    questions = [question for question, grades in relevant.items() if grades]
    # trec_eval sorts by score and equal scores by id, so each score is below the one before.
    scores = {
        question: {number(document): -float(rank) for rank, document in enumerate(dict.fromkeys(runs[question]))}
        for question in questions
        if runs.get(question)
    }
    values = {question: dict.fromkeys(names.values(), 0.0) for question in questions}
    numbered = {str(n): question for n, question in enumerate(questions)}
    for metric in ir_measures.iter_calc(
        list(names),
        {n: relevant[question] for n, question in numbered.items()},
        {n: scores[question] for n, question in numbered.items() if question in scores},
    ):
        values[numbered[metric.query_id]][names[metric.measure]] = float(metric.value)
    return values


# citations


def citation_scores(cited: Sequence[bool], covered: Sequence[bool], *, all_needed: bool) -> tuple[float, float, float]:
    """Precision, recall and F1 of an answer's citations, each 0 to 1, after ALCE (Gao et al. 2023).

    `cited` says of each citation whether it is gold, `covered` of each gold sentence whether it is cited. Precision is
    the share of the citations that are gold, 0 where nothing is cited. Recall is the share of the gold sentences that
    are cited if all are needed; else one is enough, and recall is 1 or 0. No gold sentences give recall 0: leave such
    questions out. ALCE itself asks an entailment model whether the citations of a statement support it, and whether
    they still do without one of them; here people have marked the sentences.
    """
    precision = sum(cited) / len(cited) if cited else 0.0
    share = sum(covered) / len(covered) if covered else 0.0
    recall = share if all_needed else float(share > 0)
    return precision, recall, _f1(precision, recall)


# refusal and confidence


@dataclass(frozen=True, slots=True)
class RefusalScores:
    """How well a program tells what it cannot answer; shares from 0 to 1, None where there is nothing to share."""

    precision: float | None  # of the refused questions, how many are unanswerable
    recall: float | None  # of the unanswerable questions, how many are refused
    answerable_refused: float | None  # of the answerable questions, how many are refused; lower is better


def refusal_scores(answerable: Truths, refused: Truths) -> RefusalScores:
    """Precision and recall of refusing, an unanswerable question being the positive class.

    After SQuAD 2.0 (Rajpurkar et al. 2018), whose script calls the recall NoAns_exact. Rivals take answering for the
    positive class, or count as rightly refused whatever would have been answered wrongly.
    """
    pairs = Counter(zip(answerable, refused, strict=True))
    return RefusalScores(
        precision=_share(pairs[False, True], pairs[True, True]),
        recall=_share(pairs[False, True], pairs[False, False]),
        answerable_refused=_share(pairs[True, True], pairs[True, False]),
    )


def _share(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None


def auroc(positive: Numbers, negative: Numbers) -> float | None:
    """The probability that a positive scores above a negative one, ties counted half (Hanley & McNeil 1982).

    From 0 to 1, 0.5 is chance; the area under the ROC curve, which is Mann and Whitney's U over the number of pairs.
    Rivals: the area under precision and recall, which depends on how many are positive. None where a side is empty.
    """
    if not len(positive) or not len(negative):
        return None
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float((below + not_above).sum() / 2 / (len(positive) * len(negative)))


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about the same confidence."""

    low: float  # the least confidence that belongs
    high: float  # the least that does not, but 1 belongs to the last bin
    mean_confidence: float
    share_right: float
    count: int


def reliability(confidences: Numbers, right: Truths, *, bins: int = 10) -> list[Bin]:
    """Confidence beside the share of right answers, in bins of equal width over 0 to 1 (DeGroot & Fienberg 1983).

    In rising order; bins that nothing falls into are left out, so no answers give an empty list. Rivals put equally
    many answers into each bin, or close bins at the upper end (Guo et al. 2017).
    """
    values, hits = _arrays(confidences, right)
    numbers = np.minimum((values * bins).astype(int), bins - 1)
    return [
        Bin(
            low=number / bins,
            high=(number + 1) / bins,
            mean_confidence=float(values[numbers == number].mean()),
            share_right=float(hits[numbers == number].mean()),
            count=int((numbers == number).sum()),
        )
        for number in np.unique(numbers).tolist()
    ]


def calibration_error(confidences: Numbers, right: Truths, *, bins: int = 10) -> float | None:
    """How far confidence and share of right answers lie apart, averaged over the answers bin by bin; lower is better.

    The expected calibration error of Naeini, Cooper & Hauskrecht 2015, 0 to 1, with bins of equal width. Rivals take
    equally filled bins (adaptive calibration error), squares, or the worst bin. None without answers.
    """
    if not len(confidences):
        return None
    found = reliability(confidences, right, bins=bins)
    return sum(one.count * abs(one.mean_confidence - one.share_right) for one in found) / len(confidences)


def risk_coverage(confidences: Numbers, right: Truths) -> list[tuple[float, float]]:
    """Points (coverage, risk) for every threshold on the confidence, from the strictest (El-Yaniv & Wiener 2010).

    Coverage is the share of the questions that are answered, risk the share of these answers that are wrong. Equal
    confidences cannot be told apart by a threshold and enter together; rivals sort them somehow and draw a point for
    each. No answers give an empty list.
    """
    values, hits = _arrays(confidences, right)
    if not len(values):
        return []
    order = np.argsort(-values)
    wrong = np.cumsum(~hits[order])
    answered = np.append(np.flatnonzero(np.diff(values[order])) + 1, len(values))  # before each fall, and all
    return [(count / len(values), float(wrong[count - 1]) / count) for count in answered.tolist()]


def aurc(confidences: Numbers, right: Truths) -> float | None:
    """The area under the risk-coverage curve, 0 to 1: the mean risk over all coverages; lower is better.

    Geifman & El-Yaniv 2017 for the curve, Geifman, Uziel & El-Yaniv 2019 for the area. Each point of `risk_coverage`
    holds for the coverage it adds, so without equal confidences this is the mean of the risks after 1, 2, ... answers.
    Rivals join the points by straight lines, or subtract the area that the same answers in the best order would have
    (E-AURC). None without answers.
    """
    if not len(confidences):
        return None
    area, covered = 0.0, 0.0
    for coverage, risk in risk_coverage(confidences, right):
        area += (coverage - covered) * risk
        covered = coverage
    return area


def _arrays(confidences: Numbers, right: Truths) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    if len(confidences) != len(right):
        raise ValueError(f"{len(confidences)} confidences, but {len(right)} verdicts")
    return np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.bool_)


# speed


def percentile(seconds: Numbers, share: float) -> float | None:
    """The value that a share of the values, 0 to 1, does not exceed; between two values it is interpolated linearly.

    NumPy's default (type 7 of Hyndman & Fan 1996); rivals take the nearest value measured. None without values.
    """
    return float(np.quantile(seconds, share)) if len(seconds) else None
