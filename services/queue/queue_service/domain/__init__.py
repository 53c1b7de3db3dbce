"""Which work an annotator gets, when a lease ends, and what is refused. Pure."""
