"""The alerter's way to the store."""
