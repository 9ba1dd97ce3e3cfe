"""Who is in front of a page: what the proxy says, and nothing that a browser could say beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.widgets import voila
from workbench.widgets.visitor import visitor

NAMED = {"WORKBENCH_VISITOR_HEADER": "Remote-User", "WORKBENCH_GROUPS_HEADER": "Remote-Groups"}


def test_without_a_header_that_is_named_there_is_no_visitor() -> None:
    assert visitor({"HTTP_REMOTE_USER": "ana"}) == (None, ())


def test_the_visitor_comes_with_the_groups() -> None:
    found = visitor(NAMED | {"HTTP_REMOTE_USER": "ana@example.com", "HTTP_REMOTE_GROUPS": "crm, sms"})
    assert found == ("ana@example.com", ("crm", "sms"))


def test_a_visitor_whom_the_proxy_does_not_name_is_nobody_and_not_everybody() -> None:
    assert visitor(NAMED | {"HTTP_X_FORWARDED_USER": "admin"}) == ("", ())


@pytest.mark.parametrize("groups", ["", "Remote-Groups"])
def test_where_visitors_are_named_no_kernel_is_started_before_its_visitor_comes(groups: str) -> None:
    words = voila.arguments(Path("pages"), port=1, warm=3, visitor_header="Remote-User", groups_header=groups)
    assert not [word for word in words if "preheat" in word or "pool_size" in word]
    passed = [
        word.partition("=")[2] for word in words if word.startswith("--VoilaConfiguration.http_header_envs=")
    ]
    assert passed == [name for name in ("Remote-User", groups) if name]
    assert "--preheat_kernel=True" in voila.arguments(Path("pages"), port=1, warm=3)
