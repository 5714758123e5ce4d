#!/bin/sh
# What every container of our image starts with: keys that were made at start-up come as files.
set -eu
for name in SHOUWANG_ELASTICSEARCH_API_KEY SHOUWANG_KIBANA_API_KEY; do
  eval "file=\${${name}_FILE:-}"
  if [ -n "$file" ]; then
    key=$(cat "$file")
    export "$name=$key"
  fi
done
exec "$@"
