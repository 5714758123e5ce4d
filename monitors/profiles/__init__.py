"""Who is protected: watch profiles, consent, reference photos, and the vault that encrypts them."""
