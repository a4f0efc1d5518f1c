"""``wirewatch dead``: dead letters, listed and replayed."""
