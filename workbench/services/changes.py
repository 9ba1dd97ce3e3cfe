"""Changes: who did what. Every change that a person makes has its entry in the journal, also where nothing was sent.

Most services write their own entries, with what they know (``WRITES_ITS_OWN``). For all others the entry is written here, around the
operation, whichever way it was called: by the server for the person of the call, or embedded for the owner of the workbench. An operation
that another one calls is part of that one, and is not told again.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final

from pydantic import BaseModel

from workbench.adapters.clock import new_id
from workbench.models.journal import Entry
from workbench.sentence import N_

from .house import House
from .unit_calls import thing_in, told_for, unit_of_call

CHANGES: Final[Mapping[str, str]] = {
    "activity.purge": N_("Old entries deleted"),
    "backups.create": N_("Backup made"),
    "backups.delete": N_("Backup deleted"),
    "callbacks.forget_calls": N_("Old calls forgotten"),
    "cassettes.delete": N_("Cassette deleted"),
    "cassettes.forget_volatile": N_("Cassette changed"),
    "cassettes.keep_contact": N_("Cassette's contact kept"),
    "cassettes.learn_volatile": N_("Cassette changed"),
    "cassettes.of_entry": N_("Cassette kept"),
    "cassettes.of_job": N_("Cassette kept"),
    "cassettes.rename": N_("Cassette renamed"),
    "cassettes.save_assertions": N_("Cassette's checks saved"),
    "cassettes.take": N_("Cassette imported"),
    "consent.rebuild": N_("Consent made anew from its events"),
    "consent.settle_review": N_("Consent: a text decided"),
    "environments.apply": N_("Promoted"),
    "environments.begin": N_("Environments begun"),
    "environments.dissolve": N_("Environments taken apart"),
    "environments.join": N_("Taken in as an environment"),
    "environments.roll_back": N_("Environment put back"),
    "environments.set_secrets": N_("Environment's secrets changed"),
    "environments.set_values": N_("Environment's values changed"),
    "messages.save_prices": N_("Prices saved"),
    "people.add": N_("Person let in"),
    "people.remove": N_("Person's tokens taken back"),
    "people.save_identity": N_("Ways to come in, and roles, saved"),
    "runs.change": N_("Run changed"),
    "runs.change_table": N_("Table read anew"),
    "runs.delete": N_("Run deleted"),
    "runs.drop_table": N_("Table dropped"),
    "runs.fix": N_("Row corrected"),
    "runs.leave_out": N_("Rows left out or let in"),
    "runs.paste": N_("Table given"),
    "runs.plan": N_("Run made"),
    "runs.put_table": N_("Table given"),
    "runs.start": N_("Run started"),
    "secrets.rotate": N_("Secrets encrypted with a new key"),
    "sms_accounts.delete_keyword": N_("Keyword deleted"),
    "sms_accounts.load": N_("Accounts imported"),
    "sms_accounts.save_keyword": N_("Keyword saved"),
    "sms_accounts.save_routes": N_("Routes saved"),
    "sync.forget": N_("Memory of what was sent erased"),
    "sync.gather": N_("Table given"),
    "sync_imports.look_again": N_("Import asked again"),
    "sync_imports.mend": N_("Run made"),
    "units.move": N_("Moved to another unit"),
    "work.cancel": N_("Job cancelled"),
    "work.create": N_("Job made"),
    "work.delete": N_("Job deleted"),
    "work.forget": N_("Job's contacts forgotten"),
    "work.pause": N_("Job paused"),
    "work.replay": N_("Job's rows attempted again"),
    "work.resume": N_("Job resumed"),
    "work.set_pace": N_("Pace set"),
    "work.start": N_("Job started"),
}
"""What is told of an operation that changes something and writes no entry of its own."""

WRITES_ITS_OWN: Final = frozenset({
    "callbacks.fetch", "cassettes.play", "cassettes.play_all", "cassettes.record", "channels.call", "channels.delete", "channels.save",
    "consent.import_events", "consent.record", "consent.reveal", "consent.save_profile", "consent.save_settings", "delivery.send",
    "delivery.test", "events.delete", "events.save", "events.send", "gates.add_codes", "gates.close", "gates.create", "gates.delete",
    "gates.delete_consent", "gates.delete_pool", "gates.import_consent", "gates.open", "gates.save", "holds.accept_all", "holds.answer",
    "holds.decide", "holds.finish_anyway", "holds.forget", "holds.reject_all", "integrations.check_token", "integrations.delete",
    "integrations.rename", "integrations.save", "integrations.test", "messages.send", "push.keep", "push.look", "readiness.begin",
    "readiness.confirm", "readiness.delete", "readiness.do", "readiness.leave_out", "shops.delete", "shops.load", "shops.probe",
    "shops.renew_addresses", "shops.save", "sms_accounts.add_sender", "sms_accounts.authenticate", "sms_accounts.delete",
    "sms_accounts.delete_sender", "sms_accounts.edit_sender", "sms_accounts.rotate", "sms_accounts.save", "sms_accounts.tick_consent",
    "sync.delete_contact", "sync.send", "upkeep.clean_now", "upkeep.set_retention",
})  # fmt: skip
"""Operations whose service tells the journal itself."""

CHANGES_NOTHING: Final = frozenset({
    # they only look, check, preview or carry away
    "activity.export_csv", "activity.repeat", "backups.list_all", "backups.verify", "cassettes.preview", "consent.replay",
    "environments.promote", "events.check_address", "upkeep.publish",
    "integrations.check", "integrations.draft", "integrations.drafts", "integrations.export", "integrations.preview", "integrations.wanted",
    "messages.rehearse_failover", "people.identity", "people.list_all", "push.ask", "readiness.ask", "runs.propose", "runs.table",
    "secrets.check_header", "secrets.present", "shops.addresses", "sms_accounts.addresses", "sms_accounts.check",
    "sms_accounts.check_sender", "sms_accounts.drafts", "sms_accounts.export", "snippets.provable", "snippets.prove",
    "sync_imports.corrected", "work.preview_replay",
    # a draft, or a part of something, of which the journal is told when it is saved or started
    "imports.take", "integrations.discard", "integrations.edit", "integrations.import_", "integrations.keep", "integrations.start",
    "runs.begin_upload", "runs.check", "runs.put_slice", "secrets.keep", "sms_accounts.discard", "sms_accounts.draft",
    "sms_accounts.edit", "work.add",
    # they move the stand-ins of a rehearsal
    "rehearsal.advance", "rehearsal.fire", "studio.play",
})  # fmt: skip
"""Operations of a role above viewer that leave nothing changed for anybody."""

NAMING: Final = (
    "name",
    "key",
    "integration",
    "id",
    "run_id",
    "account_id",
    "shop_id",
    "table_id",
    "entry_id",
    "job_id",
)
"""Arguments that name what is changed, the first of them first. None of them ever is a contact."""

_within: ContextVar[bool] = ContextVar("within a change", default=False)


def tell_changes(house: House, services: Mapping[str, object]) -> None:
    """Let the operations of these services tell the journal of their changes from now on."""
    for name, done in CHANGES.items():
        service, _, operation = name.partition(".")
        if service in services:
            setattr(
                services[service], operation, _telling(house, done, getattr(services[service], operation))
            )


def _telling(house: House, done: str, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(method)
    async def telling(*args: Any, **named: Any) -> Any:
        if _within.get():
            return await method(*args, **named)
        given = dict(zip(inspect.signature(method).parameters, args, strict=False)) | named
        unit = await unit_of_call(house, given)  # before: what is deleted belongs to nobody after
        token = _within.set(True)
        try:
            result = await method(*args, **named)
        finally:
            _within.reset(token)
        with told_for(unit or await unit_of_call(house, {"result": result})):
            await house.journal.append(_entry(house, done, given, result))
        return result

    return telling


def _entry(house: House, done: str, given: Mapping[str, Any], result: Any) -> Entry:
    return Entry(
        id=new_id("ent"), at=house.clock.now(), kind="change", mode=house.mode, who=house.person.name,
        integration_id=thing_in(given, {"result": result}), integration_name=_name(given, result), detail=done,
        job_id=_job(given, result),
    )  # fmt: skip


def _name(given: Mapping[str, Any], result: Any) -> str | None:
    """Return what the thing is called: by what came of it, else by what was given, else its id."""
    called = (_called(value) for value in (result, *given.values()))
    named = (value for key in NAMING if isinstance(value := given.get(key), str))
    return next((text[:200] for text in (*called, *named, getattr(result, "id", None)) if text), None)


def _called(value: Any) -> str | None:
    """Return the name of a noun that has one, or whose settings or job have."""
    if not isinstance(value, BaseModel):
        return None
    for holder in (
        value,
        *(getattr(value, part, None) for part in ("settings", "job", "plan", "integration")),
    ):
        for field in ("name", "title", "word"):
            name = getattr(holder, field, None)
            if isinstance(holder, BaseModel) and isinstance(name, str) and name:
                return name
    return None


def _job(given: Mapping[str, Any], result: Any) -> str | None:
    job = getattr(getattr(result, "job", None), "id", None) or given.get("id")
    return job if isinstance(job, str) and job.startswith("job_") else None
