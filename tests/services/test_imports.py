"""Imports, both ways in: a text is read, nothing of it is kept, and the picked requests become drafts that can be tested and saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench import Contact, Workbench
from workbench.errors import Forbidden, Invalid
from workbench.models.base import SecretRef
from workbench.models.person import Role

KEY = "xkeysib-0123456789abcdef-planted"
TEXT = f"""curl https://api.brevo.com/v3/smtp/email -H 'api-key: {KEY}' -H 'Content-Type: application/json' \\
  -d '{{"sender": {{"email": "news@example.com"}}, "to": [{{"email": "eva@recipient.example"}}], "subject": "Hi", "textContent": "x"}}'
curl https://api.example.com/send -u 'reconnect:planted-passw0rd' --json '{{"to": "eva@recipient.example"}}'
curl https://api.example.com/list
"""


def kept(folder: Path, *texts: str) -> list[str]:
    """Return which of these texts stand in a file of the folder."""
    contents = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return [text for text in texts if text.encode() in contents]


async def test_reading_keeps_nothing_and_gives_no_secret_out(bench: Workbench, tmp_path: Path) -> None:
    found = await bench.imports.read(TEXT, "commands.txt")
    assert (found.format, found.title, len(found.requests)) == ("curl", "commands.txt", 3)
    assert [request.usable for request in found.requests] == [True, True, False]
    shown = found.model_dump_json()
    assert KEY not in shown
    assert "planted-passw0rd" not in shown
    assert await bench.integrations.drafts() == []
    assert not kept(tmp_path, KEY, "planted-passw0rd", "eva@recipient.example")


async def test_a_pick_becomes_a_draft_that_sends(
    bench: Workbench, house: Workbench, secret: SecretRef, tmp_path: Path
) -> None:
    found = await bench.imports.read(TEXT)
    (key,) = [fill.secret for fill in found.requests[0].fills]
    (draft,) = await bench.imports.take(TEXT, ["r1"], {key: secret})
    assert draft.settings.provider == "brevo"
    assert draft.settings.secrets() == (secret,)
    assert [one.id for one in await bench.integrations.drafts()] == [draft.id]

    named = draft.model_copy(
        update={"settings": draft.settings.model_copy(update={"name": "Brevo, imported"})}
    )
    assert not [problem for problem in await bench.integrations.check(named, "save") if problem.blocks]
    sent = await bench.integrations.test(named, Contact(identifiers={"email": "ana@example.com"}))
    assert sent.outcome.kind == "accepted"
    await bench.integrations.save(named)
    assert not kept(tmp_path, KEY, "eva@recipient.example")  # the text's recipient is no part of the payload


async def test_a_missing_secret_stays_empty_and_is_asked_for_in_the_draft(bench: Workbench) -> None:
    drafts = await bench.imports.take(TEXT, ["r2", "r1"], {})
    assert [draft.settings.provider for draft in drafts] == ["brevo", "custom"]  # in the order of the text
    problems = await bench.integrations.check(drafts[1], "authenticate")
    assert "credential.password" in [problem.field for problem in problems]


async def test_wrong_picks_are_named(bench: Workbench) -> None:
    wrong = {"picks": [], "picks.r9": ["r9"], "picks.r3": ["r3"]}
    for field, picks in wrong.items():
        with pytest.raises(Invalid) as refused:
            await bench.imports.take(TEXT, picks, {})
        assert refused.value.problems[0].field == field
    with pytest.raises(Invalid, match="at most 50"):
        await bench.imports.take(TEXT, [f"r{number}" for number in range(60)], {})
    assert await bench.integrations.drafts() == []


async def test_a_secret_of_another_vault_is_named(bench: Workbench) -> None:
    with pytest.raises(Invalid) as refused:
        await bench.imports.take(TEXT, ["r1"], {"s1": SecretRef(handle="sec_elsewhere00")})
    assert refused.value.problems[0].field == "secrets.s1"


async def test_a_viewer_reads_and_an_operator_takes(connected: Callable[[Role], Workbench]) -> None:
    found = await connected("viewer").imports.read(json.dumps({"swagger": "2.0"}))
    assert "Swagger" in str(found.problems[0].sentence)
    with pytest.raises(Forbidden):
        await connected("viewer").imports.take(TEXT, ["r1"], {})
    assert len(await connected("operator").imports.take(TEXT, ["r1"], {})) == 1
