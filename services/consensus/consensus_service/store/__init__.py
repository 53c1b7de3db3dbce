"""Every SQL statement of consensus."""
