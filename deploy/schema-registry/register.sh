#!/bin/bash
# Registers the schemas of the public topics with a schema registry that speaks Confluent's API (docs/subscribe.md).
# Needs curl and jq. What a schema refers to is put into it, and it is declared as draft 7, which it also is:
# registries resolve neither references between files nor, all of them, 2020-12.
set -euo pipefail
url="${1:?Usage: register.sh URL, such as http://localhost:8081}"
schemas="$(dirname "$0")/../../schemas"
type="Content-Type: application/vnd.schemaregistry.v1+json"

register() { # topic, schema
  jq -s '.[0] + {"$schema": "http://json-schema.org/draft-07/schema#"}
    + {"$defs": (.[1]["$defs"] + {article: .[2] | del(.["$id"])})}
    | walk(if type == "object" and (.["$ref"] | type) == "string"
        then .["$ref"] |= (sub("^definitions.v1.schema.json"; "") | sub("^article.v1.schema.json$"; "#/$defs/article"))
        else . end)
    | {schemaType: "JSON", schema: tojson}' \
    "$schemas/$2.schema.json" "$schemas/definitions.v1.schema.json" "$schemas/article.v1.schema.json" |
    curl -sS --fail-with-body -H "$type" -d @- "$url/subjects/$1-value/versions"
  curl -sS --fail-with-body -X PUT -H "$type" -d '{"compatibility": "FORWARD_TRANSITIVE"}' "$url/config/$1-value"
  echo " $1-value"
}

register alerts alert.v1
register articles.tagged tagged_article.v1
