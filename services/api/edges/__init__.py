"""The api's edges: Redis and HTTP."""
