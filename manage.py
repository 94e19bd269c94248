#!/usr/bin/env python
"""Django's command line: `python manage.py help`."""

import sys

from django41_example.__main__ import manage

if __name__ == "__main__":
    manage(*sys.argv[1:])
