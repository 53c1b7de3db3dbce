"""Every SQL statement of ingest.

A transaction that creates or withdraws tasks of a project locks the row of the project. So they
run one at a time, publish their events in the same order, and do not deadlock.
"""
