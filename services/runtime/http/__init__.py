"""What leaves the machine by HTTP goes through the guard here."""
