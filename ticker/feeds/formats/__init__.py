"""Feed formats for aggregators and search engines, rendered from public items without I/O.

Time, addresses and texts are arguments. Equal input gives equal bytes on every server.
"""
