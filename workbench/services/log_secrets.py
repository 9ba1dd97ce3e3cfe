"""Log secrets: what the log must never hold by value: every secret of the vault, and those of this process's own environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import unquote, urlsplit

from workbench.errors import MissingSecret

from .house import House

ENVIRONMENT = ("WORKBENCH_KEY", "WORKBENCH_TOKEN", "WORKBENCH_HUB_TOKEN")
ADDRESSES = ("WORKBENCH_DATABASE", "WORKBENCH_JOURNAL")


def known_secrets(house: House, environ: Mapping[str, str]) -> Callable[[], Mapping[str, str]]:
    """Return what gives all secrets that are known now, each under a name of its own. Asked again, it opens only what is new."""
    given = {name: environ[name] for name in ENVIRONMENT if environ.get(name)}
    given |= {name: password for name in ADDRESSES if (password := password_of(environ.get(name, "")))}
    opened: dict[str, str] = {}

    def known() -> Mapping[str, str]:
        handles = house.vault.handles()
        for handle in handles:
            if handle not in opened:
                try:
                    opened[handle] = house.vault.open_text(handle)
                except MissingSecret:  # what cannot be opened here cannot be in this process's log
                    continue
        for gone in opened.keys() - set(handles):
            del opened[gone]
        return given | opened

    return known


def password_of(address: str) -> str:
    """Return the password in a database's address, or an empty text."""
    try:
        return unquote(urlsplit(address).password or "")
    except ValueError:
        return ""
