"""Counts of readers: most read and shares, with scores that decay; readers now; live receipts."""
