"""The chat page: `python app.py [--index DIR] [--articles PATH...] [--host 127.0.0.1] [--port 7860] [--lang de|en]`."""

import argparse
import functools
import hmac
import inspect
import io
import json
import math
import os
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from index.command_line import run
from index.errors import InputInvalid, QuestionInvalid
from qa.answers import Assistant
from qa.chat import Turn
from qa.collection import Order, forget_removed
from qa.desk import ROWS, Choices, Desk, Label, Shown, Visible, language_of
from qa.examples import EXAMPLES
from qa.first_words import FirstWords
from qa.guard import Guard, safe_environment
from qa.options import named_assistant
from qa.programs import Programs
from qa.serving import (
    Health,
    check_address,
    host_names,
    is_loopback,
    opened_index,
    password_check,
    serves_samples,
    serving_parser,
)
from qa.settings import DEFAULTS
from qa.words import PAGE

if TYPE_CHECKING:
    import gradio as gr

ASSETS = Path(__file__).parent / "qa" / "page"
LARGEST_FILE = 20_000_000  # bytes
LARGEST_UPLOAD = 64_000_000
MOST_FILES = 60  # in one upload
LONGEST_WAIT = 120.0  # seconds for an answer, which is then given up
LONGEST_SEARCH = 10.0  # seconds of it until passages are found
LAST_SECONDS = 10.0  # that answers have which are being worked on when the program is stopped

Handler = Callable[..., Any]  # a method of the desk: gives what is shown by name, at once or in steps
_at_work: set[Iterator[Any]] = set()  # those of which a thread has begun a step, although nobody may wait for it


def main(argv: Sequence[str] | None = None) -> int:
    """Build or open the index and serve the chat until it is stopped."""
    arguments = serving_parser().parse_args(argv)
    check_address(arguments)
    password = password_check(arguments.password_file)
    temp_folder = Path(tempfile.mkdtemp(prefix="belegstelle-"))
    try:
        safe_environment(os.environ, temp_folder)  # before the models are loaded
        with closing(opened_index(arguments)) as news_index:
            forget_removed(news_index)
            if not _serve(named_assistant(arguments, news_index), arguments, password, temp_folder):
                shutil.rmtree(temp_folder, ignore_errors=True)
                os._exit(0)  # what is still at work needs the index, and Python would wait for it
    finally:
        shutil.rmtree(temp_folder, ignore_errors=True)
    return 0


def _serve(
    assistant: Assistant,
    arguments: argparse.Namespace,
    password: Callable[[str, str], bool] | None,
    temp_folder: Path,
) -> bool:
    """Serve the page until SIGINT or SIGTERM, and end what was begun by then; return whether all of it came to its end.

    A second signal ends the program at once.
    """
    from starlette.middleware import Middleware

    ending = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        if ending.is_set():
            shutil.rmtree(temp_folder, ignore_errors=True)
            os._exit(1)
        ending.set()

    secret = secrets.token_urlsafe()  # with which the program's own client logs in

    def let_in(name: str, given: str) -> bool:
        own = hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode())
        return own or (password is not None and password(name, given))

    examples = EXAMPLES if serves_samples(arguments) else ()
    programs = Programs(assistant) if arguments.api or arguments.mcp or is_loopback(arguments.host) else None
    page = build_page(Desk(assistant), arguments.lang, examples, programs)
    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    with redirect_stdout(io.StringIO()):  # the address is told below, and nothing else
        page.launch(
            server_name=host,
            server_port=arguments.port,
            share=False,
            inbrowser=False,
            prevent_thread_lock=True,
            quiet=True,
            show_error=False,
            max_threads=16,
            max_file_size=LARGEST_FILE,
            state_session_capacity=200,
            allowed_paths=[],
            blocked_paths=[str(assistant.news_index.folder.absolute())],
            strict_cors=True,
            ssr_mode=False,
            num_workers=0,
            auth=let_in if password else None,
            ssl_certfile=str(arguments.tls_cert) if arguments.tls_cert else None,
            ssl_keyfile=str(arguments.tls_key) if arguments.tls_key else None,
            ssl_verify=False,  # it only opens its own page once, to see whether it is there
            mcp_server=arguments.mcp,
            pwa=False,
            enable_monitoring=False,
            run_history=False,
            footer_links=[],
            favicon_path=ASSETS / "favicon.svg",
            app_kwargs={
                "middleware": [
                    Middleware(
                        Guard,
                        hosts=host_names(arguments.host, arguments.port),
                        max_upload=LARGEST_UPLOAD,
                        max_files=MOST_FILES,
                        ending=ending,
                        password=password,
                    ),
                    Middleware(Health, news_index=assistant.news_index, details=password is None),
                    Middleware(FirstWords, language=arguments.lang),
                ],
                "docs_url": None,
                "redoc_url": None,
                "openapi_url": None,
            },
            **_look(),
        )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    if arguments.mcp and password:
        _log_tools_in(page, secret)
    scheme = "https" if arguments.tls_cert else "http"
    print(f"Belegstelle: {scheme}://{host}:{arguments.port}", flush=True)
    if not arguments.quiet:
        print("stop it with Ctrl-C", file=sys.stderr, flush=True)
    ending.wait()
    queue = page._queue
    finished = _within(LAST_SECONDS, lambda: not any(queue.active_jobs) and not len(queue))
    _within(1.0, lambda: not any(queue.pending_event_ids_session.values()))  # until the answers have been fetched
    page.close(verbose=False)
    return finished and not _at_work


def _log_tools_in(page: "gr.Blocks", secret: str) -> None:
    """Log in the client through which the tools over MCP call the endpoints; Gradio makes one that cannot."""
    from gradio_client import Client

    tools = page.mcp_server_obj
    if tools is not None:
        tools._client_instance = Client(
            page.local_url,
            auth=("mcp", secret),
            headers={"x-gradio-user": "mcp"},
            download_files=False,
            verbose=False,
            analytics_enabled=False,
            ssl_verify=False,  # it only calls its own program
            _skip_components=False,
        )


def _within(seconds: float, done: Callable[[], bool]) -> bool:
    """Wait until something is done, but not longer; return whether it is."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _look() -> dict[str, Any]:
    """Theme, style, script and words of the page; all of them constants."""
    import gradio as gr

    fonts = ("Charter", "Georgia", "serif")  # the system's own, since nothing is fetched
    words = json.dumps(PAGE, ensure_ascii=False).replace("</", "<\\/")
    limits = {
        "question": DEFAULTS.longest_question,
        "files": MOST_FILES,
        "file": LARGEST_FILE,
        "upload": LARGEST_UPLOAD,
    }
    script = (ASSETS / "script.js").read_text(encoding="utf-8")
    return {
        "theme": gr.themes.Base(primary_hue="blue", neutral_hue="stone", font=fonts, font_mono=("monospace",)),
        "css": (ASSETS / "style.css").read_text(encoding="utf-8"),
        "head": f"<script>const BELEGSTELLE = {words}, LIMITS = {json.dumps(limits)};\n{script}</script>",
        "i18n": gr.I18n(**PAGE),
    }


def build_page(desk: Desk, language: str | None, examples: Sequence[str], programs: Programs | None) -> "gr.Blocks":
    """Lay the page out and connect it; nothing is served yet."""
    import gradio as gr

    i18n = gr.I18n(**PAGE)
    markup: dict[str, Any] = {  # how a Chatbot shows what `qa.html` wrote, and nothing else
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
        "autoscroll": False,
    }
    parts: dict[str, Any] = {}  # of the page, by the names that the desk gives them

    def hidden(name: str) -> gr.Textbox:
        """A field through which the page's script tells what was clicked or kept, or is told what to copy or keep."""
        return gr.Textbox(visible="hidden", elem_id=name, show_label=False, container=False)

    page = gr.Blocks(title=PAGE["de"]["title"], analytics_enabled=False, delete_cache=(600, 3600), fill_width=True)
    with page:
        for name, value in (("turns", []), ("rows", ROWS), ("removed", None), ("renaming", "")):
            parts[name] = gr.State(value)
        for name in ("clicked", "picked", "recalled", "handout", "stored", "identity"):
            parts[name] = hidden(name)
        with gr.Row(elem_id="head"):
            gr.Markdown(f"# {PAGE['de']['title']}", elem_id="title", container=False)
            parts["status"] = gr.Markdown("", elem_id="status", container=False)
            for name in ("other_language", "theme", "help"):  # the page's script listens to them
                gr.Button(i18n(name), elem_id=name.replace("_", "-"), size="sm", scale=0)
        with gr.Tabs(elem_id="rooms"):
            with gr.Tab(i18n("tab_chat")), gr.Row(elem_classes="desk"):
                with gr.Column(scale=6, min_width=320):
                    parts["talk"] = gr.Chatbot(
                        label=i18n("conversation"),
                        elem_id="chat",
                        placeholder=i18n("welcome_examples" if examples else "welcome"),  # type: ignore[arg-type]
                        examples=[{"text": example} for example in examples],
                        height="58vh",
                        **markup,
                    )
                    with gr.Row(elem_id="asking"):
                        parts["question"] = gr.Textbox(
                            label=i18n("question"),
                            placeholder=i18n("placeholder"),
                            elem_id="question",
                            max_lines=4,
                            scale=8,
                            autofocus=True,
                        )
                        with gr.Column(scale=1, min_width=150, elem_id="buttons"):
                            ask = gr.Button(i18n("ask"), variant="primary", elem_id="ask")
                            stop = gr.Button(i18n("stop"), elem_id="stop", size="sm")
                            anew = gr.Button(i18n("begin_anew"), elem_id="anew", size="sm")
                    with gr.Row(elem_id="scoping"):
                        parts["scope"] = gr.Accordion(i18n("scope"), open=False, elem_id="scope")
                        with parts["scope"], gr.Row():
                            for name, label in (("articles", "scope_articles"), ("outlets", "scope_outlets")):
                                parts[name] = gr.Dropdown([], label=i18n(label), multiselect=True, elem_id=name)
                            for name in ("since", "until"):
                                parts[name] = gr.Textbox(label=i18n(name), max_length=20, min_width=130, elem_id=name)
                        parts["everywhere"] = gr.Button(
                            i18n("everywhere"), visible=False, elem_id="everywhere", size="sm", scale=0, min_width=150
                        )
                with gr.Column(scale=5, min_width=320):
                    gr.Button(i18n("back"), elem_classes="back", size="sm")
                    parts["source"] = gr.Chatbot(label=i18n("source"), elem_id="source", height="80vh", **markup)
            with gr.Tab(i18n("tab_collection")), gr.Row(elem_classes="desk"):
                with gr.Column(scale=6, min_width=320):
                    parts["upload"] = gr.File(
                        label=i18n("upload"),
                        file_count="multiple",
                        elem_id="upload",
                        height=130,
                    )
                    with gr.Row(elem_id="sifting"):
                        parts["find"] = gr.Textbox(label=i18n("find"), elem_id="find", max_length=200, min_width=300)
                        parts["order"] = gr.Dropdown(
                            list(Order), value=str(Order.DATE), label=i18n("sort"), elem_id="order", min_width=180
                        )
                        parts["outlet"] = gr.Dropdown(
                            [""], value="", label=i18n("outlet"), elem_id="outlet", min_width=180
                        )
                        for name in ("first_day", "last_day"):
                            parts[name] = gr.Textbox(label=i18n(name), max_length=20, min_width=130, elem_id=name)
                    parts["listed"] = gr.Chatbot(
                        label=i18n("tab_collection"), elem_id="listed", height="56vh", **markup
                    )
                with gr.Column(scale=5, min_width=320):
                    gr.Button(i18n("back"), elem_classes="back", size="sm")
                    parts["reading"] = gr.Chatbot(label=i18n("source"), elem_id="reading", height="80vh", **markup)
            with gr.Tab(i18n("tab_history")):
                parts["find_talk"] = gr.Textbox(label=i18n("find_conversation"), elem_id="find-talk", max_length=200)
                with gr.Row(visible=False, elem_id="renaming") as parts["naming"]:
                    parts["new_title"] = gr.Textbox(
                        label=i18n("new_title"), elem_id="new-title", max_length=120, scale=4
                    )
                    save = gr.Button(i18n("save"), elem_id="save", scale=1)
                    keep = gr.Button(i18n("keep_title"), elem_id="keep", scale=1)
                parts["history"] = gr.Chatbot(label=i18n("tab_history"), elem_id="history", height="64vh", **markup)

        def connect(
            events: list[Any],
            handler: Handler,
            inputs: Sequence[str],
            outputs: Sequence[str],
            *,
            chosen: bool = False,
            **more: Any,
        ) -> Any:
            """Call a method of the desk with what parts hold, after what was `chosen`; show what it gives by name."""
            of_inputs, of_outputs = [parts[name] for name in inputs], [parts[name] for name in outputs]
            adapted = _adapted(handler, inputs, parts, language, desk.overdue, chosen=chosen)
            return gr.on(
                events, adapted, of_inputs, of_outputs, show_progress="hidden", api_visibility="private", **more
            )

        def left(*names: str) -> list[Any]:
            """The events of fields for days, which are read when they are left: what is typed is no day till then."""
            return [event for name in names for event in (parts[name].blur, parts[name].submit)]

        scope = ["articles", "outlets", "since", "until"]
        scoping = [*scope, "scope", "everywhere"]
        counted = ["status", "outlet", "articles", "outlets"]
        answering = ["turns", "talk", "question", "source", "stored", "identity"]
        sifting = ["find", "outlet", "first_day", "last_day", "order", "rows"]
        respond = ["turns", *scope, "stored", "identity"]
        recalling = connect(
            [parts["recalled"].change],
            desk.recall,
            ["recalled", "stored", "find_talk"],
            ["stored", "history", "naming", "new_title", "renaming", "turns", "talk", "source", "identity", *scoping],
        )
        asking = [
            connect(
                [ask.click, parts["question"].submit],
                desk.respond,
                ["question", *respond],
                answering,
                trigger_mode="always_last",  # what is asked before an answer is there is asked after it, not dropped
                cancels=[recalling],
            ),
            connect([parts["talk"].example_select], desk.respond, respond, answering, chosen=True, cancels=[recalling]),
            connect(
                [parts["clicked"].change],
                desk.act,
                ["clicked", "turns", "stored", "identity"],
                [*answering, "handout", *scoping],
            ),
        ]
        working = [*asking, recalling]
        connect([stop.click], desk.stop, ["turns"], ["turns", "talk"], cancels=working)
        begun = ["turns", "talk", "question", "source", "identity", *scoping]
        connect([anew.click], desk.begin_anew, [], begun, cancels=working)
        narrowing = [parts["articles"].change, parts["outlets"].change, *left("since", "until")]
        connect(narrowing, desk.narrow, scope, ["scope", "everywhere"])
        connect([parts["everywhere"].click], desk.widen, [], scoping)

        changed = [parts[name].change for name in ("find", "outlet", "order")]
        connect([*changed, *left("first_day", "last_day")], desk.sift, [*sifting, "removed"], ["listed"])
        connect(
            [parts["picked"].change],
            desk.tidy,
            ["picked", *sifting, "removed", "articles", "outlets"],
            ["listed", "reading", "rows", "removed", *counted],
        )
        connect(
            [parts["upload"].upload],
            desk.upload,
            ["upload", *sifting, "articles", "outlets"],
            ["upload", "listed", *counted],
            concurrency_limit=1,
        )

        connect(
            [parts[name].change for name in ("stored", "find_talk")], desk.recent, ["stored", "find_talk"], ["history"]
        )
        connect(
            [save.click, parts["new_title"].submit],
            desk.rename,
            ["new_title", "renaming", "stored", "find_talk"],
            ["stored", "history", "naming"],
        )
        connect([keep.click], desk.keep_title, [], ["naming"])
        connect([page.load], desk.open_page, ["stored"], [*counted, "order", "listed", "source", "history", "reading"])
        for endpoint in programs.endpoints if programs else ():
            gr.api(_telling(endpoint), api_name=endpoint.__name__)  # type: ignore[attr-defined]  # exported by assignment
    page.queue(api_open=False, max_size=32, default_concurrency_limit=2, status_update_rate=2)
    return page


def _adapted(
    handler: Handler,
    inputs: Sequence[str],
    parts: dict[str, Any],
    language: str | None,
    overdue: Callable[[list[Turn], int, str], Shown],
    *,
    chosen: bool,
) -> Handler:
    """A method of the desk as Gradio calls it: with the request, and with components instead of their names.

    `overdue` gives what is shown where an answer takes too long.
    """
    import gradio as gr

    def taken(held: Sequence[Any]) -> list[Any]:
        return [_loaded(value) if name == "stored" else value for name, value in zip(inputs, held, strict=True)]

    def components(shown: Shown) -> dict[Any, Any]:
        return {
            parts[name]: json.dumps(value, ensure_ascii=False) if name == "stored" else _update(value)
            for name, value in shown.items()
        }

    async def steps(request: gr.Request, held: Sequence[Any], *first: str) -> AsyncIterator[dict[Any, Any]]:
        spoken = language_of(request.headers, language)
        turns = dict(zip(inputs, held, strict=True)).get("turns")
        begun = handler(*first, *taken(held), spoken)
        async for shown in _steps(begun, turns, lambda kept, seconds: overdue(kept, round(seconds), spoken)):
            yield components(shown)

    async def in_steps(request: gr.Request, *held: Any) -> AsyncIterator[dict[Any, Any]]:
        async for shown in steps(request, held):
            yield shown

    def at_once(request: gr.Request, *held: Any) -> dict[Any, Any]:
        return components(handler(*taken(held), language_of(request.headers, language)))

    async def with_chosen(request: gr.Request, event: gr.SelectData, *held: Any) -> AsyncIterator[dict[Any, Any]]:
        async for shown in steps(request, held, event.value["text"]):
            yield shown

    return with_chosen if chosen else in_steps if inspect.isgeneratorfunction(handler) else at_once


async def _steps(steps: Iterator[Shown], turns: Any, overdue: Callable[[Any, float], Shown]) -> AsyncIterator[Shown]:
    """The steps of a handler, each in a thread; who gives up waiting is free at once, and no further step is begun.

    Each question of a conversation, as its `turns` show, is given up after LONGEST_WAIT, and while its passages are
    searched, after LONGEST_SEARCH; the last is then what `overdue` makes of the turns and these seconds.
    """
    number = -1  # of the question that is worked on
    end = math.inf
    while True:
        last = turns[-1] if turns else None
        if turns is not None and number != (last.number if last else 0):
            number = last.number if last else 0
            end = anyio.current_time() + LONGEST_WAIT
        limit = LONGEST_SEARCH if last and last.searches else LONGEST_WAIT
        deadline = math.inf if turns is None else min(end, anyio.current_time() + limit)
        with anyio.CancelScope(deadline=deadline) as waiting:
            shown = await anyio.to_thread.run_sync(_next, steps, abandon_on_cancel=True)
        if waiting.cancelled_caught:
            yield overdue(turns, limit)
            return
        if shown is None:
            return
        turns = shown.get("turns", turns)
        yield shown


def _next(steps: Iterator[Any]) -> Any:
    """The next step, or None after the last."""
    _at_work.add(steps)
    try:
        return next(steps, None)
    finally:
        _at_work.discard(steps)


def _loaded(text: str) -> object:
    """What the browser keeps; nothing where that is not to be read."""
    try:
        return json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []


def _telling(endpoint: Handler) -> Handler:
    """An endpoint that tells other programs what they can mend; all else that goes wrong stays in the log.

    It is given up after LONGEST_WAIT.
    """
    import gradio as gr

    @functools.wraps(endpoint)
    async def told(*arguments: Any, **named: Any) -> Any:
        def steps() -> Iterator[Any]:
            yield endpoint(*arguments, **named)

        try:
            with anyio.move_on_after(LONGEST_WAIT):
                return await anyio.to_thread.run_sync(_next, steps(), abandon_on_cancel=True)
        except (InputInvalid, QuestionInvalid) as error:
            raise gr.Error(str(error), print_exception=False) from error
        raise gr.Error(f"given up after {LONGEST_WAIT:.0f} seconds; ask again later", print_exception=False)

    return told


def _update(value: object) -> object:
    import gradio as gr

    if isinstance(value, Choices):
        choices = list(value.pairs)
        return (
            gr.update(choices=choices) if value.chosen is None else gr.update(choices=choices, value=list(value.chosen))
        )
    if isinstance(value, Label):
        return gr.update(label=value.text)
    return gr.update(visible=value.value) if isinstance(value, Visible) else value


if __name__ == "__main__":
    sys.exit(run(main))
