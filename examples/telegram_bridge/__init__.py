"""Forward a newsroom's lines to a Telegram chat. README.md says how, ``__main__`` runs it."""
