"""The HTTP side: one module a group of routes, ``app`` puts them together, ``authorization`` stands before them."""
