"""The system of record: what must not be lost, in SQLite on one machine or PostgreSQL beyond it."""
