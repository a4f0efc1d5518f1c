#!/bin/sh
# Starts a sentinel (docker-compose.cluster.yml). It writes what it learns into its own configuration.
# SENTINEL_HOST is the address others reach it by, REDIS_MASTER that of the master at the very first start. Two of three have to agree that the master is away.
set -eu
own=/data/sentinel.conf
if [ ! -e "$own" ]; then
  {
    cat <<END
port 26379
dir /data
protected-mode no
sentinel announce-ip $SENTINEL_HOST
sentinel monitor wirewatch $REDIS_MASTER 6379 2
sentinel down-after-milliseconds wirewatch 5000
sentinel failover-timeout wirewatch 15000
sentinel parallel-syncs wirewatch 1
END
    # Who it is to the servers, where they ask.
    if [ -e /run/wirewatch/sentinel.conf ]; then cat /run/wirewatch/sentinel.conf; fi
  } >"$own.new"
  mv "$own.new" "$own"
fi
exec redis-server "$own" --sentinel
