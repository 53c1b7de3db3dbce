"""The operations of the dataset-store: one function each, in the transaction of its caller."""
