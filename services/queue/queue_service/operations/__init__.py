"""What the queue can do. One function per operation, in its caller's transaction."""
