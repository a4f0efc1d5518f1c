"""``wirewatch alerts``: the alerts on the topic, and how a terminal shows one."""
