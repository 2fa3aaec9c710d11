"""The HTTP edge: routes for editors, readers and operators, with their schemas beside them."""
