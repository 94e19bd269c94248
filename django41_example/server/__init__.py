"""What stands between uvicorn and Django. It knows nothing of books.

From outside in: `protocol` (limits of a connection), `lifespan`, `journal` (request ids, log, figures), static files,
and `handler` (Django) on lent `threads`.
"""
