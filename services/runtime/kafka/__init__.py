"""Everything that speaks to Kafka: connection, publisher, streams (Faust), topics, users and their rights."""
