"""What `runletters doctor` asks the Prefect server: worker, schedules, automations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runletters.edges.check import Check
from runletters.edges.server_api import listed
from runletters.pausing import paused_for

_POOL = "run-letters"
TAGS = {"run-letters", "upkeep"}
"""Each deployment of prefect.yaml has one of them."""
_DEPLOY = "make worker (brings prefect.yaml to the server), or runletters serve"


def server_checks(url: str) -> Iterator[Check]:
    """Deployments and schedules, who runs them, and automations.

    Args:
        url: of the API, which answers.

    Raises:
        Unreachable: it stopped answering.
    """
    deployments = [each for each in listed(url, "deployments/filter") if TAGS & {*each["tags"]}]
    yield _deployed(deployments)
    if not deployments:
        return  # a server for its UI alone; nothing runs by itself, and that is said
    yield _schedules(deployments)
    yield _runners(url, deployments)
    yield _automations(url)


def _deployed(deployments: list[dict[str, Any]]) -> Check:
    if deployments:
        return Check(name="deployments", found=f"{len(deployments)} on the server")
    found = "none on the server: nothing starts by itself"
    return Check(name="deployments", found=found, state="note", remedy=f"Run: {_DEPLOY}.")


def _schedules(deployments: list[dict[str, Any]]) -> Check:
    off = [
        f"{each['name']}/{schedule.get('slug') or 'schedule'}"
        for each in deployments
        for schedule in each["schedules"]
        if each["paused"] or not schedule["active"]
    ]
    count = sum(len(each["schedules"]) for each in deployments)
    if off:
        remedy = "Switch them on in the UI under Deployments, or leave them off on purpose."
        return Check(name="schedules", found=f"off: {', '.join(off)}", state="note", remedy=remedy)
    if count:
        return Check(name="schedules", found=f"{count} on")
    return Check(
        name="schedules", found="none", state="bad", remedy=f"Nothing starts by itself: {_DEPLOY}."
    )


def _runners(url: str, deployments: list[dict[str, Any]]) -> Check:
    """A worker of the pool, or a serving process: whoever polled lately."""
    pools = [each for each in listed(url, "work_pools/filter") if each["name"] == _POOL]
    paused = ", ".join(_paused_queues(url)) if pools else ""
    if any(each["status"] == "READY" for each in pools):
        return _worker(paused, taken=sum(map(_is_taken, deployments)))
    if any(each["status"] == "READY" for each in deployments):
        return _serving(paused)
    return Check(
        name="worker",
        found="nobody runs the flows",
        state="bad",
        remedy="Start one: make worker, or runletters serve.",
    )


def _is_taken(deployment: dict[str, Any]) -> bool:
    """Whether `serve` took it over: the pool stays on it, the pull step is gone."""
    return bool(deployment.get("work_pool_name")) and not deployment.get("pull_steps")


def _worker(paused: str, *, taken: int) -> Check:
    if taken:
        return Check(
            name="worker",
            found=f"at work in the pool {_POOL}, though runletters serve took over {taken} of its "
            "deployments: the worker runs these outside its checkout, without its .env",
            state="bad",
            remedy="Keep one of the two. make worker gives the deployments back to workers.",
        )
    if paused:
        return Check(
            name="worker",
            found=f"queues are paused: {paused}",
            state="note",
            remedy="To go on now: runletters resume. What a day's budget paused goes on by itself "
            "the next day (UTC).",
        )
    return Check(name="worker", found=f"at work in the pool {_POOL}")


def _serving(paused: str) -> Check:
    found = "none, but a process serves the deployments"
    if not paused:
        return Check(name="worker", found=found)
    return Check(
        name="worker",
        found=f"{found}, whatever queues are paused: {paused}",
        state="note",
        remedy="Paused queues hold workers only. To hold a deployment, pause it in the UI.",
    )


def _paused_queues(url: str) -> list[str]:
    queues = listed(url, f"work_pools/{_POOL}/queues/filter")
    return sorted(_paused(each) for each in queues if each["is_paused"])


def _paused(queue: dict[str, Any]) -> str:
    day = paused_for(queue.get("description"))
    return f"{queue['name']} ({f'the budget of {day}' if day else 'by hand'})"


def _automations(url: str) -> Check:
    ours = [
        each
        for each in listed(url, "automations/filter")
        if each["name"].startswith("Run Letters: ")
    ]
    if ours:
        off = [each["name"] for each in ours if not each["enabled"]]
        found = f"{len(ours)}" + (f", switched off: {'; '.join(off)}" if off else "")
        return Check(name="automations", found=found, state="note" if off else "ok")
    return Check(
        name="automations",
        found="none: a flow run whose machine dies stays Running for ever",
        state="note",
        remedy="Run: runletters automations.",
    )
