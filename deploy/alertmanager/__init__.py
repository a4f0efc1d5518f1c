"""Who hears of the alarms, and a receiver for them."""
