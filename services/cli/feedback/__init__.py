"""``wirewatch feedback``: what analysts think of the alerts, and their verdicts as labels."""
