"""``wirewatch send``: articles from a file or a pipe onto the ``articles`` topic."""
