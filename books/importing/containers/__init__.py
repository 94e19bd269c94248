"""Files that are no table of text, but hold rows of any format: cells as in a table, or objects."""

from books.importing.containers import json_array, sheet

CONTAINERS = (sheet.CONTAINER, json_array.CONTAINER)
