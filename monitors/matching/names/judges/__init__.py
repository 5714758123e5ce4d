"""How likely a place means her: one judge a kind of variant."""
