"""A message between the consumer and the handler: deliveries, dead letters, isolation of defects."""
