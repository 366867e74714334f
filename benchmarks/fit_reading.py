"""FIT files per second: our reader beside the official SDK, one core each."""

from __future__ import annotations

from garmin_fit_sdk import Decoder, Stream

from benchmarks.measures import Measure, median_seconds
from benchmarks.workbench import Workbench
from runletters.edges.readers import read_bytes

NAME, UNIT, FILES, ROUNDS = "read FIT", "files/s", 60, 3
_FIELDS = (
    ("timestamp",),
    ("distance",),
    ("enhanced_altitude", "altitude"),
    ("heart_rate",),
    ("cadence",),
    ("power",),
    ("enhanced_speed", "speed"),
    ("position_lat",),
    ("position_long",),
    ("temperature",),
)


def measure(bench: Workbench) -> list[Measure]:
    """Both read the same bytes to the same fields: ten channels, laps, session totals."""
    files = bench.files(".fit", FILES)
    ours = [read_bytes(*file).recordings[0] for file in files]
    theirs = [_official(content) for _, content in files]
    samples = sum(r.streams.height for r in ours)
    agree = [r.streams.height for r in ours] == [len(columns[0]) for columns, _ in theirs]
    seconds = median_seconds(
        {
            "ours": lambda: [read_bytes(*file) for file in files],
            "garmin-fit-sdk": lambda: [_official(content) for _, content in files],
        },
        rounds=ROUNDS,
    )
    return [
        Measure(
            name=NAME,
            unit=UNIT,
            ours=len(files) / seconds["ours"],
            peers={"garmin-fit-sdk": len(files) / seconds["garmin-fit-sdk"]},
            note=f"{len(files)} files, {samples:,} samples, one core, median of {ROUNDS} rounds in "
            f"turns; sample counts {'equal' if agree else 'DIFFER'}. Ours also hashes, checks "
            "quality, computes totals and fills a typed frame; the peer fills plain lists.",
        )
    ]


def _official(content: bytes) -> tuple[list[list[object]], list[dict[str, object]]]:
    messages, _ = Decoder(Stream.from_byte_array(bytearray(content))).read()
    records = messages["record_mesgs"]
    columns = [[next((r[n] for n in names if n in r), None) for r in records] for names in _FIELDS]
    return columns, [*messages["lap_mesgs"], *messages["session_mesgs"]]
