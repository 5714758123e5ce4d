"""Kibana's data view, saved searches and dashboard, generated from code."""
