"""What a label is: the kinds of field, each in one module."""
