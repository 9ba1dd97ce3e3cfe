"""PROVIDERS: the catalogue. One provider, one file, one value; a new file here is found by itself."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from workbench.errors import NotFound
from workbench.models.provider import Provider
from workbench.sentence import say


@cache
def every() -> dict[str, Provider]:
    """Return all providers by key, ``custom`` first, then by name."""
    found = [import_module(f"{__name__}.{module.name}").PROVIDER for module in iter_modules(__path__)]
    found.sort(key=lambda provider: (provider.key != "custom", provider.name.lower()))
    return {provider.key: provider for provider in found}


def provider(key: str) -> Provider:
    """Return the provider ``key``; NotFound names the ones there are."""
    known = every()
    if key not in known:
        raise NotFound(
            say("There is no provider “{key}”. Known are: {known}.", key=key, known=", ".join(known))
        )
    return known[key]
