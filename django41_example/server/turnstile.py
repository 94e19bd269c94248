import asyncio
from collections import deque


class Turnstile:
    """Lets so many requests begin in each turn of the event loop; the others begin in the next ones, in their order.

    When a thousand arrive together, each takes its part of a millisecond, and all of them in one turn would hold up
    whatever else the loop has to do for a second.
    """

    def __init__(self, each_turn: int = 16) -> None:
        self.each_turn = self.left = each_turn
        self.line: deque[asyncio.Future[None]] = deque()
        self.is_turning = False

    async def enter(self) -> None:
        if not self.is_turning:
            self.is_turning = True
            asyncio.get_running_loop().call_soon(self._turn)
        if self.left and not self.line:
            self.left -= 1
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.line.append(place)
        await place

    def _turn(self) -> None:
        self.left = self.each_turn
        while self.left and self.line:
            place = self.line.popleft()
            if not place.done():  # its client may be gone
                place.set_result(None)
                self.left -= 1
        self.is_turning = bool(self.line)
        if self.is_turning:
            asyncio.get_running_loop().call_soon(self._turn)
