"""Users, their tier and preferences, and named locks."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, cast

import sqlalchemy as sa
from pydantic import ValidationError

from runletters.content import canonical_json
from runletters.edges.store_base import StoreBase, insert_or_ignore, unknown_user, upsert
from runletters.edges.store_schema import locks, users
from runletters.errors import Busy, SettingsError
from runletters.users import ChosenPreferences, Preferences, Tier, User


class StoreUsers(StoreBase):
    """The part of the store that knows people."""

    def ensure_user(self, user_id: str, *, now: datetime) -> User:
        """The user of that id; made with the free tier if new."""
        row = {
            "user_id": user_id,
            "tier": "free",
            "preferences": canonical_json(Preferences().model_dump(exclude_defaults=True)),
            "created_at": now,
            "updated_at": now,
        }
        with self._write() as connection:
            insert_or_ignore(connection, users, [row])
            return _user(connection.execute(_of(user_id)).one())

    def user(self, user_id: str) -> User | None:
        """The user of that id, or None."""
        with self._read() as connection:
            row = connection.execute(_of(user_id)).one_or_none()
        return None if row is None else _user(row)

    def users(self) -> list[User]:
        """Everybody, by id."""
        with self._read() as connection:
            rows = connection.execute(sa.select(users).order_by(users.c.user_id)).all()
        return [_user(row) for row in rows]

    def set_user(
        self,
        user_id: str,
        *,
        tier: Tier | None = None,
        preferences: dict[str, Any] | None = None,
        now: datetime,
    ) -> User:
        """Change the tier or some preferences; those not named stay, None resets one.

        Raises:
            SettingsError: a preference is unknown or out of range.
            StoreError: no such user.
        """
        with self._write() as connection:
            row = connection.execute(_of(user_id).with_for_update()).one_or_none()
            if row is None:
                raise unknown_user(user_id)
            after = _changed(_user(row), tier, preferences or {})
            connection.execute(
                sa.update(users)
                .where(users.c.user_id == user_id)
                .values(tier=after.tier, preferences=_stored(after.preferences), updated_at=now)
            )
        return after

    @contextmanager
    def lock(self, name: str, *, owner: str, lease_s: float, now: datetime) -> Generator[None]:
        """Hold a name for at most `lease_s` seconds; the same owner may take it again.

        Raises:
            Busy: another owner holds it and their lease has not run out.
        """
        self._take(name, owner, now, now + timedelta(seconds=lease_s))
        try:
            yield
        finally:
            with self._write() as connection:
                mine = (locks.c.name == name) & (locks.c.owner == owner)
                connection.execute(sa.delete(locks).where(mine))

    def _take(self, name: str, owner: str, now: datetime, until: datetime) -> None:
        free = (locks.c.lease_until < now) | (locks.c.owner == owner)
        with self._write() as connection:
            connection.execute(
                upsert(connection, locks).on_conflict_do_update(
                    index_elements=["name"],
                    set_={"owner": owner, "lease_until": until},
                    where=free,
                ),
                {"name": name, "owner": owner, "lease_until": until},
            )
            held = connection.execute(sa.select(locks).where(locks.c.name == name)).one()
        if held.owner != owner:
            raise Busy(
                f"{name} is held by {held.owner} until {held.lease_until:%Y-%m-%d %H:%M:%S} UTC.",
                remedy="Wait for it to end, or for the lease to run out.",
            )


def _of(user_id: str) -> sa.Select[Any]:
    return sa.select(users).where(users.c.user_id == user_id)


def _user(row: sa.Row[Any]) -> User:
    preferences = cast("dict[str, Any]", json.loads(row.preferences))
    return User(user_id=row.user_id, tier=row.tier, preferences=Preferences(**preferences))


def _stored(preferences: Preferences) -> str:
    return canonical_json(preferences.model_dump(exclude_defaults=True))


def _changed(before: User, tier: Tier | None, preferences: dict[str, Any]) -> User:
    merged = before.preferences.model_dump(exclude_defaults=True) | preferences
    # None means "as if never said", so a default can be had back.
    said = {name: value for name, value in merged.items() if value is not None}
    chosen = {name: value for name, value in preferences.items() if value is not None}
    try:
        ChosenPreferences.model_validate(chosen)
        return User(
            user_id=before.user_id,
            tier=tier or before.tier,
            preferences=Preferences.model_validate(said),
        )
    except ValidationError as error:
        raise SettingsError(
            f"Preferences of {before.user_id}: {_found(error)}.",
            remedy=f"Known preferences: {', '.join(Preferences.model_fields)}.",
        ) from None


def _found(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, each['loc']))} is {each['input']!r}: "
        f"{each['msg'].removeprefix('Value error, ')}"
        for each in error.errors()
    )
