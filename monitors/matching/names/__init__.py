"""Her names in a text, however they are written."""
