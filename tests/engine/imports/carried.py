"""What the tests of imports share: reading a text, and composing what an import would send."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from workbench.engine.checks import credential_of
from workbench.engine.compose import compose
from workbench.engine.imports import filled, read_import
from workbench.engine.template import compile_template
from workbench.models.base import SecretRef
from workbench.models.contact import Contact
from workbench.models.imported import Imported, ImportedRequest
from workbench.models.request import Request
from workbench.providers import every

NOW = datetime(2026, 11, 21, 19, 34, 22, tzinfo=UTC)


def read(text: str) -> Imported:
    """Return what a text holds."""
    return read_import(text, every())


def only(text: str) -> ImportedRequest:
    """Return the one request of a text."""
    found = read(text)
    assert not found.problems, [str(problem.sentence) for problem in found.problems]
    assert len(found.requests) == 1
    return found.requests[0]


def said(request: ImportedRequest | Imported, kind: str) -> list[str]:
    """Return what is said of what was left out, of one kind."""
    return [str(one.sentence) for one in request.left_out if one.what == kind]


def composed(
    imported: Imported,
    request: ImportedRequest,
    secrets: Mapping[str, str],
    token: str | None = None,
    typed: Mapping[str, Any] | None = None,
) -> Request:
    """Return what the integration of an import sends to the text's own recipient.

    ``secrets`` are the values by key or by the text's variable; ``typed`` are fields of the credential that the text does not hold.
    """
    names = {one.key: one.name for one in imported.secrets}
    refs = {key: SecretRef(handle=f"sec_imported{key}") for key in names}
    opened = {
        refs[key].handle: value
        for key, name in names.items()
        if (value := secrets.get(key, secrets.get(name))) is not None
    }
    settings = filled(request, refs)
    settings = settings.model_copy(update={"credential": {**(typed or {}), **settings.credential}})
    provider = every()[settings.provider]
    credential, problems = credential_of(settings, provider)
    assert credential is not None, [str(problem.sentence) for problem in problems]
    return compose(
        settings, provider, credential, compile_template(settings.payload), Contact(variables=dict(request.variables)),
        identifier=request.recipient or None, secrets=opened, token=token, now=NOW,
    )  # fmt: skip


def ordered(request: Request) -> dict[str, Any]:
    """Return what counts of a request."""
    return {
        "method": request.method,
        "url": request.url,
        "headers": sorted(request.headers),
        "body": request.body,
    }
