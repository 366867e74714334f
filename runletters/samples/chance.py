"""Where chance comes from: a stream of its own for each thing that is invented.

Pure. A run of one day is drawn from (seed, purpose, day), so a history that ends
later or starts earlier holds the same runs on the days both have.
"""

from __future__ import annotations

import zlib
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


def dice(seed: int, purpose: str, *key: int) -> np.random.Generator:
    """An independent random stream for one purpose; `key` holds whole numbers >= 0."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode()), *key])


def smooth_noise(chance: np.random.Generator, length: int, *, memory: float) -> Floats:
    """Noise of unit spread whose values are alike over about `memory` samples."""
    kernel = np.exp(-np.arange(max(1, int(memory * 4))) / memory)
    kernel /= np.sqrt(np.square(kernel).sum())
    raw: Floats = chance.standard_normal(int(length + kernel.size - 1))
    return _convolved(raw, kernel)


def lagged(values: Floats, *, start: float, lag: float) -> Floats:
    """`values` as a slow sensor follows them: a first-order lag of `lag` samples."""
    kernel = np.exp(-np.arange(int(lag * 5)) / lag)
    kernel /= kernel.sum()
    led_in = np.concatenate([np.full(kernel.size - 1, start), values])
    return _convolved(led_in, kernel)


def _convolved(values: Floats, kernel: Floats) -> Floats:
    """np.convolve, whose stubs forget the type when both sides are float arrays."""
    return np.asarray(np.convolve(values, kernel, mode="valid"), dtype=np.float64)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]  (see above)


def pick(chance: np.random.Generator, choices: tuple[str, ...]) -> str:
    """One of the choices, all alike."""
    return choices[int(chance.integers(len(choices)))]
