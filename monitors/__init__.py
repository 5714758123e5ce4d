"""What is done to a post, from the moment it is read to the mail that tells of it."""

__version__ = "0.1.0"
