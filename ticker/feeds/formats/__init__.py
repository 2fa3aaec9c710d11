"""What aggregators and search engines read, rendered from public items. Pure.

Time, addresses and words are arguments; nothing here knows a request. Every renderer takes what it
needs as data and returns finished bytes, so that equal input is equal output on every gateway.
"""
