"""``wirewatch watches``: watch files, and what was delivered."""
