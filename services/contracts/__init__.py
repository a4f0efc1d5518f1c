"""What crosses a wire, as the code sees it: messages, topic names, ids and Redis keys.

``schemas/`` is the source of truth; tests in ``tests/contracts`` hold this package to it.
Nothing here does I/O, and nothing here imports another service.
"""
