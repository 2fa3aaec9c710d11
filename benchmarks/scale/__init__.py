"""Count the machines that readers need, and how long readers take to come back after a loss.

``unit_costs`` reads what was measured, ``plan`` multiplies it, ``wave`` simulates reconnecting
readers, ``page`` writes the tables of docs/scale.md, and ``tails`` and ``terminate`` measure the
two costs that no row of ``python -m benchmarks`` measures.
"""
