"""From messages to rows: pure."""
