"""Most read and shares: count reads, drop repeats, and rank items by scores that decay."""
