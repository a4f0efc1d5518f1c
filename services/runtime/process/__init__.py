"""How a process lives: settings, logs, metrics, clock, the operations server, start and end."""
