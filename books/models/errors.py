class StaleVersion(Exception):
    """The book was changed since the caller read it, or deleted."""


class AlreadyRestored(Exception):
    """The book to restore exists."""


class Duplicate(Exception):
    """Another book has a value that only one may have."""

    def __init__(self, book_id: int) -> None:
        super().__init__(book_id)
        self.book_id = book_id


class DuplicateISBN(Duplicate):
    """Another book has this ISBN, and they were not said to share it as different volumes of a set."""


class DuplicateSource(Duplicate):
    """Another book was imported from this source under this key."""
