"""The catalogue for reading apps, search boxes and robots."""
