"""The forms in which others keep question sets, and the articles that such sets carry: SQuAD, BEIR, TREC and CSV."""

import csv
import hashlib
import html
import io
import json
import re
import reprlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from index.cleaning import normalise, repair_mojibake
from index.errors import InputInvalid, QuestionInvalid
from index.sentences import split_sentences
from index.types import Article, Sentence

# Where an entry stands, and an object as a line of a question file has it, or what is wrong with it.
Entry = tuple[str, object]
_LONGEST_CELL = 131_072  # characters of a table's cell

Grades = dict[str, dict[str, int]]  # by question id and article the grade, all above 0


class Row(dict[str, object]):
    """An entry of a table, where further rows with its id may add to it."""


_LARGEST_FILE = 150_000_000  # bytes; the questions of SQuAD have 42 million
_LONGEST_LINE = 20_000_000  # bytes, in a corpus; the index reads no larger file
_LONGEST_HEADER = 10_000  # characters
_LONGEST_STEM = 50  # characters of up to four bytes; a file name may have 255 bytes


def is_folder(path: Path) -> bool:
    """Whether a path is a folder; what cannot be looked at is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def read_text(path: Path, what: str = "questions", *, by_line: bool = False) -> str:
    """The text of a UTF-8 file. Raises QuestionInvalid, which calls it a file of `what`.

    With `by_line`, bytes that are no UTF-8 become halves of characters, which are refused where they stand.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise QuestionInvalid(f"{path} cannot be read ({error.strerror}); name a file of {what}") from error
    if len(data) > _LARGEST_FILE:
        raise QuestionInvalid(f"{path} has more than the {_LARGEST_FILE:,} bytes that are read; split it")
    try:
        return data.decode("utf-8-sig", "surrogateescape" if by_line else "strict")
    except UnicodeDecodeError as error:
        raise QuestionInvalid(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error


def json_lines(text: str, path: Path) -> Iterator[Entry]:
    """The values of JSON Lines; None for a line that is no JSON."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"{path}:{number}", parsed(line)


def parsed(text: str | bytes) -> object:
    """The value of a JSON text; None where it is none, or nested too deeply."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


# ---- SQuAD ----


def squad_data(text: str) -> list[object] | None:
    """The `data` of a SQuAD file; None if the text is something else."""
    file = parsed(text) if text.lstrip().startswith("{") else None
    data = file.get("data") if isinstance(file, dict) else None
    return data if isinstance(data, list) else None


def squad_entries(data: Sequence[object], path: Path) -> Iterator[Entry]:
    """The questions, each with the sentences of its context that its answers lie in, unless no places are given.

    A question with an answer that is not where `answer_start` says is named and left out: with only some of its gold
    sentences it would count right citations as wrong.
    """
    names = squad_names(data)
    number = 0
    for paragraph in (paragraph for article in data for paragraph in _list(article, "paragraphs")):
        context = paragraph.get("context") if isinstance(paragraph, dict) else None
        context = context if isinstance(context, str) else ""
        cleaned = _clean(context)
        sentences = split_sentences(Article(id="", text=cleaned))
        for qa in _list(paragraph, "qas"):
            number += 1
            place = f"{path}, question {number}"
            if not isinstance(qa, dict):
                yield place, qa
                continue
            given = _list(qa, "answers")
            answers = [one for one in given if isinstance(one, dict) and isinstance(one.get("text"), str)]
            try:
                gold = [text for answer in answers for text in _sentences_of(answer, context, cleaned, sentences)]
            except QuestionInvalid as error:
                yield place, QuestionInvalid(f"{reprlib.repr(qa.get('id'))} {error}")
                continue
            yield (
                place,
                {
                    "id": qa.get("id"),
                    "question": qa.get("question"),
                    "answerable": not qa.get("is_impossible", False),
                    "answers": list(dict.fromkeys(answer["text"] for answer in answers)),
                    "gold": [{"article": names[cleaned], "sentence": sentence} for sentence in dict.fromkeys(gold)],
                },
            )


def _sentences_of(answer: Mapping[str, Any], context: str, cleaned: str, sentences: Sequence[Sentence]) -> list[str]:
    """Those of the cleaned context that an answer lies in. Raises QuestionInvalid where it is not at its place."""
    text, start = answer["text"], answer.get("answer_start")
    if not context or not text or start is None:
        return []
    if not isinstance(start, int) or start < 0 or not context.startswith(text, start):
        raise QuestionInvalid(
            f"has the answer {reprlib.repr(text)}, which is not at character {reprlib.repr(start)} of its context; "
            "correct its answer_start"
        )
    first, last = start, start + len(text)
    if context != cleaned:
        first, last = _clean_offset(context, first), _clean_offset(context, last)
    return [sentence.text for sentence in sentences if sentence.start < last and first < sentence.end]


def _clean(text: str) -> str:
    """The text as the index will store it."""
    return normalise(repair_mojibake(text))


def _clean_offset(text: str, offset: int) -> int:
    """Where a character of a text stands in its cleaned form."""
    return len(_clean(text[:offset] + "x")) - 1  # the letter keeps the white space before it


def squad_names(data: Iterable[object]) -> dict[str, str]:
    """By cleaned context, the file name of the article that it is: its title and a number, as in `Kursk-003.txt`."""
    return {text: name for name, _, text in _squad_articles(data)}


def _squad_articles(data: Iterable[object]) -> Iterator[tuple[str, str, str]]:
    """File name, title and text of each distinct context."""
    seen: set[str] = set()
    numbers: Counter[str] = Counter()  # by name in small letters: some file systems do not tell letters' size apart
    for article in data:
        given = article.get("title") if isinstance(article, dict) else None
        title = _title(given.replace("_", " ")) if isinstance(given, str) else ""
        stem = re.sub(r"[^\w-]+", "_", title)[:_LONGEST_STEM].strip("_") or "Text"
        for paragraph in _list(article, "paragraphs"):
            context = paragraph.get("context") if isinstance(paragraph, dict) else None
            text = _clean(context) if isinstance(context, str) else ""
            if text and text not in seen:
                seen.add(text)
                numbers[stem.casefold()] += 1
                yield f"{stem}-{numbers[stem.casefold()]:03}.txt", title, text


def _title(text: str) -> str:
    """A title in one line."""
    return " ".join(_clean(text).split())


def _list(parent: object, key: str) -> list[object]:
    value = parent.get(key) if isinstance(parent, dict) else None
    return value if isinstance(value, list) else []


# ---- judgements of whole articles, BEIR ----


def read_judgements(path: Path) -> tuple[Grades, list[str]]:
    """What a file of judgements holds: TREC lines `qid 0 docid grade`, or BEIR's `query-id corpus-id score`.

    The names of articles are kept as they are given. Returns also a line for each that is of neither form.
    """
    grades: Grades = {}
    faults = []
    lines = read_text(path, "judgements").split("\n")
    for number, line in enumerate(lines, start=1):
        cells = line.rstrip("\r").split("\t")  # BEIR's ids may have spaces, TREC's have none
        cells = cells if len(cells) == 3 else line.split()
        try:
            if len(cells) == 4:
                question, _, article, grade = cells
            else:
                question, article, grade = cells
            if int(grade) > 0:
                grades.setdefault(question, {})[article] = int(grade)
            else:
                grades.setdefault(question, {})
        except ValueError:
            if cells and (number > 1 or cells[0].casefold() not in ("query-id", "qid", "query_id")):  # no header
                faults.append(f'{path}:{number}: is no judgement like "q1 0 a.txt 1"; give it four cells')
    return grades, faults


def beir_judgements(folder: Path, split: Path | None) -> tuple[Grades, list[str]]:
    """The judgements of a split of a BEIR folder, of the test split where none is named.

    Articles go by the names that `texts_of` gives them. Raises QuestionInvalid where it is open which split is meant.
    """
    if not split:
        splits = sorted((folder / "qrels").glob("*.tsv"))
        split = next((one for one in splits if one.name == "test.tsv"), splits[0] if len(splits) == 1 else None)
        if not split:
            found = " but " + ", ".join(one.name for one in splits) if splits else " and no other judgements"
            raise QuestionInvalid(f"{folder / 'qrels'} holds no test.tsv{found}; name the judgements to use as qrels")
    grades, faults = read_judgements(split)
    return {question: {_file_name(i): grade for i, grade in of.items()} for question, of in grades.items()}, faults


def beir_entries(text: str, path: Path, wanted: Iterable[str]) -> Iterator[Entry]:
    """Those questions of BEIR's `queries.jsonl` whose ids are wanted, and all entries that are no questions."""
    missing = dict.fromkeys(wanted)
    for place, entry in json_lines(text, path):
        if not isinstance(entry, dict) or not isinstance(entry.get("_id"), str | int):
            yield place, QuestionInvalid('is no JSON object like {"_id": "q1", "text": "Wann beginnt die Messe?"}')
        elif str(entry["_id"]) in missing:
            del missing[str(entry["_id"])]
            yield place, {"id": entry["_id"], "question": entry.get("text")}
    for question in missing:
        yield str(path), QuestionInvalid(f"has no question {question[:100]!r}, which the judgements name")


def _file_name(corpus_id: str) -> str:
    """An id of a corpus as a file name, `urllib.parse.unquote` undoes it; a very long one becomes a hash."""
    name = quote(corpus_id, safe="", errors="backslashreplace")
    if len(name) > 200:
        name = hashlib.sha256(corpus_id.encode(errors="backslashreplace")).hexdigest()
    return f"{'%2E' + name[1:] if name.startswith('.') else name}.txt"  # the index passes hidden files over


# ---- TREC topics ----

_TOP = re.compile(r"(?:^|\n)[ \t]*<top>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:[a-z]{2}-)?([a-z]{1,10})>", re.IGNORECASE)  # CLEF writes <DE-title>
_LABEL = re.compile(r"\s*(?:number|topic|description)\s*:", re.IGNORECASE)


def is_topics(text: str) -> bool:
    """Whether a text holds TREC topics in SGML."""
    return bool(_TOP.search(text))


def topic_entries(text: str, path: Path) -> Iterator[Entry]:
    """The topics of an SGML file, with or without closing tags: the title is the question, else the description."""
    starts = [found.end() for found in _TOP.finditer(text)]
    line, counted = 1, 0
    for start, end in pairwise([*starts, len(text)]):
        line += text.count("\n", counted, start)
        counted = start
        topic = text[start:end]
        fields: dict[str, str] = {}
        tags = list(_TAG.finditer(topic))
        ends = [*(tag.start() for tag in tags[1:]), len(topic)]
        for tag, tag_end in zip(tags, ends, strict=False):
            if not tag[0].startswith("</"):
                content = _LABEL.sub("", topic[tag.end() : tag_end], count=1)
                fields.setdefault(tag[1].lower(), " ".join(html.unescape(content).split()))
        yield f"{path}:{line}", {"id": fields.get("num"), "question": fields.get("title") or fields.get("desc")}


def is_table(text: str) -> bool:
    """Whether the first line of a text has a tab in it."""
    return "\t" in text.lstrip().partition("\n")[0]


def table_entries(text: str, path: Path) -> Iterator[Entry]:
    """Lines of an id, a tab and a question."""
    for number, line in enumerate(text.split("\n"), start=1):
        question_id, tab, question = line.strip().partition("\t")
        if tab:
            yield f"{path}:{number}", {"id": question_id.strip(), "question": " ".join(question.split())}
        elif question_id:
            yield f"{path}:{number}", QuestionInvalid("has no tab; write the id, a tab and the question")


# ---- CSV ----

_COLUMNS = {
    "frage": "question",
    "beantwortbar": "answerable",
    "answer": "answers",
    "antwort": "answers",
    "antworten": "answers",
    "artikel": "article",
    "satz": "sentence",
    "typ": "type",
    "sprache": "lang",
    "seit": "since",
    "bis": "until",
}
_TRUTH = {
    **dict.fromkeys(("ja", "yes", "true", "wahr", "1"), True),
    **dict.fromkeys(("nein", "no", "false", "falsch", "0"), False),
}


def csv_columns(text: str) -> tuple[str, list[str]] | None:
    """The separator of a CSV file and its columns, under their English names; None if its first line names none.

    The separator is the one by which the header has a column of questions; a comma in a question misleads nobody.
    """
    header = re.split("[\r\n]", text.lstrip("\r\n")[:_LONGEST_HEADER], maxsplit=1)[0]
    for separator in ",;\t":
        cells = next(csv.reader([header], delimiter=separator), [])
        columns = [_COLUMNS.get(cell.strip().casefold(), cell.strip().casefold()) for cell in cells]
        if len(columns) > 1 and "question" in columns:
            return separator, columns
    return None


def csv_entries(text: str, path: Path, separator: str, columns: Sequence[str]) -> Iterator[Entry]:
    """The rows under the header; one with the id of an earlier row and no question of its own takes that one's."""
    if "id" not in columns:
        raise QuestionInvalid(f"{path} has no column 'id'; name the columns in its first line, as in: id;question")
    questions: dict[str, str] = {}
    for number, row in _csv_rows(text, separator):
        place = f"{path}:{number}"
        if isinstance(row, csv.Error):
            yield place, QuestionInvalid(f"cannot be read ({row}); check its quotation marks")
        elif any(cell.strip() for cell in row[len(columns) :]):
            yield place, QuestionInvalid("has more cells than the first line; quote a cell that holds the separator")
        elif any(cell.strip() for cell in row):
            cells = {column: cell.strip() for column, cell in zip(columns, row, strict=False) if cell.strip()}
            if "id" in cells and "question" in cells:
                questions.setdefault(cells["id"], cells["question"])
            yield place, _csv_entry(cells, questions.get(cells.get("id", "")))


def _csv_rows(text: str, separator: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """The rows under the header with the number of their first line; after a bad one it goes on in the next line."""
    lines = io.StringIO(text, newline="").readlines()
    start = next((number for number, line in enumerate(lines) if line.strip("\r\n")), 0) + 1
    while start < len(lines):
        rest = (lines[number] for number in range(start, len(lines)))
        reader = csv.reader(rest, delimiter=separator, strict=True)
        first = start
        try:
            for row in reader:
                if max(map(len, row), default=0) > _LONGEST_CELL:  # other libraries lift the reader's own limit
                    raise csv.Error(f"field larger than field limit ({_LONGEST_CELL})")
                yield first + 1, row
                first = start + reader.line_num
            return
        except csv.Error as error:
            yield first + 1, error
            start = first + 1


def _csv_entry(cells: Mapping[str, str], question: str | None) -> object:
    if ("article" in cells) != ("sentence" in cells):
        return QuestionInvalid("has an article without a sentence, or a sentence without an article; give both")
    answerable = cells.get("answerable")
    return Row(
        {key: cells[key] for key in ("id", "type", "lang", "since", "until") if key in cells},
        question=cells.get("question", question),
        answerable=_TRUTH.get(answerable.casefold(), answerable) if answerable else None,
        answers=_parts(cells.get("answers", "")),
        articles=_parts(cells.get("articles", "")),
        gold=[{"article": cells["article"], "sentence": cells["sentence"]}] if "article" in cells else [],
    )


def _parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split("|") if part.strip()]


# ---- articles that a set carries ----


def texts_of(path: Path) -> Iterator[tuple[str, str]]:
    """The articles of a SQuAD file or a BEIR folder: file names, and what to write into these files.

    A SQuAD file has an article in each distinct context, a BEIR folder one in each entry of its corpus that is not
    empty. A title stands before the text in a line `Titel: …`. The text is cleaned already as the index cleans it, so
    the index stores it as it is. By default the index takes the title from that line, and drops lines that look like
    leftovers of a web page, which may be a gold sentence once in a great while; with `raw` it drops nothing, and the
    line `Titel: …` is the first sentence of the article. Gold sentences are found again either way.

    Raises QuestionInvalid where there are no articles, and at the first entry of a corpus that is none.
    """
    if is_folder(path):
        texts = _corpus(path / "corpus.jsonl")
    else:
        squad = squad_data(read_text(path))
        texts = iter(() if squad is None else _squad_articles(squad))
    empty = True
    for name, title, text in texts:
        empty = False
        yield name, f"Titel: {title}\n\n{text}\n" if title and text else f"{title or text}\n"
    if empty:
        raise QuestionInvalid(
            f"{path} carries no articles, as SQuAD files and BEIR folders do; "
            "index its articles with: python -m index add --index DIR PATH"
        )


def _corpus(path: Path) -> Iterator[tuple[str, str, str]]:
    """File name, title and text of each article of a BEIR corpus, which may be larger than the memory."""
    try:
        with path.open("rb") as stream:
            number = 0
            while line := stream.readline(_LONGEST_LINE + 1):
                number += 1
                if len(line) > _LONGEST_LINE:
                    raise QuestionInvalid(f"{path}:{number}: has more than {_LONGEST_LINE:,} bytes; shorten the text")
                if not line.strip():
                    continue
                entry = parsed(line.removeprefix(b"\xef\xbb\xbf"))
                corpus_id, title, text = (_string(entry, key) for key in ("_id", "title", "text"))
                if not corpus_id:
                    raise QuestionInvalid(
                        f'{path}:{number}: is no JSON object like {{"_id": "a1", "title": "…", "text": "…"}}'
                    )
                if title.strip() or text.strip():
                    yield _file_name(corpus_id), _title(title), _clean(text)
    except OSError as error:
        raise QuestionInvalid(
            f"{path} cannot be read ({error.strerror}); name a SQuAD file or a BEIR folder with corpus.jsonl"
        ) from error


def _string(entry: object, key: str) -> str:
    value = entry.get(key) if isinstance(entry, dict) else None
    return str(value) if isinstance(value, str | int) else ""


def write_texts(path: Path, folder: Path) -> int:
    """Write the articles of `texts_of` into a folder for indexing; return how many they are.

    Files that stand there already as they should are left alone. Raises InputInvalid where the folder holds anything
    else: what is indexed would not be what the questions are about.
    """
    count = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strange = {file.name for file in folder.iterdir()}
        if strange:
            strange.difference_update(name for name, _ in texts_of(path))
        if strange:
            raise _strange(folder, min(strange))
        for name, text in texts_of(path):
            count += 1
            data = text.encode()
            try:
                with (folder / name).open("xb") as stream:
                    stream.write(data)
            except FileExistsError:
                if (folder / name).read_bytes() != data:
                    raise _strange(folder, name) from None
    except OSError as error:
        raise InputInvalid(
            f"{folder} cannot be written ({error.strerror}); name a folder that can be made and has room"
        ) from error
    return count


def _strange(folder: Path, name: str) -> InputInvalid:
    return InputInvalid(f"{folder} holds {name}, which is none of these articles; name a new or an empty folder")
