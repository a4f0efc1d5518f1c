"""The pure part: facts, joining, sources, severity and the alert they make. No I/O, no clock, no logging."""
