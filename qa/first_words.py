"""Has the page begin in its language, before any script runs.

The framework puts its own words, and ours, in the language of the browser; what was chosen on the page, or at the start
of the program, is told to it here, in the very first script of the page.
"""

from qa.desk import language_of
from qa.guard import App, Message, Receive, Scope, Send


class FirstWords:
    """Middleware that sets the language in the page that is sent for "/"; `language` is that of the program, if any."""

    def __init__(self, app: App, *, language: str | None) -> None:
        self._app = app
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        language = language_of(headers, self._language)
        start: Message = {}
        body = b""

        async def held(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            page = _in_language(body, language) if _is_plain_html(start) else body
            kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            await send({**start, "headers": [*kept, (b"content-length", str(len(page)).encode())]})
            await send({"type": "http.response.body", "body": page})

        await self._app(scope, receive, held)


def _is_plain_html(start: Message) -> bool:
    headers = {name.lower(): value for name, value in start["headers"]}
    return headers.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in headers


def _in_language(page: bytes, language: str) -> bytes:
    script = (
        f"<script>for (const [name, value] of [['language', '{language}'], ['languages', ['{language}']]])"
        " Object.defineProperty(navigator, name, { get: () => value });</script>"
    )
    page = page.replace(b'lang="en"', f'lang="{language}"'.encode(), 1)
    return page.replace(b"<head>", b"<head>" + script.encode(), 1)
