"""What push keeps in Redis: who wants to be told, how far a send has come, what it came to."""
