"""Everything that speaks to Redis: addresses, connections, replicas."""
