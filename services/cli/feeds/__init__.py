"""``wirewatch feeds``: the feed list and the health of its feeds."""
