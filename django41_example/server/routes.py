from functools import lru_cache

from django.conf import settings
from django.urls import Resolver404, ResolverMatch, get_resolver

REMEMBERED = 256  # paths, of 8 kB at the most


class Routes:
    """The view of a path and its declarations, cached since most requests are for the same few paths."""

    def __init__(self) -> None:
        self.resolve = get_resolver(settings.ROOT_URLCONF).resolve
        # None for an unknown path, as that also takes long to find out and is needed several times per request.
        self.match = lru_cache(REMEMBERED)(self._match)

    def declares(self, name: str, path: str) -> bool:
        """Whether the view of this path declares, for example, that it `is_public` or `takes_uploads`."""
        match = self.match(path)
        return getattr(match and getattr(match.func, "view_class", None), name, False)

    def _match(self, path: str) -> ResolverMatch | None:
        if "\0" in path:  # PostgreSQL accepts none in a text
            return None
        try:
            return self.resolve(path)
        except Resolver404:
            return None
