"""Backups: a single file with everything worth keeping, portable between SQLite and PostgreSQL.

A backup is a ZIP of JSON Lines, one file per table (`books.book.jsonl`), and a `manifest.json` with the application's
version and migrations, and with the number of rows and the SHA-256 of each table.

    writing.write          one snapshot of the running catalogue → a file, which is read back
    archive.open_archive   a file → a checked Archive, or BackupError with the reason
    restoring.restore      an Archive → this catalogue, exactly, in one transaction
    migrating.as_database  an Archive of any version → a separate database with the current tables

It holds the tables of all models, except those that `tables.EXCLUDED` lists with the reason.
"""
