"""``wirewatch trace``: the way of an article through the services."""
