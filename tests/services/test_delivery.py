"""Sending through a saved integration, and what keeps a live call back."""

from __future__ import annotations

import pytest

from workbench import Confirmation, Contact, Workbench
from workbench.errors import Invalid, NotFound, Refused
from workbench.models.base import SecretRef
from workbench.services.dispatch import confirm

from .conftest import basic
from .test_integrations import draft_of


async def test_send_and_dry_run(bench: Workbench, secret: SecretRef, ana: Contact) -> None:
    saved = await bench.integrations.save(await draft_of(bench, basic(secret)))
    preview = await bench.delivery.preview(saved.id, ana)
    sent = await bench.delivery.send("Cart reminders", ana)
    assert sent.request == preview.request
    assert (preview.host, preview.recipient) == ("esp.example.com", "ana@example.com")
    other = await bench.delivery.send(saved.id, ana, payload='{"to": "${User Identifier}"}')
    assert other.request.body == '{"to":"ana@example.com"}'
    with pytest.raises(NotFound):
        await bench.delivery.send("nobody", ana)


async def test_a_missing_value_is_named_and_nothing_is_sent(
    bench: Workbench, secret: SecretRef, ana: Contact
) -> None:
    saved = await bench.integrations.save(await draft_of(bench, basic(secret)))
    preview = await bench.delivery.preview(saved.id, ana, '{"a": "{{ frist_name }}"}')
    assert preview.request is None
    assert "first_name" in str(preview.problems[0].sentence)


async def test_payload_checks_and_rendering(bench: Workbench) -> None:
    problems = await bench.delivery.check_payload('{"a": "${User Identifer}",}')
    assert problems[0].line == 1
    assert await bench.delivery.render('{"n": "{{ n }}"}', {"n": 3}) == '{"n":3}'
    with pytest.raises(Invalid):
        await bench.delivery.render('{"n": "{{ n }}"}', {})


def test_a_live_call_wants_host_and_recipient() -> None:
    confirm("rehearsal", None, "h", "r")
    with pytest.raises(Refused, match="really sends"):
        confirm("live", None, "esp.example.com", "a@example.com")
    with pytest.raises(Refused, match="does not fit"):
        confirm(
            "live", Confirmation(host="other", recipient="a@example.com"), "esp.example.com", "a@example.com"
        )
    confirm(
        "live",
        Confirmation(host="ESP.example.com", recipient="a@example.com"),
        "esp.example.com",
        "a@example.com",
    )


async def test_repeat_compare_and_csv(bench: Workbench, secret: SecretRef, ana: Contact) -> None:
    saved = await bench.integrations.save(await draft_of(bench, basic(secret)))
    first = await bench.delivery.send(saved.id, ana)
    second = await bench.delivery.send(
        saved.id, ana.model_copy(update={"variables": {**ana.variables, "first_name": "=HYPERLINK()"}})
    )
    comparison = await bench.activity.compare(first.entry.id, second.entry.id)
    assert [d.path for d in comparison.request] == ["body.name"]
    again = await bench.activity.repeat(first.entry.id, ana)
    assert again.request == first.request
    csv = await bench.activity.export_csv()
    assert csv.count("\n") == 4
    assert "ana@example.com" not in csv
