"""Feeds for aggregators and search engines: ``formats`` renders them, WebSub announces changes."""
