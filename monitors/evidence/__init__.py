"""Can it be proved: what was captured, sealed and chained, and how to check it."""
