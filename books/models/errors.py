from collections.abc import Mapping


class Refused(Exception):
    """Something that cannot be done, with the HTTP status and the reason, for people and programs."""

    status = 409
    detail = ""
    headers: Mapping[str, str] = {}

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.detail)
        self.detail = str(self)


class StaleVersion(Refused):
    """It was changed or deleted since the caller read it."""

    status = 412
    detail = "This book was changed since you read it. Read it again, then send your change with the new ETag."


class AlreadyRestored(Exception):
    """The book to restore exists."""


class Duplicate(Exception):
    """Another book has a value that must be unique."""

    def __init__(self, book_id: int) -> None:
        super().__init__(book_id)
        self.book_id = book_id


class DuplicateISBN(Duplicate):
    """Another book has this ISBN, and the two are not declared to be volumes that share it."""


class DuplicateSource(Duplicate):
    """Another book was imported from this source under this key."""
