from collections import Counter


class Places:
    """The jobs of one kind that a worker runs at a time: whatever waits for long delays only jobs of its own kind."""

    def __init__(self, each: int = 4) -> None:
        self.each = each
        self.taken = Counter[str]()

    def full(self) -> list[str]:
        """The kinds without a free place."""
        return [kind for kind, taken in self.taken.items() if taken >= self.each]


PLACES = Places()  # of this process
