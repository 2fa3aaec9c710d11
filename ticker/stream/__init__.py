"""The lane, the public ordered log: replay, window, current items, frames, Redis streams."""
