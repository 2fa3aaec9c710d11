"""The archive: every item that was ever live, to page through, search and look back at.

A worker copies the lane into a database (SQLite or PostgreSQL). The pure parts are ``words``,
``query``, ``matching`` and ``changes``; the stores are at the edge.
"""
