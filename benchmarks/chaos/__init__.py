"""What a catalogue lives through: crowds, streams, kills, power cuts, a bad disk, a wrong clock, a database that
restarts, backups and restores; and whether anybody ever reads what is over.

    python -m benchmarks.chaos [SCENARIO…] [--quick] [--postgres]

Each scenario starts servers of its own on free ports of this machine, with folders and databases of their own, and
says what it measured beside what it aims at. `--postgres` makes a throwaway PostgreSQL cluster; the default is SQLite.
"""
