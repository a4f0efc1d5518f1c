"""Watches, matching, quiet hours, what a delivery says: pure functions of their arguments."""
