"""What other catalogues on the network know of a book.

`door` is the only way out and the only file that knows HTTP; `sources` reads what each catalogue answers; `lookup`
asks them in order and remembers.
"""
