"""Servers that behave as FCM and APNs do: in a test's own loop, or as processes of their own.

    # prints one line of JSON: its ports and credentials
    python -m tests.support.providers fcm [--lean]
    python -m tests.support.providers apns [--lean]

``--lean`` answers 200 to everything without looking at it, as fast as it can: for measuring the
sender, and not this.
"""
