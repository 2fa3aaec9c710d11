"""The site at ``/``: pages for readers, rendered here, alive through ``<news-ticker>``."""
