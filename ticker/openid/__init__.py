"""Sign-in with an OpenID Connect provider: its answers, its tokens, and their claims."""
