"""What mails are looked at with."""

from tests.servers.browser import browser

__all__ = ["browser"]
