"""Text, without a service."""
