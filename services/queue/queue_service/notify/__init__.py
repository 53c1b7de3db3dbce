"""Messages between the replicas of the queue, by PostgreSQL's NOTIFY."""
