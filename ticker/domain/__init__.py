"""Decisions without effects: no I/O, no asyncio, no clock. Time is always an argument."""
