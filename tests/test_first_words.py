import asyncio

import pytest

from qa.first_words import FirstWords

PAGE = b'<!doctype html><html lang="en"><head><title>x</title></head><body lang="en"></body></html>'
HTML = (b"Content-Type", b"text/html; charset=utf-8")


def serve(path="/", *, headers=(), language=None, chunks=(PAGE,), answered=(HTML,), kind="http"):
    """Send one request through the middleware; gives status, headers and body of what comes back."""
    sent = []

    async def framework(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [*answered, (b"content-length", b"1")]})
        for number, chunk in enumerate(chunks, start=1):
            await send({"type": "http.response.body", "body": chunk, "more_body": number < len(chunks)})

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "path": path, "headers": [(name.encode(), value.encode()) for name, value in headers]}
    asyncio.run(FirstWords(framework, language=language)(scope, None, send))
    start, *bodies = sent
    return start["status"], dict(start["headers"]), b"".join(body.get("body", b"") for body in bodies)


def in_language(language):
    script = (
        f"<script>for (const [name, value] of [['language', '{language}'], ['languages', ['{language}']]])"
        " Object.defineProperty(navigator, name, { get: () => value });</script>"
    )
    return PAGE.replace(b'lang="en"', f'lang="{language}"'.encode(), 1).replace(b"<head>", f"<head>{script}".encode())


@pytest.mark.parametrize(
    ("headers", "language", "expected"),
    [
        ([("accept-language", "de-AT,de;q=0.9")], None, "de"),
        ([("accept-language", "fr-FR,en;q=0.5")], None, "en"),
        ([], None, "de"),
        ([("accept-language", "de")], "en", "en"),
        ([("Accept-Language", "de"), ("Cookie", "a=b; belegstelle-language=en")], None, "en"),
        ([("cookie", "belegstelle-language=de")], "en", "de"),
        ([("cookie", "belegstelle-language=</script>")], "en", "en"),
    ],
    ids=["browser's", "another", "unknown", "program's", "chosen", "chosen before program's", "not chosen"],
)
def test_page_begins_in_its_language(headers, language, expected):
    status, sent, body = serve(headers=headers, language=language)
    assert (status, body) == (200, in_language(expected))
    assert sent[b"content-length"] == str(len(body)).encode()


def test_page_that_comes_in_pieces_is_put_together():
    assert serve(chunks=(PAGE[:20], PAGE[20:50], b"", PAGE[50:]))[2] == in_language("de")


@pytest.mark.parametrize(
    ("path", "answered", "kind"),
    [
        ("/config", (HTML,), "http"),
        ("/", ((b"content-type", b"application/json"),), "http"),
        ("/", (HTML, (b"content-encoding", b"gzip")), "http"),
    ],
    ids=["elsewhere", "no page", "packed"],
)
def test_whatever_is_no_plain_page_is_left_alone(path, answered, kind):
    assert serve(path, answered=answered, kind=kind)[2] == PAGE
