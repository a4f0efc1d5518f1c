"""A third pack, written from the documentation alone, and articles with the tags they must get."""
