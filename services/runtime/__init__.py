"""What every process of Wirewatch needs. A service's core uses nothing of this package.

- ``process``   settings, logs, metrics, clock, the server of /metrics, /healthz and /readyz, start and end
- ``kafka``     connection, publisher, streams (Faust), topics, users and their rights
- ``redis``     addresses, connections, Lua scripts, replicas
- ``messages``  deliveries, dead letters, isolation of defects
- ``files``     shipped data, YAML that people write, files that are read again when they change
- ``http``      the guard of every connection that leaves the machine
- ``ports``     what handlers are given: publisher and stream handler
"""
