"""What the pages for sources, topics and watches show and change: the files of other services, and how these stand.

The routes that serve it (``services.api.routes.desk``) are the one part of a service that knows others. Every change is
written to the file that the service of the same name reads again by itself. What cannot be done raises
:class:`UsageError` with a sentence; while Redis is away it is :class:`TransientError`.
"""
