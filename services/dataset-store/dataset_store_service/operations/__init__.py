"""What the dataset-store can do. One function per operation, in its caller's transaction."""
