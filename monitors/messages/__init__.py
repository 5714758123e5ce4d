"""Everything a person reads, in her language: one catalogue a room and a language, in gettext's own format."""

from monitors.messages.catalogue import LANGUAGES, Say, say_in

__all__ = ["LANGUAGES", "Say", "say_in"]
