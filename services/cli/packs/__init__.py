"""``wirewatch packs``: topic packs, written, checked, explained and tried out."""
