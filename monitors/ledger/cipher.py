"""What the ledger needs of the vault: to seal and open a profile's bytes."""

from typing import Protocol

from monitors.errors import StopRun


class KeyGoneError(StopRun):
    """The profile's key was destroyed, or never was: its bytes cannot be read by anyone any more."""


class SealBrokenError(StopRun):
    """Sealed bytes were changed, or moved from where they were sealed for."""


class Cipher(Protocol):
    """Seals bytes under a profile's own key. The vault (monitors/profiles/vault.py) is the implementation."""

    def seal(self, profile_id: str, content: bytes, *, label: str) -> bytes:
        """Encrypt and bind to ``label`` (which table, which id): sealed bytes moved elsewhere do not open.

        Raises KeyGoneError when the key is gone.
        """
        ...

    def open(self, profile_id: str, sealed: bytes, *, label: str) -> bytes:
        """Give the bytes back. Raises KeyGoneError when the key is gone, SealBrokenError when they were changed."""
        ...
