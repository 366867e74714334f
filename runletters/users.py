"""Who is written for, and what their tier and preferences allow.

Pure: no clock, no network, no database.
"""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from pydantic import BaseModel, ConfigDict, Field, field_validator

from runletters.facts import Units

Tier: TypeAlias = Literal["free", "premium"]
FREE_ACTIVITIES = 20
"""The free tier writes about this many of the newest runs."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Preferences(_Frozen):
    """What a runner chose; every text and every figure follows it."""

    language: str = Field(default="en", description="ISO 639-1 code of the texts.")
    units: Units = "metric"
    reader_name: str | None = Field(default=None, max_length=40, description="Name to use.")
    allow_notes: bool = Field(default=False, description="Notes may be used in texts.")
    heart_rate_max_bpm: int | None = Field(default=None, ge=100, le=240)
    heart_rate_rest_bpm: int | None = Field(default=None, ge=25, le=110)
    threshold_heart_rate_bpm: int | None = Field(default=None, ge=80, le=230)
    threshold_pace_s_per_km: float | None = Field(default=None, ge=120, le=900)
    sex: Literal["female", "male"] | None = None
    birth_year: int | None = Field(default=None, ge=1900, le=2100)
    time_zone: str | None = Field(default=None, description="IANA name; digests follow it.")
    email: str | None = None
    digests: bool = Field(default=True, description="Whether digests are mailed.")


class ChosenPreferences(Preferences):
    """The same at the moment they are chosen: names that mean nothing are refused."""

    @field_validator("language")
    @classmethod
    def _is_a_language(cls, value: str) -> str:
        try:
            Locale.parse(value.replace("-", "_"))
        except (UnknownLocaleError, ValueError) as error:
            raise ValueError("no language is called that; en, de and fr are such codes") from error
        return value

    @field_validator("reader_name")
    @classmethod
    def _is_a_name(cls, value: str | None) -> str | None:
        # It is written into texts: markup would be no prose, and a figure no figure of the run.
        letters = {each for each in value or "" if unicodedata.category(each)[0] in "LM"}
        if value is not None and (not letters or set(value) - letters - set(" .'’·-")):
            raise ValueError("a name is letters, with spaces, points, hyphens and apostrophes")
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_a_time_zone(cls, value: str | None) -> str | None:
        try:
            _ = ZoneInfo(value) if value else None
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("no time zone is called that; Europe/Berlin is such a name") from error
        return value


class User(_Frozen):
    """One runner."""

    user_id: str
    tier: Tier = "free"
    preferences: Preferences = Preferences()


def ingest_lock(user_id: str) -> str:
    """The name that keeps a second ingest of the same user out."""
    return f"ingest {user_key(user_id)}"


def user_key(user_id: str) -> str:
    """A folder name for a user: opaque, safe in any path, the same for ever."""
    return "u-" + hashlib.sha256(user_id.encode()).hexdigest()[:20]
