"""Is it about her: names in text, copies of her photos."""
