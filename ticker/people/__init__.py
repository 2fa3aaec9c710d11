"""People: accounts with passwords and one-time codes, and the sessions of those who sign in."""
