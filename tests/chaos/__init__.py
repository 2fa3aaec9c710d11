"""Chaos: a newsroom under faults, and a check that it kept its promises (``./scripts/chaos``).

Data goes from ``publishers`` and ``readers`` (what they did and saw: ``records``) to ``checker``,
which decides, and ``report``, which tells. ``schedule`` draws the faults from a seed, ``faults``
makes them happen in a ``newsroom`` of real processes, and ``run`` puts it all together.
"""
