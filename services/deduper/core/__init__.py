"""The rules: what makes two articles one text or one story. Pure and synchronous.

``text`` and ``sketch`` turn an article into a :class:`~services.deduper.core.candidate.Candidate`; ``verdict`` holds
the thresholds and the decisions; ``memory`` is the index in this process, which the Redis script follows step by step.
"""
