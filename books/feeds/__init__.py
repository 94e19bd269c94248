"""The catalogue for what is neither a browser nor a script of ours: reading apps, search boxes, robots."""
