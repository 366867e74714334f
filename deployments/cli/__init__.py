"""The command line for people: it starts flows and reads what they left, and holds no logic."""

from deployments.cli.app import main

__all__ = ["main"]
