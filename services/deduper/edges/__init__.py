"""Where the deduper meets the world."""
