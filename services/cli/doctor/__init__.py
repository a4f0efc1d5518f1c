"""``wirewatch doctor``: what keeps the pipeline from working."""
