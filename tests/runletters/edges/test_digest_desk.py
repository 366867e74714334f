"""Digests from end to end, over a real store, a real history and a real mail server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import yaml
from prefect.server.schemas.schedules import CronSchedule
from servers.runners import a_run, move_in, settings_in, weeks_of
from servers.smtp import Mailbox, mailbox

from runletters.digests.links import token
from runletters.digests.periods import WINDOWS, Period, Window, due_period, period_ending
from runletters.digests.sending import Due, Sent
from runletters.edges import digest_desk
from runletters.edges.completion_desk import FailedRun, close_failed, tell
from runletters.edges.mail import MailServer
from runletters.edges.store import Store
from runletters.errors import SettingsError
from runletters.settings import Settings

__all__ = ["mailbox"]

MONDAY = date(2026, 9, 7)
WEEK = period_ending("week", date(2026, 11, 22))
HISTORY = [(0, 8, 0, 8, 0, 0, 14)] * 11
SIX = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, mailbox: Mailbox) -> Settings:
    """A home with Ana, who ran for eleven weeks and reads at ana@example.org."""
    settings = settings_in(tmp_path, mailbox.url)
    move_in(settings, "ana", weeks_of("ana", MONDAY, HISTORY), email="ana@example.org")
    return settings


@pytest.fixture
def store(home: Settings) -> Iterator[Store]:
    with Store.open(home.store) as opened:
        yield opened


def send(store: Store, settings: Settings, now: datetime = SIX, user: str = "ana") -> Sent:
    due = Due(user_id=user, period=WEEK)
    return digest_desk.send(store, settings, due, clock=lambda: now)


def run(store: Store, settings: Settings, now: datetime, window: Window = "week") -> list[Sent]:
    """What the flow does: find whose time has come, send to each."""
    return [
        digest_desk.send(store, settings, due, clock=lambda: now)
        for due in digest_desk.find_due(store, window, now=now)
    ]


def test_a_digest_arrives_with_its_pictures(store: Store, home: Settings, mailbox: Mailbox) -> None:
    """HTML, plain text, two PNGs that the HTML shows by their content ids, one click to end."""
    sent = send(store, home)

    (message,) = mailbox.to("ana@example.org")
    html = message.get_body(("html",))
    images = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert ("sent", 0) == (sent.state, sent.cost_nano_usd)
    assert "30 km in 3 runs" in message["Subject"]
    assert 2 == len(images)
    assert html is not None
    assert all(f"cid:{part['Content-ID'].strip('<>')}" in html.get_content() for part in images)
    assert all(part.get_content().startswith(b"\x89PNG") for part in images)
    assert (
        f"<https://letters.example/unsubscribe/{token('ana', 'a long random text')}>"
        in (message["List-Unsubscribe"])
    )


def test_a_second_run_sends_nothing(store: Store, home: Settings, mailbox: Mailbox) -> None:
    """Neither the schedule nor a person can send the same digest twice."""
    send(store, home)

    again = send(store, home, SIX + timedelta(days=1))

    assert ("already", 1) == (again.state, len(mailbox.messages))
    for hours in range(30):
        assert [] == digest_desk.find_due(store, "week", now=SIX + timedelta(hours=hours))


def test_the_kept_text_is_the_one_that_is_sent(
    store: Store, home: Settings, mailbox: Mailbox
) -> None:
    """A text that was paid is not written again, though the history has changed since."""
    mailbox.on_rcpt = "450 later"
    send(store, home)
    before = store.digest("ana", "week", WEEK.key)
    move_in(home, "ana", [a_run("ana", date(2026, 11, 20), 30)])
    mailbox.on_rcpt = None

    sent = send(store, home, SIX + timedelta(minutes=30))

    assert "sent" == sent.state
    assert before == store.digest("ana", "week", WEEK.key)
    assert "30 km" in mailbox.messages[0]["Subject"]


def test_an_empty_week_gives_a_note_and_no_mail(tmp_path: Path, mailbox: Mailbox) -> None:
    """One row says why, and nobody looks again all day."""
    settings = settings_in(tmp_path, mailbox.url)
    move_in(settings, "ben", weeks_of("ben", MONDAY, HISTORY[:5]), email="ben@example.org")
    with Store.open(settings.store) as store:
        (first,) = run(store, settings, SIX)
        later = run(store, settings, SIX + timedelta(minutes=15))
        row = store.digests("ben").row(0, named=True)

    assert ("skipped", []) == (first.state, later)
    assert ("skipped", "No run from 16 November 2026 to 22 November 2026: nothing to tell.") == (
        row["state"], row["note"],
    )  # fmt: skip
    assert [] == mailbox.messages


@pytest.mark.parametrize("preferences", [{"email": None}, {"digests": False}])
def test_who_has_no_address_or_wants_none_gets_none(
    store: Store, home: Settings, mailbox: Mailbox, preferences: dict[str, Any]
) -> None:
    """Neither by schedule nor by hand."""
    store.set_user("ana", preferences=preferences, now=SIX)

    by_hand = send(store, home)

    assert ("skipped", []) == (by_hand.state, digest_desk.find_due(store, "week", now=SIX))
    assert [] == mailbox.messages


def test_one_click_ends_it(store: Store, home: Settings) -> None:
    """A token of ours switches the digests off, twice is once, a false one does nothing."""
    assert digest_desk.unsubscribe(store, home, "YW5h.false", now=SIX) is None
    assert "ana" == digest_desk.unsubscribe(
        store, home, token("ana", "a long random text"), now=SIX
    )
    assert "ana" == digest_desk.unsubscribe(
        store, home, token("ana", "a long random text"), now=SIX
    )
    assert [] == digest_desk.find_due(store, "week", now=SIX)


def test_a_server_that_is_away_is_tried_again_with_growing_pauses(
    store: Store, home: Settings, mailbox: Mailbox
) -> None:
    """After 14, 28, 56 … minutes, until the digest is old news; then it goes out once."""
    mailbox.on_rcpt = "450 greylisted"
    quarters = [SIX + timedelta(minutes=15 * number) for number in range(24)]
    tried = [bool(run(store, home, quarter)) for quarter in quarters]
    mailbox.on_rcpt = None

    sent = run(store, home, SIX + timedelta(hours=8))

    assert [0, 1, 3, 7, 15] == [number for number, did in enumerate(tried) if did]
    assert ["sent"] == [each.state for each in sent]
    assert 1 == len(mailbox.messages)


def test_an_open_end_is_recorded_and_not_repeated(
    store: Store, home: Settings, mailbox: Mailbox
) -> None:
    """The mail arrived and the line broke: the row says ambiguous, and no second mail leaves."""
    mailbox.dies_after_keeping = True
    (first,) = run(store, home, SIX)
    mailbox.dies_after_keeping = False

    later = [run(store, home, SIX + timedelta(minutes=15 * number)) for number in range(1, 9)]

    assert "ambiguous" == first.state
    assert all(not each for each in later)
    assert 1 == len(mailbox.messages)
    assert ["ambiguous"] == store.sends("ana")["state"].to_list()


def test_an_interrupted_run_sends_the_rest_and_no_duplicate(
    tmp_path: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before, while and after handing over: two go out later, the open one never twice."""
    settings = settings_in(tmp_path, mailbox.url)
    for user in ("ana", "ben", "cleo", "dora"):
        rows = weeks_of(user, MONDAY, HISTORY)
        move_in(settings, user, rows, email=f"{user}@example.org")
    whole_send = MailServer.send

    def killed_before(self: MailServer, message: Any, *, may_leave: Any) -> Any:
        if "ben" in message["To"]:
            raise KeyboardInterrupt
        return whole_send(self, message, may_leave=may_leave)

    def killed_while(self: MailServer, message: Any, *, may_leave: Any) -> Any:
        settled = whole_send(self, message, may_leave=may_leave)
        if "cleo" in message["To"]:
            raise KeyboardInterrupt
        return settled

    with Store.open(settings.store) as store:
        for fault in (killed_before, killed_while):
            monkeypatch.setattr(MailServer, "send", fault)
            with pytest.raises(KeyboardInterrupt):
                run(store, settings, SIX)
            monkeypatch.setattr(MailServer, "send", whole_send)
        after = [run(store, settings, SIX + timedelta(minutes=m)) for m in (15, 30, 45, 60, 90)]
        states = dict(store.sends().filter(_newest()).select("user_id", "state").iter_rows())

    assert {"ana": "sent", "ben": "sent", "cleo": "ambiguous", "dora": "sent"} == states
    assert {f"{user}@example.org": 1 for user in states} == Counter(
        str(message["To"]) for message in mailbox.messages
    )
    assert {"ben", "dora"} <= {each.user_id for sent in after for each in sent}


def _newest() -> Any:

    return pl.col("attempt") == pl.col("attempt").max().over("user_id")


def test_a_preview_holds_its_pictures_and_keeps_nothing(tmp_path: Path) -> None:
    """No mail server, no row, no address that must be fetched."""
    settings = Settings(home=tmp_path)
    move_in(settings, "ana", weeks_of("ana", MONDAY, HISTORY))
    with Store.open(settings.store) as store:
        due = Due(user_id="ana", period=WEEK)
        digest = digest_desk.written(store, settings, due, now=SIX, keep=False)
        page = digest_desk.preview_page(settings, digest, "ana")

        assert 2 == page.html.count("data:image/png;base64,")
        assert "cid:" not in page.html
        assert 0 == store.digests().height


def test_without_a_mail_server_the_error_says_how(store: Store, home: Settings) -> None:
    """Which setting is missing, and that a preview needs none."""
    with pytest.raises(SettingsError, match=r"RUNLETTERS_SMTP_URL is not set.*--preview"):
        send(store, home.model_copy(update={"smtp_url": None}))


def schedules() -> list[dict[str, Any]]:
    """The schedules of the digest as prefect.yaml has them."""
    file = Path(__file__).resolve().parents[3] / "prefect.yaml"
    deployments = yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]
    (digest,) = [each for each in deployments if each["name"] == "digest"]
    return digest["schedules"]


def ticks(first: datetime, last: datetime) -> list[tuple[datetime, Window]]:
    """Every moment at which a schedule starts the flow, with its window."""
    found: set[tuple[datetime, Window]] = set()
    for schedule in schedules():
        cron = CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
        for days in range(0, (last - first).days + 1, 7):  # Prefect stops after 1,000 moments
            begin = first + timedelta(days=days)
            end = min(last, begin + timedelta(days=7))
            found |= {
                (datetime.fromtimestamp(moment.timestamp(), UTC), schedule["parameters"]["window"])
                for moment in cron._get_dates_generator(n=1_000, start=begin, end=end)
            }
    return sorted(found)


ZONES = {
    "york": "America/New_York", "berlin": "Europe/Berlin", "auckland": "Pacific/Auckland",
    "kolkata": "Asia/Kolkata", "adelaide": "Australia/Adelaide",
}  # fmt: skip
"""Eight changes of the clock in 2026, before, after and without Berlin's."""
WHOLE_YEAR = {"week": 52, "month": 12, "year": 1}


@pytest.mark.parametrize("zone", ZONES.values())
def test_each_digest_of_a_year_comes_due_at_a_scheduled_six(
    year: list[tuple[datetime, Window]], zone: str
) -> None:
    """No period is left out, none is first found later or earlier, wherever clocks change."""
    first: dict[str, datetime] = {}
    for moment, window in year:
        if period := due_period(window, moment, ZoneInfo(zone)):
            first.setdefault(period.item, moment.astimezone(ZoneInfo(zone)))

    assert WHOLE_YEAR == Counter(item.split()[0] for item in first)
    assert {6} == {at.hour for at in first.values()}
    assert {(0, 0)} == {
        (at.minute, at.weekday()) for item, at in first.items() if item.startswith("week")
    }


@pytest.fixture(scope="module")
def year() -> list[tuple[datetime, Window]]:
    """The schedules' moments of 2026, as any zone counts its days."""
    start = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(hours=13)
    return ticks(start, datetime(2026, 12, 31, tzinfo=UTC))


@pytest.mark.slow
def test_a_year_of_schedules_sends_each_digest_once(
    tmp_path: Path, mailbox: Mailbox, year: list[tuple[datetime, Window]]
) -> None:
    """Five zones, eight changes of the clock: 52 weeks, 12 months, a year, all at six local."""
    settings = settings_in(tmp_path, mailbox.url)
    for user, zone in ZONES.items():
        rows = weeks_of(user, date(2025, 11, 24), [(0, 5, 0, 0, 0, 8, 0)] * 60)
        move_in(settings, user, rows, email=f"{user}@example.org", time_zone=zone)
    sent: list[tuple[datetime, Sent]] = []

    with Store.open(settings.store) as store:
        for moment, window in year:
            sent += [(moment, each) for each in run(store, settings, moment, window)]

    assert {"sent"} == {each.state for _, each in sent}
    for user, zone in ZONES.items():
        mine = [(at.astimezone(ZoneInfo(zone)), each.item) for at, each in sent
                if each.user_id == user]  # fmt: skip
        kinds = Counter(item.split()[0] for _, item in mine)
        assert WHOLE_YEAR == kinds
        assert len({item for _, item in mine}) == len(mine)
        assert {6} == {at.hour for at, _ in mine}
        assert {0} == {at.minute for at, item in mine if item.startswith("week")}
        assert {0} == {at.weekday() for at, item in mine if item.startswith("week")}
        assert len(mine) == len(mailbox.to(f"{user}@example.org"))


RESULT: dict[str, Any] = {
    "user": "ana", "done": 1204, "failed": 3, "skipped": 12, "failures": {"529 overloaded": 3},
    "cost_nano_usd": 4_100_000_000, "unpriced": 0, "seconds": 612.0, "stopped": None,
    "tier_message": None,
}  # fmt: skip


class TestCompletion:
    def told(self, store: Store, settings: Settings, run_id: str = "r1", **changes: Any) -> Sent:
        result = RESULT | changes
        return tell(store, settings, result, run_id=run_id, clock=lambda: SIX)

    def test_a_backfill_is_told_once(self, store: Store, home: Settings, mailbox: Mailbox) -> None:
        """Done, failed with reasons, cost and a link; the same run a second time: nothing."""
        first, second = self.told(store, home), self.told(store, home)

        (message,) = mailbox.messages
        plain = message.get_body(("plain",))
        assert ("sent", "already") == (first.state, second.state)
        assert "1,204 texts written, 3 failed" == message["Subject"]
        assert plain is not None
        for words in ("$4.1000", "3 × 529 overloaded", "https://letters.example/"):
            assert words in plain.get_content()

    def test_a_failed_run_is_told_with_its_error(
        self, store: Store, home: Settings, mailbox: Mailbox
    ) -> None:
        """In the reader's language; markup in an error stays text."""
        store.set_user("ana", preferences={"language": "de"}, now=SIX)

        tell(
            store, home, {"user": "ana", "error": "<b>401</b> key"}, run_id="r2", clock=lambda: SIX
        )

        (message,) = mailbox.messages
        html = message.get_body(("html",))
        assert "Das Schreiben deiner Briefe ist fehlgeschlagen" == message["Subject"]
        assert html is not None
        assert "&lt;b&gt;401&lt;/b&gt; key" in html.get_content()

    def test_a_failed_run_that_is_tried_again_is_told_when_it_is_complete(
        self, store: Store, home: Settings, mailbox: Mailbox
    ) -> None:
        """One mail for the failure, however often it fails, and one for the end."""
        failed = FailedRun(
            run_id="r3", flow="backfill-history", user_id="ana", error="disk full", started_at=SIX
        )

        states = [close_failed(store, home, failed, clock=lambda: SIX).state for _ in range(2)]
        complete = self.told(store, home, "r3", failed=0, failures={})

        assert ["sent", "already", "sent"] == [*states, complete.state]
        assert ["Writing your letters failed", "Your letters are ready: 1,204 texts written"] == [
            str(message["Subject"]) for message in mailbox.messages
        ]

    def test_a_run_that_closed_its_account_is_not_told_twice(
        self, store: Store, home: Settings, mailbox: Mailbox
    ) -> None:
        """The service stopped it: its account says so, and the error after it adds nothing."""
        failed = FailedRun(
            run_id="r4", flow="backfill-history", user_id="ana", error="401", started_at=SIX
        )
        store.record_flow(
            "r4",
            failed.flow,
            "ana",
            started_at=SIX,
            ended_at=SIX,
            summary={"stopped": "401"},
            state="stopped",
        )
        self.told(store, home, "r4", stopped="401")

        after = close_failed(store, home, failed, clock=lambda: SIX)

        assert ("skipped", 1) == (after.state, len(mailbox.messages))
        assert ["stopped"] == store.flow_outcomes("ana")["state"].to_list()

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"done": 0, "failed": 0}, "nothing happened"),
            ({"user": "nobody"}, "no e-mail address"),
        ],
    )
    def test_nothing_is_sent_for_nothing(
        self, store: Store, home: Settings, mailbox: Mailbox, changes: dict[str, Any], why: str
    ) -> None:
        """No mail about a run that did nothing, or to nobody."""
        told = self.told(store, home, **changes)

        assert ("skipped", why, []) == (told.state, told.note, mailbox.messages)

    def test_a_home_without_mail_stays_silent(self, store: Store, home: Settings) -> None:
        """Mail is optional: no error, a note."""
        told = self.told(store, home.model_copy(update={"smtp_url": None}))

        assert ("skipped", "mail is not configured") == (told.state, told.note)


def test_windows_and_periods_agree() -> None:
    """Every window of the schedules is one we know."""
    assert {each["parameters"]["window"] for each in schedules()} == set(WINDOWS)
    assert Period(window="week", first=WEEK.first, last=WEEK.last) == WEEK
