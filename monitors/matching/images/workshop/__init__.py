"""Measuring how surely copies are found; nothing here runs in the product."""
