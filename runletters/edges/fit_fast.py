"""FIT by fitfast (Rust): fast and strict; what it refuses goes to the official SDK.

One library: fitfast. Never raises for bad input.
"""

from __future__ import annotations

import fitfast

from runletters.edges.fit_messages import WANTED, Decoded, Message, Messages

NATIVE_NAMES = frozenset(
    {
        "timestamp",
        "distance",
        "altitude",
        "enhanced_altitude",
        "heart_rate",
        "cadence",
        "fractional_cadence",
        "power",
        "speed",
        "enhanced_speed",
        "position_lat",
        "position_long",
        "temperature",
    }
)


def decode_fast(content: bytes) -> Decoded | None:
    """All wanted messages of one sound FIT file, or None where fitfast will not have it.

    Also None where a developer field carries the name of a native one: fitfast
    keys both by name, and the wrong one could win.
    """
    try:
        parsed = fitfast.parse(content)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - a Rust panic on garbage is no Exception
        return None
    if _is_shadowed(parsed.get("field_description", [])):
        return None
    messages: Messages = {name: _named(parsed[name]) for name in WANTED if name in parsed}
    return Decoded(messages=messages)


def _named(found: list[dict[str | int, object]]) -> list[Message]:
    """The same messages, seen without the fields that only have a number."""
    # Copying thousands of records would cost more than it proves: keys that are
    # numbers are never asked for, so the narrower type is true for every reader.
    return found  # pyright: ignore[reportReturnType]


def _is_shadowed(descriptions: list[dict[str | int, object]]) -> bool:
    return any(str(each.get("field_name")) in NATIVE_NAMES for each in descriptions)
