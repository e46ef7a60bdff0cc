"""The chat page: `python app.py [--index DIR] [--articles PATH...] [--host 127.0.0.1] [--port 7860] [--lang de|en]`."""

import argparse
import hashlib
import ipaddress
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.command_line import common_options, named_embedder, progress_bar, run, summary
from index.embedded_model import cache_folder
from index.errors import IndexMissing, InputInvalid, NewsError, QuestionInvalid
from index.files import printable
from index.store import NewsIndex
from qa import html, render
from qa.answers import Assistant
from qa.examples import EXAMPLES
from qa.guard import Guard, safe_environment
from qa.options import answering_options, named_assistant
from qa.types import Answer

if TYPE_CHECKING:
    import gradio as gr

SAMPLE_ARTICLES = Path(__file__).parent / "articles"
PAGE = Path(__file__).parent / "qa" / "page"
KEPT_TURNS = 20  # of a conversation

logger = logging.getLogger("app")


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with what came of it: an answer, or a notice why there is none."""

    number: int
    question: str
    answer: Answer | None
    notice: str = ""


def main(argv: Sequence[str] | None = None) -> int:
    """Build or open the index and serve the chat until it is stopped."""
    arguments = _parser().parse_args(argv)
    _check_address(arguments.host, arguments.port)
    news_index = _index(arguments)
    temp_folder = Path(tempfile.mkdtemp(prefix="belegstelle-"))
    try:
        safe_environment(os.environ, temp_folder)
        _serve(named_assistant(arguments, news_index), arguments, sample=_serves_samples(arguments))
    finally:
        shutil.rmtree(temp_folder, ignore_errors=True)
        news_index.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python app.py", description="Chat with articles.", parents=[common_options(), answering_options()]
    )
    parser.add_argument("--articles", nargs="+", type=Path, metavar="PATH", help="files and folders to add at start")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=7860, help="default 7860")
    parser.add_argument("--lang", choices=sorted(render.PAGE), default="de", help="language of the page")
    return parser


def _check_address(host: str, port: int) -> None:
    """Raise InputInvalid where the page cannot or must not be served, before anything takes time."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise InputInvalid(
            f"--host {host} is no loopback address; the page has no login, so serve 127.0.0.1 and put a web server "
            "with TLS and passwords before it"
        )
    if not 1 <= port <= 65535:
        raise InputInvalid(f"--port {port} is no port; name one from 1024 to 65535, such as --port 7860")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise InputInvalid(f"--port {port} cannot be used ({error}); name another, such as --port 7861") from error


def _serves_samples(arguments: argparse.Namespace) -> bool:
    return not (arguments.index or arguments.articles or os.environ.get("BELEGSTELLE_INDEX"))


def _index(arguments: argparse.Namespace) -> NewsIndex:
    """Open the named index, or one in the user's cache for the named articles, and add these."""
    articles = arguments.articles or ([SAMPLE_ARTICLES] if _serves_samples(arguments) else [])
    named = arguments.index or os.environ.get("BELEGSTELLE_INDEX")
    if named:
        folder = Path(named).expanduser()
    else:
        places = "\n".join(sorted(str(path.absolute()) for path in articles))
        folder = cache_folder() / "indexes" / hashlib.sha256(places.encode()).hexdigest()[:12]
    embedder = named_embedder(arguments)
    if not articles:
        news_index = NewsIndex(folder, embedder)
    else:
        news_index = NewsIndex.open_or_create(folder, embedder)
        report = news_index.add(articles, progress=progress_bar("files", quiet=arguments.quiet))
        for skipped in report.skipped:
            print(f"skipped {printable(skipped.path)}: {printable(skipped.reason)}", file=sys.stderr)
        if not arguments.quiet:
            print(summary(report), file=sys.stderr)
    return news_index


def _serve(assistant: Assistant, arguments: argparse.Namespace, *, sample: bool) -> None:
    """Serve the page until SIGINT or SIGTERM."""
    from starlette.middleware import Middleware

    stopped = threading.Event()
    page = build_page(assistant, arguments.lang, EXAMPLES if sample else ())
    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    names = {f"{name}:{arguments.port}" for name in (host, "localhost", "127.0.0.1")}
    page.launch(
        server_name=arguments.host,
        server_port=arguments.port,
        share=False,
        inbrowser=False,
        prevent_thread_lock=True,
        quiet=True,
        show_error=False,
        max_threads=16,
        max_file_size="20mb",
        state_session_capacity=200,
        allowed_paths=[],
        blocked_paths=[str(assistant.news_index.folder.absolute())],
        strict_cors=True,
        ssr_mode=False,
        num_workers=0,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
        run_history=False,
        footer_links=[],
        favicon_path=PAGE / "favicon.svg",
        app_kwargs={
            "middleware": [Middleware(Guard, hosts=tuple(sorted(names)))],
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
        **_look(),
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    print(f"Belegstelle: http://{host}:{arguments.port}", flush=True)
    if not arguments.quiet:
        print("stop it with Ctrl-C", file=sys.stderr, flush=True)
    stopped.wait()
    page.close(verbose=False)


def _look() -> dict[str, Any]:
    """Theme, style and script of the page; all of them constants."""
    import gradio as gr

    fonts = ("Charter", "Georgia", "serif")  # the system's own, since nothing is fetched
    return {
        "theme": gr.themes.Base(primary_hue="blue", neutral_hue="stone", font=fonts, font_mono=("monospace",)),
        "css": (PAGE / "style.css").read_text(encoding="utf-8"),
        "head": f"<script>{(PAGE / 'script.js').read_text(encoding='utf-8')}</script>",
    }


def build_page(assistant: Assistant, language: str, examples: Sequence[str]) -> "gr.Blocks":
    """Lay the page out and connect it; nothing is served yet."""
    import gradio as gr

    words = render.PAGE[language]
    reading: dict[str, Any] = {
        "layout": "panel",
        "buttons": [],
        "render_markdown": False,
        "sanitize_html": True,
        "allow_tags": False,
        "latex_delimiters": [],
        "feedback_options": None,
        "allow_file_downloads": False,
        "editable": None,
        "show_label": False,
    }

    def respond(question: str, turns: list[Turn]) -> tuple[object, ...]:
        turn = _turn(assistant, question, (turns[-1].number + 1) if turns else 1, language)
        turns = [*turns, turn][-KEPT_TURNS:]
        kept = question if turn.answer is None else ""  # what could not be asked can be mended
        return turns, conversation(turns, language), kept, show(f"beleg-{turn.number}-1", turns)

    def pick(example: gr.SelectData, turns: list[Turn]) -> tuple[object, ...]:
        return respond(example.value["text"], turns)

    def show(chosen: str, turns: list[Turn]) -> Any:
        return [{"role": "assistant", "content": source_html(turns, chosen, language)}]

    def begin_anew() -> tuple[object, ...]:
        return [], [], "", show("", [])

    page = gr.Blocks(title=words["title"], analytics_enabled=False, delete_cache=(600, 3600), fill_width=True)
    with page:
        turns = gr.State([])
        chosen = gr.Textbox(visible="hidden", elem_id="chosen", show_label=False, container=False)
        counts = assistant.news_index.catalogue.counts()
        gr.Markdown(f"# {words['title']}", elem_id="title", container=False)
        gr.Markdown(f"{words['motto']} {words['collection'].format(**counts)}.", elem_id="motto", container=False)
        with gr.Row(elem_id="desk"):
            with gr.Column(scale=6, min_width=320):
                chat = gr.Chatbot(
                    label=words["conversation"],
                    elem_id="chat",
                    placeholder=words["welcome_examples"] if examples else words["welcome"],
                    examples=[{"text": example} for example in examples],
                    height="64vh",
                    **reading,
                )
                with gr.Row(elem_id="asking"):
                    question = gr.Textbox(
                        label=words["question"],
                        placeholder=words["placeholder"],
                        elem_id="question",
                        max_lines=4,
                        scale=8,
                        autofocus=True,
                    )
                    with gr.Column(scale=1, min_width=150, elem_id="buttons"):
                        ask = gr.Button(words["ask"], variant="primary", elem_id="ask")
                        anew = gr.Button(words["begin_anew"], elem_id="anew", size="sm")
            with gr.Column(scale=5, min_width=320):
                reader = gr.Chatbot(
                    show("", []), label=words["source"], elem_id="reader", height="80vh", autoscroll=False, **reading
                )
        outputs = [turns, chat, question, reader]
        gr.on([ask.click, question.submit], respond, [question, turns], outputs)
        chat.example_select(pick, [turns], outputs)
        anew.click(begin_anew, None, outputs)
        chosen.change(show, [chosen, turns], [reader], show_progress="hidden")
    page.queue(api_open=False, max_size=32, default_concurrency_limit=2, status_update_rate=2)
    return page


def conversation(turns: Sequence[Turn], language: str) -> list[dict[str, str]]:
    """The messages of a conversation."""
    messages = []
    for turn in turns:
        if turn.question.strip():
            messages.append({"role": "user", "content": html.question_html(turn.question)})
        shown = html.notice_html(turn.notice)
        if turn.answer is not None:
            shown = html.answer_html(turn.answer, turn.number, language)
        messages.append({"role": "assistant", "content": shown})
    return messages


def source_html(turns: Sequence[Turn], chosen: str, language: str) -> str:
    """The article of the chosen citation or passage, with what was cited from it marked."""
    target = html.parse_target(chosen)
    answer = next((turn.answer for turn in turns if target and turn.number == target.answer), None)
    if target and answer:
        if target.kind == "stelle":
            hit = next((hit for hit in answer.passages if hit.rank == target.number), None)
            if hit:
                return html.article_html(
                    hit.article, [html.Mark(hit.passage.start, hit.passage.end, current=True)], language
                )
        citation = next((citation for citation in answer.citations if citation.marker == target.number), None)
        if citation:
            marks = [
                html.Mark(other.sentence.start, other.sentence.end, str(other.marker), current=other is citation)
                for other in answer.citations
                if other.article.id == citation.article.id
            ]
            return html.article_html(citation.article, marks, language)
    return html.notice_html(render.PAGE[language]["no_source"])


def _turn(assistant: Assistant, question: str, number: int, language: str) -> Turn:
    """Ask, and turn whatever goes wrong into a notice for the page; the log has the rest."""
    words = render.PAGE[language]
    allowed = assistant.settings.longest_question
    try:
        return Turn(number, question, assistant.ask(question))
    except QuestionInvalid:
        too_long = len(question) > allowed
        notice = (
            words["long_question"].format(found=len(question), allowed=allowed) if too_long else words["empty_question"]
        )
        return Turn(number, "" if too_long else question, None, notice)
    except IndexMissing:
        notice = words["empty_index"].format(command="python -m index add --index DIR PATH...")
    except Exception as error:  # the page must go on; the log says what happened
        identity = uuid.uuid4().hex[:8]
        logger.error("error %s: %s", identity, error, exc_info=not isinstance(error, NewsError))
        notice = words["failed"].format(id=identity)
    return Turn(number, question, None, notice)


if __name__ == "__main__":
    sys.exit(run(main))
