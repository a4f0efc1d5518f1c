"""The alerter, piece by piece, without servers."""
