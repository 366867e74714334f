"""The truth gate: every text is checked against its fact sheet before it is kept.

Pure: no clock, no network, no database. Word lists, units, roles and limits are
files in this folder; rules are small modules that read a draft and yield findings.
"""

from runletters.grounding.findings import Finding, describe, is_acceptable
from runletters.grounding.gate import check

__all__ = ["Finding", "check", "describe", "is_acceptable"]
