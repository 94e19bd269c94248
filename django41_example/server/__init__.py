"""What stands between uvicorn and Django. It knows nothing of books.

From outside in: `protocol` and `request_head` (limits of a connection), `turns`, `lifespan`, `request_log`, `metrics`,
`static_files`, `response_cache`, and `handler` (Django) on `threads` of a pool.
"""
