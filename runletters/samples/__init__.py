"""Invented running histories: years of believable runs, the same for the same seed.

Pure: no clock, no network, no database, no files. Nobody's data is in it, and no
place on land: the runner's home is a spot in the Gulf of Guinea.
"""

from runletters.samples.frames import generate_frame_batches, generate_frames
from runletters.samples.history import SampleActivity, generate_history

__all__ = ["SampleActivity", "generate_frame_batches", "generate_frames", "generate_history"]
