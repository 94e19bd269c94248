"""Jobs under load: many who ask, many who watch, visitors beside a large import, hosts that are cut off.

    python -m benchmarks.jobs [SCENARIO…] [--quick] [--postgres] [--rows N]

Each scenario starts servers of its own on free ports of this machine, with folders and databases of their own, and
says what it measured beside what it aims at. `--postgres` makes a throwaway PostgreSQL cluster; the default is SQLite.
"""
