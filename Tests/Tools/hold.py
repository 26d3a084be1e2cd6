#!/usr/bin/env python3
"""Holds a lock until standard input closes or the process is killed, and says "held" when it has it.

hold.py write FILE   the write lock of a SQLite database; nothing is written
hold.py flock FILE   the lock of a data directory
"""

import fcntl
import os
import sqlite3
import sys

kind, path = sys.argv[1:]
if kind == "write":
    held = sqlite3.connect(path, timeout=10, isolation_level=None)
    held.execute("PRAGMA wal_autocheckpoint = 0")
    held.execute("BEGIN IMMEDIATE")
else:
    held = open(path, "a")
    fcntl.flock(held, fcntl.LOCK_EX)
print("held", flush=True)
while os.read(0, 4096):
    pass
os._exit(0)  # without closing the database, which would write a checkpoint
