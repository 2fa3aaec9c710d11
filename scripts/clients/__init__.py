"""Client libraries of others, through a proxy that cuts their connections."""
