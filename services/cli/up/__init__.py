"""``wirewatch up``: the whole pipeline on this machine."""
