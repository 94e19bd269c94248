"""A backup: one file with everything that people would miss, which moves between SQLite and PostgreSQL.

It is a zip of JSON Lines, one file for each table (`books.book.jsonl`), and a `manifest.json` with the application's
version, its migrations, and for each table the number of rows and their SHA-256.

    writing.write       one snapshot of the running catalogue → a file that has been read back
    archive.opened      a file → a checked Archive, or BackupError with the reason
    restoring.restore   an Archive → this catalogue, exactly, in one transaction
    migrating.migrated  an Archive → a database of its own in today's tables, whichever version wrote it

Which tables are in it, nobody lists: every model is, unless `tables.LEFT_OUT` says why not.
"""
