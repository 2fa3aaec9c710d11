"""The settings by group, each a record of its own; ``Settings`` has the fields of all."""
