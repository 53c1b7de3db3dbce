"""The rules of the queue: allocation of work, leases, and refusals. Pure."""
