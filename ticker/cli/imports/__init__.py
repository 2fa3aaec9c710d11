"""What ``ticker import`` reads: formats in, drafts out. Pure."""
