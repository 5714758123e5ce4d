"""Who is told: the digest, its outbox and the mailer."""
