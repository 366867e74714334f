"""The programs of the live benchmark: ours, and two that do the same calls without us."""
