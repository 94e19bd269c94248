"""What outside catalogues know about a book: `lookup` asks the `sources` in turn, `client` is all that knows HTTP."""
