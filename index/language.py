"""Tells the language of a text; the one home of py3langid."""

_READ = 3000  # characters that decide
_SHORTEST = 20  # letters below which a guess is worth nothing


def detect_language(text: str) -> str | None:
    """The ISO 639-1 code of the language that a text is written in; None where it is too short to tell."""
    import py3langid

    sample = text[:_READ]
    if sum(map(str.isalpha, sample)) < _SHORTEST:
        return None
    return str(py3langid.classify(sample)[0])
