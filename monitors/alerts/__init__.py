"""Who is told, when, and in which words: one calm mail a day, never lost and never invented."""
