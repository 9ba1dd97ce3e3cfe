"""Cassette carrying: a cassette as a document for another workbench or a notebook: masked, without secrets, contact or request."""

from __future__ import annotations

from pydantic import ValidationError

from workbench.engine.event_urls import HOST
from workbench.engine.kept_answer import masked_tree
from workbench.engine.personal import is_pseudonym
from workbench.errors import Invalid
from workbench.models.assertion import Assertion
from workbench.models.base import JsonValue, Problem
from workbench.models.cassette import Cassette
from workbench.models.integration import Integration
from workbench.providers import provider as provider_of
from workbench.sentence import say

from .portable import check_version, portable

FORMAT = "integration-workbench/cassette"
VERSION = 1
CARRIED = frozenset({
    "name", "mode", "integration_name", "provider", "recorded_at", "answer", "outcome", "assertions", "captures", "volatile", "example",
})  # fmt: skip
ANY_KEY = "cmVoZWFyc2FsLWFueS1rZXktaXMtZ29vZC1oZXJlISE="
"""What stands for a key in a rehearsal, where any is good; some providers want base64."""
ANY_ADDRESS = f"https://{HOST}/events/id/0123456789abcdef0123456789abcdef/1000001"
"""What stands for a secret that is the whole address of an event."""


def carried(cassette: Cassette, integration: Integration | None) -> dict[str, JsonValue]:
    """Return the document. Checks that compare with a pseudonym stay behind: elsewhere the same person has another one."""
    kept = cassette.model_copy(
        update={"assertions": tuple(one for one in cassette.assertions if not names_a_person(one))}
    )
    return {
        "format": FORMAT,
        "version": VERSION,
        "cassette": kept.model_dump(mode="json", include=set(CARRIED), exclude_defaults=True),
        "integration": portable(integration) if integration else None,
    }


def names_a_person(assertion: Assertion) -> bool:
    """Return whether a check compares with a value that was masked."""
    found: list[bool] = []

    def look(text: str) -> str:
        found.append(is_pseudonym(text))
        return text

    masked_tree([assertion.path, assertion.expected], look)
    return any(found)


def from_carried(document: dict[str, JsonValue], **fields: object) -> Cassette:
    """Return the cassette of a document, with the fields that it has here. Raises Invalid for one that is not ours, or TooNew."""
    if document.get("format") != FORMAT or not isinstance(document.get("cassette"), dict):
        raise Invalid(
            [Problem(field="file", sentence=say("This file is not an exported cassette of the workbench."))]
        )
    check_version(document.get("version"), VERSION)
    known = {key: value for key, value in document["cassette"].items() if key in CARRIED}
    try:
        return Cassette.model_validate({**known, **fields})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        sentence = say(
            "The file is not a valid cassette: “{place}” cannot be read. Export it again.", place=place
        )
        raise Invalid([Problem(field=place or "file", sentence=sentence)]) from None


def any_key(document: JsonValue, place: str) -> str:
    """Return what stands in a rehearsal for the secret at a place of an exported integration: the field's example, else any key."""
    settings = document.get("settings") if isinstance(document, dict) else None
    kind, _, name = place.partition(".")
    if kind == "credential" and isinstance(settings, dict):
        provider = provider_of(str(settings.get("provider")))
        for model in provider.credentials:
            field = model.model_fields.get(name) if model.kind == settings.get("credential_kind") else None
            if field is not None and field.examples:
                return str(field.examples[0])
        if any(endpoint.url == f"{{{name}}}" for endpoint in provider.endpoints):
            return ANY_ADDRESS
    return ANY_KEY
