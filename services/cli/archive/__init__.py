"""``wirewatch archive``: proof of what alerts stand on."""
