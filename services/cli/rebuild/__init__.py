"""``wirewatch rebuild``: stories and alerts in Redis, made again from Kafka."""
