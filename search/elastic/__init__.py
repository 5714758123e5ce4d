"""Hits in Elasticsearch."""
