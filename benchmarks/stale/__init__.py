"""Whether anybody ever reads what is over: a write on one worker, acknowledged, then read on every worker.

    python -m benchmarks.stale [--checks 10000] [--workers 4] [--postgres]

Each check changes a book, by the API, a form, `manage.py import_books`, an import as a job, or another
program's own SQL; and when that has been acknowledged, asks for the book and for lists that show it, over a connection
to each worker. Before, each worker was asked for the same, so that whoever keeps answers has the old one at hand.
Meanwhile workers are killed. No answer may be of before the write.
"""
