#!/usr/bin/env bash
# Healthy when the broker answers a request. This sends ApiVersions (version 0, correlation id 1, client id "ping") and
# waits for the length of the answer: no Java is started for it, as Kafka's own tools would, every few seconds.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${PROBE_PORT:-9092}"
printf '\x00\x00\x00\x0e\x00\x12\x00\x00\x00\x00\x00\x01\x00\x04ping' >&3
answer=$(timeout 3 head -c 4 <&3 | od -An -tu1)
[ -n "${answer//[[:space:]]/}" ]
