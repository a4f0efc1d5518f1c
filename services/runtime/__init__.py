"""How any process of Wirewatch lives: settings, logging, metrics, clock, lifecycle, and the edges services share.

A service's core uses nothing of this package; its handler uses ``ports``, ``clock``, ``delivery`` and ``metrics``.
The edges are ``kafka``, ``redis``, ``streams`` (Faust) and ``ops`` (the /metrics, /healthz and /readyz server).
"""
