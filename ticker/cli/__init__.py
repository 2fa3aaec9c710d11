"""The ``ticker`` command: what editors and operators type."""
