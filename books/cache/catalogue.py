"""The catalogue's name, which every page and feed shows: read once per version of the catalogue."""

from books.cache import per_version
from books.models.catalogue import DEFAULT_NAME, Catalogue


class Known:
    """The name that this process read last, for error pages, which query nothing."""

    name = DEFAULT_NAME


async def acatalogue_name() -> str:
    """The current name."""
    Known.name = await per_version.get_or_make("name", _aread)
    return Known.name


async def _aread() -> str:
    return await Catalogue.objects.filter(pk=1).values_list("name", flat=True).afirst() or DEFAULT_NAME
