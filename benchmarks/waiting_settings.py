"""The catalogue's settings, with look-ups that wait as long as they are measured."""

from django41_example.settings import *  # noqa: F403

LOOKUP_SECONDS = LOOKUP_PATIENCE = 600
