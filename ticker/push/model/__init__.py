"""Push decisions without I/O.

One alert passes ``plan.decide`` (what to send for an event) → ``topics`` (the subscriptions it
concerns) → ``note`` (the notification) → a provider's payload → ``verdicts`` (the outcome).
"""
