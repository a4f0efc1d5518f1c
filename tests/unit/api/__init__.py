"""The api, piece by piece, without servers."""
