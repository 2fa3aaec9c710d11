"""Preview pictures of items for social networks: the headline and the newsroom's name."""
