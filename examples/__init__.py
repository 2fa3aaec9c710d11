"""Programs that use Ticker from outside, to be copied and changed."""
