#!/bin/sh
# A throwaway authority and the certificates it signs, for docker-compose.tls.yml: for trying TLS on one machine. In
# earnest, put certificates of your own authority into the same places and leave this out.
#
#   make_certificates.sh FOLDER    makes FOLDER/ca/ca.pem, FOLDER/kafka/server.pem and FOLDER/redis/server.pem
#
# What is there is kept. The authority's key is removed once both have signed: nobody can sign a third.
set -eu
folder=$1
for name in ca kafka redis; do [ -d "$folder/$name" ] || { echo "$folder/$name is absent" >&2; exit 2; }; done
if [ -s "$folder/ca/ca.pem" ] && [ -s "$folder/kafka/server.pem" ] && [ -s "$folder/redis/server.pem" ]; then
  echo "make_certificates: all are there already"
  exit 0
fi
umask 027
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
curve="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
# shellcheck disable=SC2086
openssl req -x509 $curve -subj "/CN=wirewatch throwaway authority" -days 365 \
  -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign" \
  -keyout "$made/ca.key" -out "$made/ca.pem" 2>/dev/null
for name in kafka redis; do
  # shellcheck disable=SC2086
  openssl req $curve -subj "/CN=$name" -keyout "$made/$name.key" -out "$made/$name.csr" 2>/dev/null
  printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n' \
    "$name" >"$made/$name.ext"
  openssl x509 -req -in "$made/$name.csr" -CA "$made/ca.pem" -CAkey "$made/ca.key" -CAcreateserial -days 365 \
    -extfile "$made/$name.ext" -out "$made/$name.pem" 2>/dev/null
  cat "$made/$name.key" "$made/$name.pem" "$made/ca.pem" >"$made/$name.server.pem"
  install -m 0440 "$made/$name.server.pem" "$folder/$name/server.pem"
done
install -m 0444 "$made/ca.pem" "$folder/ca/ca.pem"
echo "make_certificates: made an authority and certificates of kafka and redis, good for a year"
