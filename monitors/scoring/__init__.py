"""Does it matter: what a text may concern, and which side its writer stands on."""
