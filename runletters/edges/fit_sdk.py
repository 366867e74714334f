"""FIT by Garmin's official SDK: slow and patient; gives back what it had before a break.

One library: garmin-fit-sdk. Never raises for bad input.
"""

from __future__ import annotations

from typing import cast

from garmin_fit_sdk import Decoder, Profile, Stream

from runletters.edges.fit_messages import (
    DATE_FIELDS,
    FIT_EPOCH_S,
    WANTED,
    Decoded,
    Message,
    Messages,
    Part,
)

LARGEST_SIZE = (0x7FFFFFFF).to_bytes(4, "little")


def decode_patiently(part: Part) -> Decoded:
    """What the SDK can get out of one part, with `truncated` or `bad_checksum` where it broke."""
    if not part.content:
        return Decoded(messages={}, flags=("truncated",))
    content = bytearray(part.content)
    if part.is_cut:  # a header that was never closed says size 0: let it read to the end
        content[4:8] = LARGEST_SIZE
    read, errors = Decoder(Stream.from_byte_array(content)).read(
        convert_datetimes_to_dates=False, merge_heart_rates=False
    )
    # The SDK types each message by its profile; here they are plain names and values.
    raw = cast("dict[str, list[Message]]", cast("object", read))
    messages: Messages = {
        name: [_since_1970(each) for each in raw[f"{name}_mesgs"]]
        for name in WANTED
        if raw.get(f"{name}_mesgs")
    }
    return Decoded(messages=messages, flags=_flags(part, errors))


def garmin_products() -> dict[int, str]:
    """The profile's names of Garmin's products, for instance 2697: `fenix5`."""
    types = cast("dict[str, dict[int, str]]", Profile["types"])
    return types["garmin_product"]


def _since_1970(message: Message) -> Message:
    dates = {name: message[name] for name in DATE_FIELDS if name in message}
    moved = {
        name: value + FIT_EPOCH_S for name, value in dates.items() if isinstance(value, int | float)
    }
    return {**message, **moved}


def _flags(part: Part, errors: list[Exception]) -> tuple[str, ...]:
    if part.is_cut:
        return ("truncated",)
    # The SDK raises RuntimeError for everything; only the text tells a checksum apart.
    return tuple("bad_checksum" if "CRC" in str(error) else "truncated" for error in errors)
