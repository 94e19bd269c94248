"""The layers between uvicorn and Django, which know nothing about books.

From the outside in: `protocol`, `request_head` and `transport` (limits of a connection), `turns`, `request_log`,
`metrics`, `static_files`, `response_cache`, and `handler` (Django) on `threads` of a pool.
"""
