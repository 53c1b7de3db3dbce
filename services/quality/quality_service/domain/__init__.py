"""The rules of quality. No I/O, no clock, no chance."""
