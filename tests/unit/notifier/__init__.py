"""The notifier, without servers."""
