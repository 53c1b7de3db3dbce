"""What the quality service can do. One function an operation, in its caller's transaction."""
