"""The command that makes the run journal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from deployments.cli.replies import Reply, paragraph, two_columns
from runletters.edges.journal_files import make_journal
from runletters.settings import Settings


def journal(
    *,
    user: Annotated[str, Parameter(name=["--user", "-u"], help="Whose runs.")],
    to: Annotated[
        Path | None, Parameter(help="Folder of the pages; one below the home folder if not given.")
    ] = None,
    positions: Annotated[
        bool, Parameter(negative="", help="Draw the shapes of runs, without the home zone.")
    ] = False,
    home_radius_m: Annotated[
        float,
        Parameter(
            help="Metres cut off around starts, ends and usual places.",
            validator=Number(gte=200, lte=20_000),
        ),
    ] = 500.0,
) -> Reply:
    """Write the run journal: static pages of all letters and insights, opened from disk.

    The pages load nothing from elsewhere and hold no positions unless you ask for them.
    """
    made = make_journal(
        Settings(),
        user,
        now=datetime.now(UTC),
        folder=to,
        home_radius_m=home_radius_m if positions else None,
    )
    counts = {
        "pages": made.pages,
        "runs": made.runs,
        "letters": made.letters,
        "insights": made.insights,
        "shapes": made.shapes,
        "removed": made.removed,
    }
    rows = [(name, str(count)) for name, count in counts.items() if count]
    return Reply(
        data={"user": user, "folder": str(made.folder), "start": str(made.start), **counts},
        screen=[two_columns(rows), paragraph(f"Open {made.start.as_uri()}")],
    )
