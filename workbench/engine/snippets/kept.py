"""KEPT: the request of a journal's entry as one to make a snippet from: its masks and pseudonyms become variables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from workbench.engine.redact import MASK
from workbench.models.request import Headers, Request, RequestView
from workbench.sentence import N_

from .names import SecretName, token_name, variable_name

RECIPIENT: Final = "$RECIPIENT"

_PSEUDONYM = re.compile(r"[^\s\"'<>&,;=]*\*{3}[^\s\"'<>&,;=]* #[0-9a-f]{6}")
"""What ``redact.mask_identifier`` makes of an identifier."""
_HINTED = re.compile(r"\*{4}(?: \S{4}(?=$|[\"&<\s]))?")


@dataclass(slots=True)
class _Masks:
    """Gives each mask its variable, and remembers what it stands for."""

    provider: str
    known: dict[str, SecretName]
    recipient: str
    found: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)

    def placed(self, text: str, about: str = "") -> str:
        """Return a text with variables in place of what was masked; ``about`` names the header it is the value of."""
        text = text.encode(
            "utf-8", "replace"
        ).decode()  # half a character is none that a program can be written with
        if self.recipient and self.recipient in text:
            self.found[RECIPIENT] = N_("the recipient")
            text = text.replace(self.recipient, RECIPIENT)
        text = _PSEUDONYM.sub(lambda found: self._person(found[0]), text)
        for hint, one in self.known.items():
            if hint in text:
                self.found[f"${one.name}"] = one.title
                text = text.replace(hint, f"${one.name}")
        return _HINTED.sub(lambda found: self._masked(about), text)

    def _person(self, pseudonym: str) -> str:
        """Return the variable of a further identifier: an event names its contact by address and by number."""
        name = self.people.setdefault(pseudonym, f"{RECIPIENT}_{len(self.people) + 2}")
        self.found[name] = N_("the recipient")
        return name

    def _masked(self, about: str) -> str:
        if about.lower() == "authorization":
            name, title = f"${token_name(self.provider)}", N_("access token or key")
        else:
            name, title = f"${variable_name(self.provider, about or 'masked')}", about or N_("a secret")
        self.found[name] = title
        return name


def kept_request(
    view: RequestView, names: Iterable[SecretName] = (), recipient: str = ""
) -> tuple[Request, dict[str, str]]:
    """Return the request that an entry shows, with variables in place of masks, and what each of them stands for.

    Args:
        view: The request as the journal keeps it.
        names: The integration's secrets, recognised by their hints where these are told apart.
        recipient: The pseudonym in place of the recipient's identifier.
    """
    names = tuple(names)
    hints = [one.hint for one in names]
    told_apart = {
        one.hint: one for one in names if one.hint != MASK and one.hint and hints.count(one.hint) == 1
    }
    masks = _Masks(view.provider, dict(sorted(told_apart.items(), key=lambda item: -len(item[0]))), recipient)
    headers: Headers = tuple((name, masks.placed(value, name)) for name, value in view.headers)
    request = Request(
        method=view.method, url=masks.placed(view.url), headers=headers, body=masks.placed(view.body).encode(),
        provider=view.provider,
    )  # fmt: skip
    return request, masks.found
