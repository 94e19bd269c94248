from functools import lru_cache

from django.conf import settings
from django.urls import Resolver404, ResolverMatch, get_resolver

REMEMBERED = 256  # paths, of 8 kB at the most


class Routes:
    """Which view answers a path, and what it declares. Most requests are for the same few paths."""

    def __init__(self) -> None:
        self.resolve = get_resolver(settings.ROOT_URLCONF).resolve
        # None where nothing is: that too takes long to find out, and is asked several times for a request.
        self.match = lru_cache(REMEMBERED)(self._match)

    def declares(self, name: str, path: str) -> bool:
        """Whether the view at this path declares that it `is_public`, say, or `takes_uploads`."""
        match = self.match(path)
        return getattr(match and getattr(match.func, "view_class", None), name, False)

    def _match(self, path: str) -> ResolverMatch | None:
        if "\0" in path:  # PostgreSQL takes none in a text
            return None
        try:
            return self.resolve(path)
        except Resolver404:
            return None
