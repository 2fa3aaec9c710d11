"""The editors' console: pages to write, publish, correct and retract in a browser."""
