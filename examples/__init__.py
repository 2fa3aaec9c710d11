"""Example programs that use the Ticker client. Copy and adapt them."""
