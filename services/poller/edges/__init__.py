"""Where the poller meets the world: HTTP, worker processes, Redis, files."""
