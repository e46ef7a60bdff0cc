"""The words of the page are complete, alike in both languages, and all of them used; that is read from the sources."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from index import files, formats
from qa import render
from qa.collection import Order
from qa.exporting import ConversationForm, Form
from qa.feedback import Judgement
from qa.words import PAGE, REASONS, reason

ROOT = Path(__file__).resolve().parent.parent
MODULES = [ROOT / "app.py", *sorted(path for path in (ROOT / "qa").glob("*.py") if path.name != "words.py")]
SCRIPT = (ROOT / "qa" / "page" / "script.js").read_text(encoding="utf-8")

# keys that the sources put together or pass on, by the expression that stands for them
NOTICES = {"empty_question", "long_question", "empty_index", "failed", "stopped", "overdue"}
BUILT = {
    ("app.py", "name"): {"other_language", "theme", "help", "since", "until", "first_day", "last_day"},
    ("app.py", "label"): {"scope_articles", "scope_outlets"},
    ("desk.py", "f'by_{order}'"): {f"by_{order}" for order in Order},
    ("html.py", "turn.notice"): NOTICES,
    ("html.py", "f'as_{form}'"): {f"as_{form}" for form in (*Form, *ConversationForm)},
    ("html.py", "f'judge_{judgement}'"): {f"judge_{judgement}" for judgement in Judgement},
    ("html.py", "reason"): {"why_meaning", "why_words", "why_both"},
    ("html.py", "name"): {"previous", "next"},
    ("html.py", "word"): {"open", "rename", "delete"},
}


def is_page(node: ast.expr) -> bool:
    """Whether an expression is PAGE[…], the words in one language."""
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "PAGE"


def of_words(node: ast.AST, names: set[str]) -> ast.expr | None:
    """The key that an expression takes from the words, which have names of their own in a module, or None."""
    if isinstance(node, ast.Subscript) and (
        is_page(node.value) or (isinstance(node.value, ast.Name) and node.value.id in names)
    ):
        return node.slice
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "i18n":
        return node.args[0]
    return None


def taken_from_words(path: Path) -> Iterator[tuple[ast.expr, set[str]]]:
    """The expressions of a module that take something from the words of the page, each with its possible keys."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))]:
        assigned = [node for node in ast.walk(function) if isinstance(node, ast.Assign) and is_page(node.value)]
        names = {target.id for node in assigned for target in node.targets if isinstance(target, ast.Name)}
        for node in ast.walk(function):
            if key := of_words(node, set() if function is tree else names):
                yield node, keys_of(key, path.name)


def keys_of(key: ast.expr, module: str) -> set[str]:
    if isinstance(key, ast.IfExp):
        return keys_of(key.body, module) | keys_of(key.orelse, module)
    return {key.value} if isinstance(key, ast.Constant) else BUILT[module, ast.unparse(key)]


def filled_in(path: Path) -> Iterator[tuple[set[str], list[str]]]:
    """The keys whose words a module fills in, with the placeholders for which it has something."""
    taken = {ast.unparse(node): keys for node, keys in taken_from_words(path)}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            keys = taken.get(ast.unparse(node.func.value), set())
            if keys and all(keyword.arg for keyword in node.keywords):  # what **more holds cannot be read here
                yield keys, sorted([*("" for _ in node.args), *(str(keyword.arg) for keyword in node.keywords)])


def used_in_script() -> Iterator[str]:
    yield from re.findall(r"\bwords\.(\w+)", SCRIPT)
    for built in re.findall(r"\bwords\[([^\]]+)\]", SCRIPT):
        if built == "`key_${what}`":
            [shown] = re.findall(r"const shown = \[(\[.*\])\];", SCRIPT)
            yield from (f"key_{what}" for what in re.findall(r'\["[^"]+", "(\w+)"\]', shown))
        else:
            assert built == "name"
            [named] = re.findall(r"const named = \{(.*)\};", SCRIPT)
            yield from re.findall(r': "(\w+)"', named)


def placeholders(words: dict[str, str]) -> dict[str, list[str | None]]:
    return {key: sorted(str(part[1]) for part in Formatter().parse(text) if part[1] is not None)
            for key, text in words.items()}  # fmt: skip


@pytest.mark.parametrize("words", [PAGE, render.EXPORT])
def test_words_have_the_same_keys_and_placeholders_in_both_languages(words):
    assert list(words) == ["de", "en"]
    assert placeholders(words["de"]) == placeholders(words["en"])
    assert list(words["de"]) == list(words["en"])


@pytest.mark.parametrize("language", PAGE)
def test_words_of_the_page_are_no_empty_text(language):
    assert [key for key, text in PAGE[language].items() if not text.strip() or text != text.strip()] == []


def test_words_of_the_page_are_the_ones_that_are_used():
    used = {key for path in MODULES for _, keys in taken_from_words(path) for key in keys} | set(used_in_script())
    assert sorted(PAGE["de"].keys() - used) == []
    assert sorted(used - PAGE["de"].keys()) == []


def test_words_of_the_page_are_given_what_they_have_placeholders_for():
    needed = placeholders(PAGE["de"])
    given = [(keys, names) for path in MODULES for keys, names in filled_in(path)]
    assert len(given) >= 10
    assert [(keys, names) for keys, names in given if any(needed[key] != names for key in keys)] == []


def test_words_that_notices_name_are_the_ones_of_the_page():
    named = set()
    for module in ("chat.py", "desk.py"):
        tree = ast.parse((ROOT / "qa" / module).read_text(encoding="utf-8"))
        given = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "notice"]
        names = {value.id for value in given if isinstance(value, ast.Name)}
        given += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and names & {ast.unparse(target) for target in node.targets}
        ]
        for value in given:
            choices = (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
            named |= {choice.value for choice in choices if isinstance(choice, ast.Constant)}
    assert named == NOTICES


# why a file was skipped


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("is empty; add a file with text in it", "ist leer; bitte eine Datei mit Text hinzufügen"),
        (
            "has 25,000,000 bytes, more than the 20,000,000 that are read; split it into single articles",
            "hat 25.000.000 Bytes, gelesen werden höchstens 20.000.000; bitte in einzelne Artikel teilen",
        ),
        (
            "has the ending .txt, but is a PDF file; rename it, or save its text as plain text (.txt)",
            "hat die Endung .txt, ist aber eine PDF-Datei; bitte umbenennen, oder den Text als reinen Text (.txt) "
            "speichern",
        ),
        (
            "holds no article: of 3 parts, the first (a/b.txt) is empty; add a file with text in it",
            "enthält keinen Artikel: Von 3 Teilen gilt für den ersten (a/b.txt): ist leer; bitte eine Datei mit Text "
            "hinzufügen",
        ),
        (
            "is no JSON (Expecting value: line 3 column 1 (char 17)); correct it, or save its text as plain text "
            "(.txt)",
            "ist kein JSON (Zeile 3, Spalte 1); bitte berichtigen, oder den Text als reinen Text (.txt) speichern",
        ),
        ("is a riddle", "is a riddle"),
        ("", ""),
    ],
)
def test_reason_is_told_in_the_language_of_the_page(english, german):
    assert reason(english, "de") == german
    assert reason(english, "en") == english


@pytest.mark.parametrize(
    "name", ["holds no article: of 1 parts, the first (" * 20_000, "is {}, {0} (" * 20_000, "{0.x}"]
)
def test_reason_bears_a_file_with_the_name_of_a_reason(name):
    told = reason(f"holds no article: of 1 parts, the first ({name}) is empty; add a file with text in it", "de")
    assert told.startswith("enthält keinen Artikel: Von 1 Teilen gilt für den ersten (")


def reasons_in(path: Path) -> Iterator[str]:
    """What a module says of files that it skips; "…" stands for what it fills in."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    def text_of(node: ast.AST) -> str | None:
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name):
                return constants.get(name)
            case ast.JoinedStr(values=values):
                return "".join(
                    str(part.value) if isinstance(part, ast.Constant) else text_of(part.value) or "…" for part in values
                )
        return None

    tellers = {"_reason_to_skip", "_why_not_opened", "_why_it_ended"}
    for node in ast.walk(tree):
        told: list[ast.AST] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            told = {"ArticleUnreadable": node.args[:1], "Skipped": node.args[1:]}.get(node.func.id, [])
            if node.func.id == "Received" and len(node.args) == 3 and isinstance(node.args[2], ast.Tuple):
                told = node.args[2].elts
        elif isinstance(node, ast.FunctionDef) and node.name in tellers:
            told = [part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value]
        elif isinstance(node, ast.Dict) and [text_of(key) for key in node.keys if key] == ["error"]:
            told = node.values
        elif isinstance(node, ast.IfExp) and path.name == "articles.py":
            told = [node.body, node.orelse]
        yield from (text for text in map(text_of, told) if isinstance(text, str) and " " in text)


def test_reasons_are_all_told_in_german():
    sources = [ROOT / "index" / f"{name}.py" for name in ("articles", "files", "formats", "sandbox", "webpage")]
    told = {text for path in [*sources, ROOT / "qa" / "collection.py"] for text in reasons_in(path)}
    assert len(told) > 50
    told = {re.sub("^…,", "has …,", text) for text in told}  # which is put together before
    assert [text for text in sorted(told) if reason(text, "de") == text] == []
    for pattern, german in REASONS.items():
        fields = sorted(int(part[1]) for part in Formatter().parse(german) if part[1] is not None)
        assert set(fields) <= set(range(pattern.count("{}"))), pattern
        assert not german.endswith(".")


def test_kinds_of_files_are_all_named_in_german():
    kinds = {*formats._KIND_OF.values(), *(kind for _, kind, _ in formats._MAGIC), *(kind for _, kind in files._MAGIC)}
    assert [kind for kind in sorted(kinds) if reason(kind, "de") == kind] == []
