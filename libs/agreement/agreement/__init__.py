"""Agreement between annotators and truth inference, with intervals."""
