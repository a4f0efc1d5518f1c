#!/usr/bin/env bash
# Starts the broker. Before its very first start the storage is formatted with the two users who must be there before
# anybody can log in: `broker`, for itself, and `admin`, who makes the others (`wirewatch topics create --users`).
# /run/wirewatch/scram has salted hashes of their passwords, so that no password is an argument of a program.
set -euo pipefail
data=$KAFKA_LOG_DIRS
if [ -e "$data/meta.properties" ] && [ ! -e "$data/.users" ]; then
  echo 'kafka: this volume was made before the broker asked for passwords, and has no users. `docker compose down` and' \
    '`docker volume rm wirewatch_kafka-data`, then start again: what Redis remembers stays.' >&2
  exit 2
fi
if [ ! -e "$data/meta.properties" ]; then
  configuration=$(mktemp)
  cat >"$configuration" <<END
process.roles=$KAFKA_PROCESS_ROLES
node.id=$KAFKA_NODE_ID
controller.quorum.voters=$KAFKA_CONTROLLER_QUORUM_VOTERS
controller.listener.names=$KAFKA_CONTROLLER_LISTENER_NAMES
listeners=$KAFKA_LISTENERS
advertised.listeners=$KAFKA_ADVERTISED_LISTENERS
listener.security.protocol.map=$KAFKA_LISTENER_SECURITY_PROTOCOL_MAP
inter.broker.listener.name=$KAFKA_INTER_BROKER_LISTENER_NAME
log.dirs=$data
END
  users=()
  while IFS= read -r user; do users+=(--add-scram "$user"); done </run/wirewatch/scram
  touch "$data/.users"
  /opt/kafka/bin/kafka-storage.sh format --cluster-id "${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}" \
    --config "$configuration" "${users[@]}"
fi
exec /etc/kafka/docker/run
