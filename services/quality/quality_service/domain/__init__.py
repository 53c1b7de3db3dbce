"""The rules of quality: pure functions without I/O, clock or randomness."""
