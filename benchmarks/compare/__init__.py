"""This catalogue beside other ways to serve the same page of 20 books, newest first, from the same database.

    python -m benchmarks.compare [--only ours,fastapi] [--database sqlite] [--rounds 3]

One server with one worker runs at a time; the rounds alternate between them. wrk asks over 16 connections from this
machine. Every answer must have the right status, and before and after each measurement the right books: else it ends.
`--write` puts the tables into docs/benchmarks.md. What is asked, and of whom:

json, html   the page, at one URL: whoever keeps answers has it ready (for others it is computed each time)
304          the same with If-None-Match, for those who send an ETag
cold         the page, each time at a URL never asked before, for those who keep answers
             (`unkept` is this catalogue without its memory: all of its answers are computed, at one URL)
writes       the JSON page, and every hundredth request a PATCH of a book's description
rows         (json, html) the pages of other rows each time, of 190 places; of those who compute each answer
filter       (json, html) the books of years that nobody has asked for, computed
book, home   these pages, computed

The other stacks are in benchmarks/peers, their packages in requirements-bench.txt, which `make bench` installs into
.venv-bench. Needs wrk (Debian: apt-get install wrk); PostgreSQL is a throwaway cluster.
"""
