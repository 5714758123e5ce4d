"""`shouwang demo`: the whole job on invented posts, with embedded parts only."""

from monitors.cli.demo.show import run_demo

__all__ = ["run_demo"]
