#!/bin/sh
# Make .env from .env.example, every empty line filled with a secret of its own. Never touches a .env that exists:
# its master key may be the only copy.
set -eu
cd "$(dirname "$0")/.."
if [ -e .env ]; then
  echo ".env exists already; it stays as it is." >&2
  exit 1
fi
umask 077
while IFS= read -r line; do
  case $line in
    SHOUWANG_MASTER_KEY=) line=$line$(openssl rand -base64 32) ;;
    AIRFLOW_FERNET_KEY=) line=$line$(openssl rand -base64 32 | tr '+/' '-_') ;;
    AIRFLOW_JWT_SECRET=) line=$line$(openssl rand -hex 64) ;;
    [A-Z]*=) line=$line$(openssl rand -hex 24) ;;
  esac
  printf '%s\n' "$line"
done <.env.example >.env.half
mv .env.half .env
echo "Made .env. Keep a copy of its SHOUWANG_MASTER_KEY away from this machine."
