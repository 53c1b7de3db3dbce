"""Every SQL statement of the queue.

The truth about a task is its `work` row; `ready` is a small index of what has a free slot. Locks
are taken in one order everywhere, the lease before the work, so that nothing deadlocks.
"""
