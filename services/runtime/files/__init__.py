"""Files that ship with Wirewatch, and files that are read again when they change."""
