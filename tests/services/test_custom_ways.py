"""An endpoint of one's own in every way: what is sent, shown, kept and copied, and that no key is in any of it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from workbench import Contact, Header, Settings, Workbench
from workbench.models.base import SecretRef
from workbench.models.integration import Draft

from .conftest import PLANTED
from .test_integrations import draft_of

URL = "https://api.example.com/v1/send"
ADDRESS = "https://api.example.com/hooks/{key}/send?again={key}"
WAYS = [
    ("bearer", "post"), ("header_key", "form"), ("address_key", "nested_form"),
    ("bearer", "multipart"), ("header_key", "put"), ("address_key", "patch"),
]  # fmt: skip
FORMS = {
    PLANTED,
    quote(PLANTED, safe=""),
    quote_plus(PLANTED),
    quote(PLANTED),
    base64.b64encode(PLANTED.encode()).decode(),
}


def settings_of(kind: str, endpoint: str, secret: SecretRef) -> Settings:
    field, more = {
        "bearer": ("token", {}),
        "header_key": ("key", {"header": "X-Shop"}),
        "address_key": ("key", {}),
    }[kind]
    return Settings(
        name="Own", endpoint=endpoint, url=ADDRESS if kind == "address_key" else URL, credential_kind=kind,
        credential={field: secret.model_dump(), **more}, headers=(Header(name="X-Tenant", value="t1"),),
        payload='{"to": "${User Identifier}", "subject": "{{ subject }}", "items": [{"id": "1"}]}',
    )  # fmt: skip


def planted(text: str) -> list[str]:
    return [form for form in FORMS if form in text]


def kept(folder: Path) -> bytes:
    """Return all that stands in the files of the folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(("kind", "endpoint"), WAYS)
async def test_what_is_sent_is_kept_without_the_key_and_the_contact(
    house: Workbench, secret: SecretRef, ana: Contact, kind: str, endpoint: str, tmp_path: Path
) -> None:
    draft: Draft = await draft_of(house, settings_of(kind, endpoint, secret))
    assert [problem for problem in await house.integrations.check(draft, "save") if problem.blocks] == []
    saved = await house.integrations.save(draft)
    preview = await house.delivery.preview(saved.id, ana)
    sent = await house.delivery.send(saved.id, ana)
    snippets = await house.snippets.of(saved.id, ana, None, ["curl", "python_httpx"])

    assert sent.outcome.kind == "accepted"
    assert sent.outcome.ids
    shown = (
        preview.model_dump_json()
        + sent.model_dump_json()
        + "".join(one.model_dump_json() for one in snippets)
    )
    entry = sent.entry
    assert entry.request is not None
    assert entry.request.method == {"put": "PUT", "patch": "PATCH"}.get(endpoint, "POST")
    if kind == "address_key":
        assert entry.request.url.startswith("https://api.example.com/hooks/****")
    assert planted(shown) == []
    assert "ana@example.com" not in entry.model_dump_json()
    assert "ana%40example.com" not in entry.model_dump_json()
    name = "CUSTOM_TOKEN" if kind == "bearer" else "CUSTOM_KEY"
    assert all(place.name.startswith(name) for one in snippets for place in one.placeholders)
    assert all(one.placeholders for one in snippets)
    contents = kept(tmp_path)
    assert [form for form in FORMS if form.encode() in contents] == []
    assert b"ana@example.com" not in contents


@pytest.mark.parametrize(("kind", "endpoint"), [("header_key", "multipart"), ("address_key", "put")])
async def test_a_snippet_sends_the_same_bytes(
    house: Workbench, secret: SecretRef, ana: Contact, kind: str, endpoint: str
) -> None:
    saved = await house.integrations.save(await draft_of(house, settings_of(kind, endpoint, secret)))
    proof = await house.snippets.prove(saved.id, ana, "python_httpx")
    assert (proof.ran, proof.same, proof.differences) == (True, True, ())


async def test_a_key_that_is_called_wrong_is_refused(house: Workbench, ana: Contact) -> None:
    for kind in ("bearer", "header_key"):
        wrong = house.house.vault.seal_text("this-is-wrong-1234")
        settings = settings_of(kind, "form", wrong).model_copy(update={"name": kind, "allow_several": True})
        if kind == "header_key":
            settings.credential["header"] = "X-Api-Key"
        sent = await house.integrations.test(await draft_of(house, settings), ana)
        assert sent.outcome.kind == "refused"
        assert "this-is-wrong-1234" not in sent.model_dump_json()


async def test_imports_become_drafts_that_send(
    bench: Workbench, secret: SecretRef, ana: Contact, tmp_path: Path
) -> None:
    text = f"""
curl -X PUT {URL} -H 'Authorization: Bearer {PLANTED}' --json '{{"to": "eva@recipient.example"}}'
curl {URL} -H 'X-Api-Key: {PLANTED}' -d 'to=eva@recipient.example' -d 'a[b]=1'
curl '{URL}?api_key={quote(PLANTED, safe="")}' -F to=eva@recipient.example
"""
    found = await bench.imports.read(text)
    assert planted(found.model_dump_json()) == []
    assert [request.left_out for request in found.requests] == [(), (), ()]
    assert len(found.secrets) == 1
    drafts = await bench.imports.take(text, ["r1", "r2", "r3"], {found.secrets[0].key: secret})
    kinds = [(one.settings.credential_kind, one.settings.endpoint) for one in drafts]
    assert kinds == [("bearer", "put"), ("header_key", "nested_form"), ("address_key", "multipart")]
    for draft in drafts:
        sent = await bench.integrations.test(draft, ana)
        assert sent.outcome.kind == "accepted"
        assert planted(json.dumps(sent.model_dump(mode="json"))) == []
    contents = kept(tmp_path)
    assert [form for form in FORMS if form.encode() in contents] == []
