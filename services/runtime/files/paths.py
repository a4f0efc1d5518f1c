"""A place in a YAML document."""

KeyPath = tuple[str | int, ...]
"""Keys, and positions in lists, from the top: ``("rules", 3, "any")``."""
