#!/bin/bash
# Run by the postgres image on an empty volume: one database and one user for Airflow, one for the ledger.
# Neither can read the other's: Airflow's page never shows a profile.
set -euo pipefail
for name in airflow shouwang; do
  variable=${name^^}_DB_PASSWORD
  psql -v ON_ERROR_STOP=1 -v name="$name" -v password="${!variable}" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name" ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
SQL
done
