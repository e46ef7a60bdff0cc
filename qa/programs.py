"""What other programs may ask of the collection: endpoints of the page, and tools where MCP is served."""

from collections.abc import Callable
from typing import Any

from index.errors import InputInvalid
from index.store import Scope
from index.types import Article
from qa import render
from qa.answers import Assistant
from qa.question_files import checked_period


class Programs:
    """What other programs may ask: endpoints of the page, and tools where MCP is served.

    The docstrings are what such a program is told.
    """

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant

    @property
    def endpoints(self) -> tuple[Callable[..., Any], ...]:
        """The functions that are served, by their names."""
        return self.ask, self.search, self.article, self.context

    def ask(self, question: str, articles: list[str] | None = None, since: str = "", until: str = "") -> dict[str, Any]:
        """Answer a question from the news articles of this collection, with the exact sentences that prove it.

        Args:
            question: The question, best in German.
            articles: File names or ids of the articles to search in; none for all.
            since: First day (YYYY-MM-DD) of the articles to search in.
            until: Last day (YYYY-MM-DD) of the articles to search in.

        Returns:
            The answer with its citations, the passages found, and a confidence from 0 to 1; abstained tells that the
            articles do not answer.
        """
        return render.answer_object(self._assistant.ask(question, scope=self._scope(articles, since, until)), "1")

    def search(
        self, question: str, top: int = 10, articles: list[str] | None = None, since: str = "", until: str = ""
    ) -> list[dict[str, Any]]:
        """Find the passages of the news articles that fit a question best, with their text.

        Args:
            question: What to look for.
            top: How many passages, at most 50.
            articles: File names or ids of the articles to search in; none for all.
            since: First day (YYYY-MM-DD) of the articles to search in.
            until: Last day (YYYY-MM-DD) of the articles to search in.

        Returns:
            The passages, best first, each with its article, its place in it, its score and its text.
        """
        scope = self._scope(articles, since, until)
        hits = self._assistant.retrieve(question, top=max(1, min(int(top), 50)), scope=scope)
        return [
            {**render.hit_object(hit), "text": hit.article.text[hit.passage.start : hit.passage.end]} for hit in hits
        ]

    def article(self, article_id: str) -> dict[str, Any]:
        """Read a news article in full.

        Args:
            article_id: The article_id of a citation or passage.

        Returns:
            Its title, publisher, date, url, file name and text.
        """
        found = self._article(article_id)
        fields = ("id", "title", "publisher", "date", "url", "name", "text")
        return {name: getattr(found, name) for name in fields}

    def context(self, article_id: str, start: int, end: int, sentences: int = 2) -> dict[str, Any]:
        """Read a place in a news article with the sentences around it.

        Args:
            article_id: The article_id of a citation or passage.
            start: Where the place begins in the article's text.
            end: Where it ends.
            sentences: How many sentences before and after it, at most 20.

        Returns:
            The sentences before, those of the place, and those after.
        """
        stored = self._assistant.news_index.catalogue.sentences(self._article(article_id))
        reach = max(0, min(int(sentences), 20))
        inside = [n for n, sentence in enumerate(stored) if sentence.end > start and sentence.start < end]
        if not inside:
            raise InputInvalid(f"{start} to {end} holds no sentence of {article_id}; see its text")
        first, last = inside[0], inside[-1] + 1
        parts = {"before": (max(0, first - reach), first), "place": (first, last), "after": (last, last + reach)}
        return {
            name: [{"start": s.start, "end": s.end, "sentence": s.text} for s in stored[begin:stop]]
            for name, (begin, stop) in parts.items()
        }

    def _article(self, article_id: str) -> Article:
        found = self._assistant.news_index.catalogue.article(article_id)
        if found is None:
            raise InputInvalid(f"{article_id!r} is no article of this collection; see article_id in its passages")
        return found

    def _scope(self, articles: list[str] | None, since: str, until: str) -> Scope:
        for name in articles or ():
            if not self._assistant.news_index.catalogue.passage_ids(names=[name]):
                raise InputInvalid(f"{name!r} is no article of this collection; see article in its passages")
        return Scope(tuple(articles or ()), (), *checked_period(since, until, ("since", "until")))
