"""The pure rules of consensus: the decision policy, truth inference, skips, agreement samples."""
