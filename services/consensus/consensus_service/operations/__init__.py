"""The operations of consensus, each in the transaction of its caller."""
