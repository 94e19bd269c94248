from functools import lru_cache

from django.conf import settings
from django.urls import Resolver404, ResolverMatch, get_resolver

REMEMBERED, LONGEST = 1000, 200  # paths, and their characters: a longer one is resolved each time


class Routes:
    """Which view answers a path, and what it declares. Most requests are for the same few paths."""

    def __init__(self) -> None:
        self.resolve_any = get_resolver(settings.ROOT_URLCONF).resolve
        self.resolve_short = lru_cache(REMEMBERED)(self.resolve_any)

    def resolve(self, path: str) -> ResolverMatch:
        return self.resolve_short(path) if len(path) <= LONGEST else self.resolve_any(path)

    def declares(self, name: str, path: str) -> bool:
        """Whether the view at this path declares that it `is_public`, say, or `takes_uploads`."""
        try:
            view = self.resolve(path).func
        except Resolver404:
            return False
        return getattr(getattr(view, "view_class", None), name, False)
