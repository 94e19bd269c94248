"""The catalogue's name, as every page and feed shows it: read once for each version of the catalogue."""

from books.cache import per_version
from books.models.catalogue import DEFAULT_NAME, Catalogue


class Known:
    """What this process has read last: pages of errors show it without a query."""

    name = DEFAULT_NAME


async def acatalogue_name() -> str:
    """The name as it is now."""
    Known.name = await per_version.get_or_make("name", _aread)
    return Known.name


async def _aread() -> str:
    return await Catalogue.objects.filter(pk=1).values_list("name", flat=True).afirst() or DEFAULT_NAME
