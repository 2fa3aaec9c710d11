"""Push without I/O: whom an item reaches, what is said to them, and what a provider's answer means.

The way of one alert: ``plan.decide`` (does this event ask for phones to be told) → ``topics`` (whom
it concerns) → ``note`` (what is said) → a provider's payload → ``verdicts`` (what came of it).
"""
