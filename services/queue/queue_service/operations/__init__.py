"""The operations of the queue. Most run in a transaction of their caller."""
