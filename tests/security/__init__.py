"""The security defaults S01 to S27 as checks of what is shipped: ``make security`` prints them as a table.

Most read files only and run as unit tests, too. ``--live`` also tries, on a running Compose stack, what must be
refused. What a check cannot do here it says.
"""
