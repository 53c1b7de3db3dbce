"""Every SQL statement of quality.

A transaction that changes rows of a project holds the lock of that project (`specs.lock`). Gold
and the answer to it, or a suspension and the decision that it affects, may reach two replicas at
the same moment: without the lock neither transaction would see the rows of the other.
"""
