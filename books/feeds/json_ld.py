"""A book in schema.org's terms, for search engines, as JSON-LD."""

import json
from collections.abc import Mapping
from typing import Any

from books.metadata import roles

ROLES = {role: roles.LABELS[role] for role in ("trl", "ill", "edt")}


def json_ld(data: Mapping[str, Any]) -> str:
    """A book's data as text that is safe inside a <script> element."""
    facts = {
        "@context": "https://schema.org",
        "@type": "Book",
        "name": data["title"],
        "alternativeHeadline": data["subtitle"],
        "author": [{"@type": "Person", "name": name} for name in data["authors"]],
        **{
            name: [{"@type": "Person", "name": each} for each in names]
            for name, names in roles.by_property(data["contributors"], ROLES, "contributor").items()
        },
        "isbn": data["isbn13"],
        "publisher": data["publisher"] and {"@type": "Organization", "name": data["publisher"]},
        "datePublished": f"{data['published_year']:04}" if (data["published_year"] or -1) > 0 else None,
        "inLanguage": data["language"],
        "numberOfPages": data["pages"],
        "description": data["description"],
        "about": data["topics"],
        "isPartOf": [{"@type": "BookSeries", "name": place["name"]} for place in data["in_series"]],
    }
    text = json.dumps({name: value for name, value in facts.items() if value}, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
