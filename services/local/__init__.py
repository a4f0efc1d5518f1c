"""The embedded stack: a Kafka broker, a Redis store and every service as processes under one supervisor.

Purpose: ``wirewatch up`` and the tests need the real servers on a machine that has only Python.

in -> out: a directory (by default ``.wirewatch/``) -> running processes, their addresses in ``run.json``, their logs
in ``logs/``.

Guarantees: what the broker and the store acknowledged survives SIGKILL of any of them, and of the supervisor; a
restart keeps directory, cluster id and port; a child that dies is started again, one that cannot be used as it is
configured (exit code 2) is shown and left; no child outlives the supervisor on Linux, and elsewhere the next start
ends what is left.

What it does not do: more than one broker, authentication, containers. Production is ``docker-compose.yml``.

- ``jars``        the broker's jar files: fetched once, checked against ``jars.sha256`` before every start
- ``broker``      Apache Kafka in KRaft mode, one node
- ``store``       valkey-server with an append-only file
- ``process``     one process: its start, its log, its end
- ``supervisor``  all of them together
- ``home``        the directory, its lock and ``run.json``
- ``preflight``   settings and files, looked at before anything is started
- ``pipeline``    which processes make up the pipeline, and with which settings
"""
