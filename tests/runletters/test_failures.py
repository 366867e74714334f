"""Many failures, few reasons."""

from __future__ import annotations

from runletters.failures import OTHERWISE, SHOWN, grouped, shown


def test_reasons_that_differ_in_names_and_numbers_are_one() -> None:
    """Ids, quoted names and figures do not make a new trouble; other words do."""
    failures = {
        "WriterUnavailable: 529 overloaded after 3 tries (req_011CVabc)": 2,
        "WriterUnavailable: 529 overloaded after 6 tries (req_022CVxyz)": 5,
        "HistoryError: activity 'strava-1' has no time": 1,
        "HistoryError: activity 'strava-2' has no time": 1,
        "HistoryError: activity 'strava-2' has no sport": 1,
    }

    groups = grouped(failures)

    assert [
        ("WriterUnavailable", 7), ("HistoryError", 2), ("HistoryError", 1)
    ] == [(group.kind, group.texts) for group in groups]  # fmt: skip
    assert "529 overloaded after 6 tries (req_022CVxyz)" == groups[0].example
    assert "start the backfill again" in groups[0].what_to_do


def test_a_thousand_reasons_are_a_short_list_and_every_text_is_counted() -> None:
    """What is not shown is counted; an unknown error has advice as well."""
    failures = {f"Odd{chr(65 + n % 26)}{chr(97 + n // 26)}: x": 1 for n in range(600)}

    groups, others = shown(failures)

    assert SHOWN == len(groups)
    assert len(failures) == others + sum(group.texts for group in groups)
    assert OTHERWISE == groups[0].what_to_do
