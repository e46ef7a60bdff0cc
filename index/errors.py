"""What can go wrong, as a tree; entry points catch `NewsError`, show its message and exit 1.

NewsError
├── ArticleUnreadable   a file that cannot be used as an article; it is skipped, the others go on
├── IndexMissing        no index where one was named
├── IndexMismatch       the index was built with another model, or by a newer version
├── IndexDamaged        what is stored does not agree with itself
├── IndexBusy           another process is writing
├── ModelUnavailable    an embedding model that cannot be loaded
├── QuestionInvalid     a question, or a file of questions, that cannot be used
└── InputInvalid        an option, or a file, that does not say what it should
"""


class NewsError(Exception):
    """Base of all errors that a person can do something about; the message is one line and says what."""


class ArticleUnreadable(NewsError):
    """A file that cannot be used as an article; the message is the reason alone, the caller knows the path."""


class IndexMissing(NewsError):
    """There is no index in the named folder."""


class IndexMismatch(NewsError):
    """The index was built with another model, or by a newer version of the program."""


class IndexDamaged(NewsError):
    """The catalogue cannot be read, or what is stored does not agree with itself."""


class IndexBusy(NewsError):
    """Another process is writing to the index."""


class ModelUnavailable(NewsError):
    """An embedding model that cannot be found, unpacked or loaded."""


class QuestionInvalid(NewsError):
    """A question, or a file of questions, that cannot be used."""


class InputInvalid(NewsError):
    """An option, or a file, that does not say what it should."""
