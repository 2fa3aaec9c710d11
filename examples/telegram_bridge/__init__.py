"""A bridge that forwards a newsroom's items to a Telegram chat. See README.md."""
