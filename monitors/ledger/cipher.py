"""What the ledger needs of the vault: to seal and open a profile's bytes."""

from typing import Protocol


class Cipher(Protocol):
    """Seals bytes under a profile's own key. The vault (monitors/profiles/vault.py) is the implementation."""

    def seal(self, profile_id: str, content: bytes, *, label: str) -> bytes:
        """Encrypt and bind to ``label`` (which table, which id): sealed bytes moved elsewhere do not open."""
        ...

    def open(self, profile_id: str, sealed: bytes, *, label: str) -> bytes:
        """Give the bytes back. Raises StopRun when the key is gone or the bytes were changed."""
        ...
