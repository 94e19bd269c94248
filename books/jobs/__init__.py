"""Jobs: work that outlives the request that asks for it.

The guarantee is **at least once**: a job that was started runs until it ends, whatever processes die meanwhile.

- The row in the table of jobs is the only truth. `worker.py` claims what is due; procrastinate only wakes it.
- Claim: one conditional UPDATE gives the job to one worker, with an owner token that is never used again.
- Lease: the owner holds the job for 10 seconds by the database's clock, and its heartbeat renews that. Anybody may
  take over a job whose lease has expired.
- Fencing: every write names the owner. A worker that was frozen beyond its lease writes nothing more.
- Checkpoint: a task saves it in the transaction of the rows that it writes. So each step counts once, though it may be
  tried more often. Tasks that write no rows report progress, and the next heartbeat saves it.
- Three consecutive failures without a new checkpoint end a job. One that is stopped in order loses no attempt.

What it costs: to start a job, 1 INSERT and 1 UPDATE; to claim it, 1 SELECT, 1 UPDATE and 1 SELECT; while it runs, 1
SELECT each half second and 1 UPDATE for each checkpoint, or each 3 seconds; to end it, 1 UPDATE. A worker without work
does 1 PRAGMA each 0.25 seconds (SQLite), or 1 SELECT each 0.5 seconds (PostgreSQL; with procrastinate, each 5 seconds).
"""
