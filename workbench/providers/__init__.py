"""PROVIDERS: the catalogue. One provider, one file, one value; a new file here is found by itself."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from workbench.errors import NotFound
from workbench.models.provider import Provider
from workbench.models.sync_platform import SyncPlatform
from workbench.sentence import say


@cache
def every() -> dict[str, Provider]:
    """Return all providers by key, ``custom`` first, then by name."""
    found = [module.PROVIDER for module in _modules() if hasattr(module, "PROVIDER")]
    found.sort(key=lambda provider: (provider.key != "custom", provider.name.lower()))
    return {provider.key: provider for provider in found}


@cache
def platforms() -> dict[str, SyncPlatform]:
    """Return the platforms that shops are synced with, by key: the files that declare a ``PLATFORM``."""
    found = [module.PLATFORM for module in _modules() if hasattr(module, "PLATFORM")]
    return {platform.key: platform for platform in sorted(found, key=lambda one: one.name.lower())}


def platform(key: str) -> SyncPlatform:
    """Return the platform ``key``; NotFound names the ones there are."""
    known = platforms()
    if key not in known:
        raise NotFound(
            say("There is no platform “{key}”. Known are: {known}.", key=key, known=", ".join(known))
        )
    return known[key]


def provider(key: str) -> Provider:
    """Return the provider ``key``; NotFound names the ones there are."""
    known = every()
    if key not in known:
        raise NotFound(
            say("There is no provider “{key}”. Known are: {known}.", key=key, known=", ".join(known))
        )
    return known[key]


@cache
def _modules() -> tuple[ModuleType, ...]:
    return tuple(import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
