"""How what is saved is called in a list: a provider and a shop's platform by their own names, what is unknown by its key."""

from __future__ import annotations

import pytest

from workbench.widgets.listing import provider_name


@pytest.mark.parametrize(
    ("key", "name"), [("connectif", "Connectif"), ("braze", "Braze"), ("gone", "gone"), ("", ""), (None, "")]
)
def test_providers_and_platforms_are_called_by_their_own_names(key: str | None, name: str) -> None:
    assert provider_name(key) == name
