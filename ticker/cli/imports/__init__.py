"""The commands `ticker import` and `ticker watch`."""
