"""The web page: register, look through hits, withdraw."""
