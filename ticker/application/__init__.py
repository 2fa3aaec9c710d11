"""The HTTP applications of the two roles: their routes, one resource for each path."""
