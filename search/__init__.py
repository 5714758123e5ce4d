"""Where a hit is found again."""
