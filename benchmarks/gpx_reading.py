"""GPX files per second: our reader beside gpxpy, one core each."""

from __future__ import annotations

import gpxpy

from benchmarks.measures import Measure, median_seconds
from benchmarks.workbench import Workbench
from runletters.edges.readers import read_bytes

NAME, UNIT, FILES, ROUNDS = "read GPX", "files/s", 30, 3

_Point = tuple[object, float, float, float | None, dict[str, str | None]]


def measure(bench: Workbench) -> list[Measure]:
    """Both read the same bytes to the same fields: time, place, height, heart rate, cadence."""
    files = bench.files(".gpx", FILES)
    ours = [read_bytes(*file).recordings[0] for file in files]
    theirs = [_gpxpy(content) for _, content in files]
    samples = sum(r.streams.height for r in ours)
    agree = [r.streams.height for r in ours] == [len(points) for points, _ in theirs]
    seconds = median_seconds(
        {
            "ours": lambda: [read_bytes(*file) for file in files],
            "gpxpy": lambda: [_gpxpy(content) for _, content in files],
        },
        rounds=ROUNDS,
    )
    return [
        Measure(
            name=NAME,
            unit=UNIT,
            ours=len(files) / seconds["ours"],
            peers={"gpxpy": len(files) / seconds["gpxpy"]},
            note=f"{len(files)} files, {samples:,} points, one core, median of {ROUNDS} rounds in "
            f"turns; point counts {'equal' if agree else 'DIFFER'}. Both also sum up distance; "
            "ours hashes, checks quality and fills a typed frame besides.",
        )
    ]


def _gpxpy(content: bytes) -> tuple[list[_Point], float]:
    parsed = gpxpy.parse(content.decode())
    points: list[_Point] = [
        (p.time, p.latitude, p.longitude, p.elevation, _extras(p.extensions))
        for track in parsed.tracks
        for segment in track.segments
        for p in segment.points
    ]
    return points, parsed.length_2d()


def _extras(extensions: list[object]) -> dict[str, str | None]:
    """Heart rate and cadence, which gpxpy leaves as XML elements."""
    return {leaf.tag.rpartition("}")[2]: leaf.text for top in extensions for leaf in top}
