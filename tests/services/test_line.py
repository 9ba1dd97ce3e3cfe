"""Line: one integration made ready for many rows, in the same way as for one message (R-ESP-8, R-ESP-12, R-ESP-17)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from workbench import Contact, Settings, Workbench
from workbench.adapters.clock import new_id
from workbench.errors import Invalid, MissingVariable
from workbench.models.base import SecretRef
from workbench.models.integration import IdentifierType
from workbench.models.request import Failure, Reply, Request
from workbench.sandbox.app import Sandbox
from workbench.sentence import say
from workbench.services.line import Line

from .conftest import ENVIRON, PLANTED, basic

OK = Reply(
    status=200,
    headers=(("Content-Type", "application/json"), ("X-Echo", PLANTED)),
    body=b'{"id":"m-1","to":"ana@example.com"}',
    elapsed_ms=3.5,
)


def row(email: str = "ana@example.com", **variables: Any) -> str:
    contact = Contact(
        identifiers={"email": email}, variables={"subject": "S", "first_name": "Ana", **variables}
    )
    return contact.model_dump_json()


async def opened(house: Workbench, settings: Settings, **more: Any) -> Line:
    return await Line.open(house.house, settings, **more)


# opening -------------------------------------------------------------------------------------------------------------


async def test_every_problem_that_no_contact_changes_is_told_at_once(
    house: Workbench, secret: SecretRef
) -> None:
    wrong = basic(SecretRef(handle="sec_nowhere00"), url="ftp://x", idempotency_header="a b")
    with pytest.raises(Invalid) as caught:
        await opened(house, wrong)
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["url", "idempotency_header", "headers.1.value"]
    with pytest.raises(Invalid, match="A value is missing"):
        await opened(house, basic(secret, payload='{"a": }'))


async def test_a_line_shows_nothing_of_its_secrets(house: Workbench, secret: SecretRef) -> None:
    line = await opened(house, basic(secret, url="https://ESP.example.com/v1/${dyCampaignName}"))
    assert line.host == "esp.example.com"
    assert repr(line) == "<Line to esp.example.com>"


# rows ----------------------------------------------------------------------------------------------------------------


async def test_a_row_becomes_the_request_that_one_message_is(house: Workbench, secret: SecretRef) -> None:
    settings = basic(secret, idempotency_header="Idempotency-Key")
    line = await opened(house, settings)
    contact = Contact(
        identifiers={"email": "ana@example.com", "phone": "+46701234567"},
        variables={"subject": 'Q " \\', "first_name": None, "n": 2**60},
        user_data={"crm": {"city": "São Paulo"}},
    )
    request, identifier = line.request(contact.model_dump_json(), "row_7", None)
    assert identifier == "ana@example.com"
    assert request.header("Idempotency-Key") == "row_7"
    prepared = await house.integrations.dispatch.prepare(settings, contact)
    alone = line.compose(prepared.values, None)
    without = tuple(pair for pair in request.headers if pair[0] != "Idempotency-Key")
    assert request.model_copy(update={"headers": without}) == alone
    assert prepared.values["User data|crm|city"] == "São Paulo"


async def test_a_row_without_an_identifier_goes_where_none_is_asked_for(house: Workbench) -> None:
    settings = Settings(url="https://esp.example.com/", payload='{"n": "{{ n }}"}', name="x")
    line = await opened(house, settings)
    request, identifier = line.request('{"variables": {"n": 1}}', "k", None)
    assert (request.body, identifier) == (b'{"n":1}', "")
    _, entry = line.record(request, OK, identifier, "send", None, None, True)
    assert entry.recipient is None


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        (row("anaexample.com"), "identifier", "is not an email address"),
        (row(""), "identifier", "has no identifier"),
        ('{"identifiers": {"Email": "ana@example.com"}}', "identifier", "case-sensitive"),
        ("[]", "contact", "no contact"),
        ("{", "contact", "no contact"),
        (row(subject=2**70), "payload", "larger than readers"),
        ('{"identifiers":{"email":"ana@example.com"},"variables":{"subject":NaN,"first_name":1}}', "payload", "JSON has no nan"),
        (row(subject="x" * 25_000_001), "payload", "larger than 25 MB"),
    ],
)  # fmt: skip
async def test_a_row_that_cannot_be_made_says_why_and_shows_no_identifier(
    house: Workbench, secret: SecretRef, text: str, field: str, words: str
) -> None:
    line = await opened(house, basic(secret))
    with pytest.raises(Invalid) as caught:
        line.request(text, "k", None)
    assert [problem.field for problem in caught.value.problems] == [field]
    assert words in str(caught.value)
    assert "anaexample.com" not in str(caught.value)
    assert caught.value.sentence == caught.value.problems[0].sentence


async def test_a_wrong_identifier_is_named_by_its_mask(house: Workbench, secret: SecretRef) -> None:
    for kind, value in (("phone", "0701234567"), ("custom", "ana/example"), ("email", "ana@@example.com")):
        name = "customer" if kind == "custom" else ""
        settings = basic(secret, identifier=IdentifierType(kind=kind, name=name))
        line = await opened(house, settings)
        contact = Contact(identifiers={name or kind: value}, variables={"subject": "", "first_name": ""})
        with pytest.raises(Invalid) as caught:
            line.request(contact.model_dump_json(), "k", None)
        assert value not in str(caught.value)
        assert "***" in str(caught.value)


async def test_a_missing_value_names_its_slot_and_a_value_that_does_not_fit_no_person(
    house: Workbench, secret: SecretRef
) -> None:
    line = await opened(house, basic(secret))
    with pytest.raises(MissingVariable, match="subject"):
        line.request(
            '{"identifiers": {"email": "ana@example.com"}, "variables": {"first_name": 1}}', "k", None
        )
    when = basic(secret, payload='{"a": "{{ email | date(\\"YYYY\\") }}"}')
    line = await opened(house, when)
    with pytest.raises(Invalid) as caught:
        line.request(row(), "k", None)
    assert "ana@example.com" not in str(caught.value)
    assert "does not fit" in str(caught.value)


# records -------------------------------------------------------------------------------------------------------------


async def test_what_is_kept_of_a_row_holds_no_secret_and_no_identifier(
    house: Workbench, secret: SecretRef
) -> None:
    line = await opened(house, basic(secret), integration_id="int_1", who="Maria")
    request, identifier = line.request(row(), "k", None)
    outcome, entry = line.record(request, OK, identifier, "send", None, "job_1", True)
    assert (outcome.kind, outcome.ids) == ("accepted", ("m-1",))
    assert entry.outcome == outcome
    assert (entry.job_id, entry.integration_id, entry.who, entry.curl) == ("job_1", "int_1", "Maria", None)
    assert entry.request is not None
    assert entry.reply is not None
    kept = entry.model_dump_json()
    assert PLANTED not in kept
    assert "ana@example.com" not in kept
    assert entry.recipient is not None
    assert json.loads(entry.request.body)["to"] == entry.recipient
    assert entry.reply.json_body == {"id": "m-1", "to": entry.recipient}
    assert type(entry).model_validate_json(kept) == entry


@pytest.mark.parametrize(
    "answer",
    [
        Reply(status=400, headers=OK.headers, body=b'{"errors":[{"message":"ana@example.com is unknown to ' + PLANTED.encode() + b'"}]}'),
        Reply(status=422, body=b"ANA@example.com cannot be reached"),
        Failure(kind="reset", sentence=say("{host} hung up.", host="esp.example.com"), sent=True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("exchange", [True, False])
async def test_a_refusals_words_are_kept_without_the_person(
    house: Workbench, secret: SecretRef, answer: Reply | Failure, exchange: bool
) -> None:
    line = await opened(house, basic(secret))
    request, identifier = line.request(row(), "k", None)
    outcome, entry = line.record(request, answer, identifier, "send", None, "job_1", exchange)
    kept = entry.model_dump_json() + outcome.model_dump_json() + str(outcome.sentence)
    assert "ana@example.com" not in kept.lower()
    assert PLANTED not in kept
    assert entry.request is not None
    assert (entry.reply is not None) is isinstance(answer, Reply)


async def test_of_an_accepted_row_the_outcome_alone_may_be_kept(house: Workbench, secret: SecretRef) -> None:
    line = await opened(house, basic(secret))
    request, identifier = line.request(row(), "k", None)
    outcome, entry = line.record(request, OK, identifier, "send", None, "job_1", False)
    assert (entry.outcome, entry.request, entry.reply) == (outcome, None, None)
    assert outcome.ids == ("m-1",)


class Refuses(Sandbox):
    """A provider that refuses everybody by name."""

    def route(self, _: Request) -> ASGIApp:
        return PlainTextResponse("ana@example.com is unknown", status_code=400)


async def test_a_single_refusal_shows_the_sender_the_words_and_keeps_them_masked(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path / "home", sandbox=Refuses(), environ=ENVIRON) as house:
        dispatch = house.integrations.dispatch
        settings = basic(house.house.vault.seal_text(PLANTED))
        prepared = await dispatch.prepare(
            settings, Contact.model_validate_json(row()), integration_id="int_1"
        )
        sent = await dispatch.send(prepared, "test", None)
        kept = sent.entry.model_dump_json()
    assert "ana@example.com is unknown" in str(sent.outcome.sentence)
    assert sent.entry.outcome is not None
    assert sent.entry.outcome.kind == "refused"
    assert "ana@example.com" not in kept
    assert (sent.entry.integration_id, sent.entry.kind) == ("int_1", "test")
    assert sent.entry.curl is not None


# tokens --------------------------------------------------------------------------------------------------------------


async def test_a_refused_token_is_fetched_anew_once_for_all(house: Workbench, secret: SecretRef) -> None:
    settings = Settings(
        name="x", url="https://esp.example.com/", credential_kind="oauth2", payload="{}",
        credential={"token_url": "https://auth.example.com/token", "client_id": "app", "client_secret": secret.model_dump()},
    )  # fmt: skip
    line = await opened(house, settings)
    first = await line.token()
    assert first
    assert await line.token() == first
    second = await line.token(refused=first)
    assert second not in (None, first)
    assert await line.token(refused=first) == second
    request, identifier = line.request("{}", "k", second)
    assert request.header("Authorization") == f"Bearer {second}"
    for token in [second, *(new_id("tok") for _ in range(9))]:
        _, entry = line.record(
            request, Reply(status=200, body=token.encode()), identifier, "send", token, None, True
        )
        assert token not in entry.model_dump_json()
    assert len(line._redactors) <= 4
    assert (
        await (
            await opened(house, settings.model_copy(update={"credential_kind": "none", "credential": {}}))
        ).token()
        is None
    )
