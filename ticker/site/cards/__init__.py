"""Preview pictures of items for social networks (``og:image``): the headline and the newsroom."""
