"""Jobs: work that outlives the request that asks for it.

The guarantee is **at least once**: a started job runs until it ends, no matter which processes die.

- The row in the table of jobs is the only source of truth. `worker.py` claims due jobs; procrastinate only wakes it.
- Claim: one conditional UPDATE gives the job to one worker, with an owner token that is never used again.
- Lease: the owner holds the job for 10 seconds by the database's clock, and its heartbeat renews the lease. Once it has
  expired, any worker may take over.
- Fencing: every write names the owner. A worker that was frozen beyond its lease writes nothing more.
- Checkpoint: a task saves it in the transaction of the rows that it writes. So each step counts once, even if it is
  tried several times. Tasks that write no rows report progress, and the next heartbeat saves it.
- Three consecutive failures without a new checkpoint end a job. An orderly stop costs no attempt.

Costs: starting a job, 1 INSERT and 1 UPDATE; claiming it, 1 SELECT, 1 UPDATE and 1 SELECT; running it, 1 SELECT every
half second and 1 UPDATE per checkpoint or every 3 seconds; ending it, 1 UPDATE. An idle worker runs 1 PRAGMA every 0.25
seconds (SQLite) or 1 SELECT every 0.5 seconds (PostgreSQL; with procrastinate, every 5 seconds).
"""
