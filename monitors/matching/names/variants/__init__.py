"""How a name may be written: every variant of a profile's names with how surely it means her."""
