"""How many read: most read and shares, with scores that decay; readers now; live receipts."""
