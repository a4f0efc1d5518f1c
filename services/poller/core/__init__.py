"""The poller's decisions: pure and synchronous. When to ask, what an answer means, what an article is."""
