"""Push data in Redis: subscriptions, the progress of each send, receipts and provider states."""
