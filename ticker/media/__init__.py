"""Pictures that editors upload: checked, made anew in fixed sizes, stored and taken down.

The sizes are in ``ticker.domain.renditions``, because an item names its renditions.
"""
