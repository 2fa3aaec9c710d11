"""The console: the room in which editors write, publish, correct and retract, in a browser."""
