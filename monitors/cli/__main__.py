"""`python -m monitors.cli` is `shouwang`."""

from monitors.cli import main

main()
