"""Every SQL statement of quality.

All that belongs together belongs to one project, and whoever changes any of it holds the lock of
that project (`specs.lock`): gold and the answer to it, a suspension and the decision that it
touches, may come at the same moment to two replicas, and each must see the other or be seen.
"""
