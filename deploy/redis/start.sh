#!/bin/sh
# Starts one of several Redis servers (docker-compose.cluster.yml). Its configuration lies with its data, because a
# sentinel notes there whom the server follows: after a restart it is what it was made, not what it once began as.
# REDIS_HOST is the address others reach it by; REDIS_FOLLOWS the master at the very first start, empty for the master.
set -eu
own=/data/redis.conf
if [ ! -e "$own" ]; then
  {
    cat /etc/redis/redis.conf
    echo "replica-announce-ip $REDIS_HOST"
    # Who it is to its master, where that asks.
    if [ -e /run/wirewatch/replication.conf ]; then echo "include /run/wirewatch/replication.conf"; fi
    if [ -n "${REDIS_FOLLOWS:-}" ]; then echo "replicaof $REDIS_FOLLOWS 6379"; fi
  } >"$own.new"
  mv "$own.new" "$own"
fi
exec redis-server "$own"
