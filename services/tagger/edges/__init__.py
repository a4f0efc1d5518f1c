"""Where the tagger meets the world."""
