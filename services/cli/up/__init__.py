"""``wirewatch up`` and ``status``: the whole pipeline on this machine."""
