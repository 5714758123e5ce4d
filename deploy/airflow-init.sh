#!/bin/sh
# Bring Airflow's tables up to date and give the page its one account; safe at every start.
set -eu
airflow db migrate
# An account that exists already is left alone, password included.
airflow users create --username admin --role Admin --firstname Shouwang --lastname Operator \
  --email operator@localhost --password "$AIRFLOW_ADMIN_PASSWORD"
