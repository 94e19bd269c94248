"""A bounded place for things that are made from something else, and can be made again."""

from collections import deque
from collections.abc import Hashable

ARRIVALS_PART = 10  # of the capacity, what nobody has asked for again may fill one part in so many


class Kept:
    """One thing on the shelf; whoever finds it says `is_asked`, and it stays longer."""

    __slots__ = ("is_asked", "is_settled", "size")

    def __init__(self, size: int) -> None:
        self.size = size  # bytes
        self.is_asked = False
        self.is_settled = False


class Shelf[Thing: Kept]:
    """Things by key, `capacity` bytes in all.

    What comes new waits in a short line of arrivals, and only what is asked for meanwhile settles, or what comes back
    soon after it was dropped: so a robot that walks through everything once pushes out what others like it left, and
    nothing that is in use. Of what has settled, the one goes that was not asked for while the others had their turns.
    CachedLookup something costs nothing but a flag. (This is S3-FIFO, by Yang and others, 2023.)
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.things: dict[Hashable, Thing] = {}
        self.size = self.arrivals_size = 0
        self.arrivals: deque[Hashable] = deque()
        self.settled: deque[Hashable] = deque()
        self.dropped: dict[int, None] = {}  # the hashes of keys, the latest last

    def put(self, key: Hashable, thing: Thing) -> None:
        """Put in a thing under a key that is not there yet."""
        self.things[key] = thing
        self.size += thing.size
        if hash(key) in self.dropped:
            self._settle(key, thing)
        else:
            self.arrivals.append(key)
            self.arrivals_size += thing.size
        self._make_room()

    def grow(self, key: Hashable, thing: Thing, more: int) -> None:
        """The thing has become so many bytes larger."""
        if self.things.get(key) is not thing:
            return  # it is gone already
        thing.size += more
        self.size += more
        self.arrivals_size += 0 if thing.is_settled else more
        self._make_room()

    def clear(self) -> None:
        self.things = {}
        self.size = self.arrivals_size = 0
        self.arrivals, self.settled, self.dropped = deque(), deque(), {}

    def _settle(self, key: Hashable, thing: Thing) -> None:
        thing.is_asked, thing.is_settled = False, True
        self.settled.append(key)

    def _make_room(self) -> None:
        while self.size > self.capacity:
            if self.arrivals_size * ARRIVALS_PART > self.capacity or not self.settled:
                self._judge_arrival()
            else:
                self._judge_settled()

    def _judge_arrival(self) -> None:
        key = self.arrivals.popleft()
        thing = self.things[key]
        self.arrivals_size -= thing.size
        if thing.is_asked:
            self._settle(key, thing)
        else:
            self._drop(key)

    def _judge_settled(self) -> None:
        key = self.settled.popleft()
        thing = self.things[key]
        if thing.is_asked:
            thing.is_asked = False
            self.settled.append(key)
        else:
            self._drop(key)

    def _drop(self, key: Hashable) -> None:
        self.size -= self.things.pop(key).size
        self.dropped[hash(key)] = None
        if len(self.dropped) > len(self.things):
            del self.dropped[next(iter(self.dropped))]
