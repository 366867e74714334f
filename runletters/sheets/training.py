"""What the headline figures do not show: efforts inside the run, the route, the session.

Pure: no clock, no network, no database. Each run is held against earlier ones only, by the
same rule as everything else: doubtful runs neither claim nor compare.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import polars as pl

from runletters.activities import INDOOR_SPORTS
from runletters.facts import Fact
from runletters.metrics.classify import is_sound
from runletters.metrics.route_masks import Routes
from runletters.metrics.similar import Comparison, compared, similar_runs
from runletters.ranking import running_rank
from runletters.sheets.candidates import Candidate, Row
from runletters.sheets.history import RANKED_FROM, TOLD_RANK
from runletters.wording import Wording

TOLD_EFFORTS: dict[str, tuple[str, ...]] = {
    "metric": ("5km", "10km", "half_marathon"),
    "imperial": ("2_miles", "half_marathon"),
}
"""Efforts that are told: a shorter one is a split, a longer one the run itself."""
INSIDE = 1.1
"""A run this many times longer than the effort holds it inside; else it is the run."""
NEEDED = (
    "activity_id", "started_at", "local_date", "sport", "distance_m", "pace_s_per_km",
    "pace_quality", "elevation_gain_m", "heart_rate_quality", "heart_rate_avg_bpm",
    "efficiency_factor", "efficiency_factor_graded", "gap_minetti_s_per_km",
    "repetitions_count", "repetition_pace_s_per_km", "classification",
)  # fmt: skip
"""A row of metrics is wide; only this much of it is looked at."""
EFFORT_RANK = 3
FEWEST_ON_ROUTE = 4
CHANGE_FROM_S = 3.0
GRADED_FROM_S = 6.0


def further_candidates(
    wanted: Sequence[str],
    metrics: pl.DataFrame,
    best_efforts: pl.DataFrame,
    routes: Routes,
    wording: Wording,
) -> dict[str, list[Candidate]]:
    """Facts worth telling about each wanted run, beside those of the sheets themselves.

    Args:
        wanted: activity ids.
        metrics: rows of `run_metrics` of the whole history with their class.
        best_efforts: of the whole history.
        routes: cells by activity, where known.
        wording: the reader's language and units.
    """
    sound = comparable(metrics)
    mine = sound.filter(pl.col("activity_id").is_in(list(wanted)))
    efforts = _efforts(sound, best_efforts, frozenset(wanted), wording)
    return {
        row["activity_id"]: [
            *efforts.get(row["activity_id"], ()),
            *_beside_others(row, sound, routes, wording),
            *_of_session(row, wording),
        ]
        for row in mine.iter_rows(named=True)
    }


def comparable(metrics: pl.DataFrame) -> pl.DataFrame:
    """The runs that may be held against each other, oldest first, columns of NEEDED."""
    return metrics.filter(is_sound()).select(*NEEDED).sort("started_at", "activity_id")


def _efforts(
    sound: pl.DataFrame, best_efforts: pl.DataFrame, wanted: frozenset[str], wording: Wording
) -> dict[str, list[Candidate]]:
    """The best efforts inside the wanted runs, ranked among those of earlier runs."""
    found: dict[str, list[Candidate]] = defaultdict(list)
    if best_efforts.is_empty():
        return found
    outdoors = sound.filter(~pl.col("sport").is_in(sorted(INDOOR_SPORTS)))
    columns = outdoors.select("activity_id", "local_date", run_m="distance_m")
    for effort in TOLD_EFFORTS[wording.units]:
        for row in _ranked(columns, best_efforts.filter(pl.col("effort") == effort)):
            made = _effort(effort, row, wording) if row["activity_id"] in wanted else None
            found[row["activity_id"]] += [made] if made else []
    return found


def _ranked(runs: pl.DataFrame, efforts: pl.DataFrame) -> Iterator[Row]:
    """Every effort, oldest first, with its rank so far, how many there were and since when."""
    rows = runs.join(efforts, on="activity_id", maintain_order="left")
    ranks = running_rank((-rows["elapsed_s"]).to_list(), [0] * rows.height)
    since = rows["local_date"].to_list()[:1]
    for row, rank in zip(rows.iter_rows(named=True), ranks, strict=True):
        if rank:
            yield row | {"rank": rank[0], "n": rank[1], "since": since[0]}


def _effort(effort: str, row: Row, wording: Wording) -> Candidate | None:
    rank, n = row["rank"], row["n"]
    if n < RANKED_FROM or rank > min(EFFORT_RANK, n // 4):
        return None
    if row["run_m"] <= INSIDE * row["distance_m"]:
        return None
    name = "effort_best" if rank == 1 else "effort_rank"
    text = wording.phrase(
        name,
        effort=wording.phrase(f"effort_{effort}"),
        time=wording.clocked(row["elapsed_s"]),
        ordinal=wording.ordinal(rank),
        n=wording.count(n),
    )
    window = wording.phrase("since", day=wording.day(row["since"]))
    fact = Fact(name=name, value=rank, unit="rank", text=text, n=n, window=window)
    return Candidate(fact, "effort", 0.98 if rank == 1 else 0.84 - 0.03 * rank)


def _beside_others(
    row: Row, sound: pl.DataFrame, routes: Routes, wording: Wording
) -> list[Candidate]:
    similar = similar_runs(row["activity_id"], sound, routes)
    one = compared(row["activity_id"], sound, similar)
    if one is None:
        return []
    window = wording.phrase("since", day=wording.day(one.since))
    told = (_route(one, window, wording), _even_heart_rate(one, window, wording))
    return [candidate for candidate in told if candidate]


def _route(one: Comparison, window: str, wording: Wording) -> Candidate | None:
    rank = one.pace_rank
    if one.basis != "route" or one.n < FEWEST_ON_ROUTE or rank > min(TOLD_RANK, (one.n + 1) // 2):
        return None
    name = "route_best" if rank == 1 else "route_rank"
    text = wording.phrase(name, ordinal=wording.ordinal(rank), n=wording.count(one.n))
    fact = Fact(name=name, value=rank, unit="rank", text=text, n=one.n, window=window)
    return Candidate(fact, "route", 0.92 if rank == 1 else 0.72 - 0.02 * rank)


def _even_heart_rate(one: Comparison, window: str, wording: Wording) -> Candidate | None:
    change, rate = one.pace_change_at_equal_heart_rate_s_per_km, one.equal_heart_rate_bpm
    if change is None or rate is None or one.efficiency_n < RANKED_FROM:
        return None
    if abs(change) < CHANGE_FROM_S:
        return None
    change = round(change, 1)
    name = "even_heart_rate_slower" if change > 0 else "even_heart_rate_faster"
    text = wording.phrase(name, difference=wording.pace_difference(change), rate=wording.bpm(rate))
    fact = Fact(
        name=name, value=change, unit="s_per_km", text=text, n=one.efficiency_n, window=window,
        quality="derived",
    )  # fmt: skip
    return Candidate(fact, "heart", 0.5 + min(abs(change), 30) / 100)


def _of_session(row: Row, wording: Wording) -> list[Candidate]:
    told = (_repetitions(row, wording), _graded(row, wording))
    return [candidate for candidate in told if candidate]


def _repetitions(row: Row, wording: Wording) -> Candidate | None:
    count, pace = row["repetitions_count"], row["repetition_pace_s_per_km"]
    if row["classification"] != "intervals" or not count or not pace:
        return None
    text = wording.phrase("repetitions", n=wording.count(count), pace=wording.pace(pace))
    fact = Fact(
        name="repetitions", value=round(pace, 1), unit="s_per_km", text=text, quality="derived",
    )  # fmt: skip
    return Candidate(fact, "session", 0.95)


def _graded(row: Row, wording: Wording) -> Candidate | None:
    """Pace on the flat for the same cost, where hills made a difference."""
    pace, graded = row["pace_s_per_km"], row["gap_minetti_s_per_km"]
    if not graded or not pace or pace - graded < GRADED_FROM_S:
        return None
    text = wording.phrase("graded_pace", pace=wording.pace(graded))
    fact = Fact(
        name="graded_pace", value=round(graded, 1), unit="s_per_km", text=text,
        window="Minetti 2002", quality="estimated",
    )  # fmt: skip
    return Candidate(fact, "graded", 0.55)
