"""Where deliveries wait (Redis) and how they leave (log, webhook, apprise)."""
