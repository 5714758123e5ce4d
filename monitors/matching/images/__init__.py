"""Her photos in a post's pictures: guarded decoding, fingerprints, comparison."""
