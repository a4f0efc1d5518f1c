"""The archive's ways to Kafka and to its file."""
