"""Looks books up in outside catalogues: `lookup` asks the `sources` in turn; only `client` deals with HTTP."""
