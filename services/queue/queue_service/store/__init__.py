"""Every SQL statement of the queue.

A row of `work` holds the state of a task at a stage; `ready` is a small index of the work with a
free slot. All transactions take locks in one order, see `store.locks`.
"""
