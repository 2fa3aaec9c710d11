"""Load on a newsroom, and what it did to it: the engine of ``ticker bench``."""
