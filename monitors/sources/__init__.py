"""What was posted: one platform a file, all behind one protocol."""
