"""The operations of quality: one function each, in the transaction of its caller."""
