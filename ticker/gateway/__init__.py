"""The lane on every screen: tail → hub → socket. One tail and one hub per process."""
