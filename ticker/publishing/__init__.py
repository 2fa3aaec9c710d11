"""Editorial operations: decide a change (``transitions``), then commit it in one script call."""
