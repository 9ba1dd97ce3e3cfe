"""Tags as a service: everything a viewer may do, embedded and through the server; nothing of it is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbench import Workbench
from workbench.errors import Invalid
from workbench.models.tags import MOST_HTML
from workbench.services.roles import role_of
from workbench.services.tags import Tags

PLANTED = "planted.contact@example.com"
KNIFE = {
    "productId": "p1",
    "name": "Knife",
    "productDetailUrl": "https://shop.example/p1",
    "unitPrice": "60,25",
}
PURCHASE: dict[str, Any] = {
    "purchaseId": "o1",
    "contactEmail": PLANTED,
    "products": [{**KNIFE, "quantity": 1, "price": "60,25"}],
}
PAGE = f'<div class="cn_client_info" hidden><b class="primary_key">{PLANTED}</b></div><div class="cn_login"></div>'


def written_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_all_of_it_is_a_viewers() -> None:
    methods = [name for name in vars(Tags) if not name.startswith("_")]
    assert len(methods) == 9
    assert {role_of(getattr(Tags, name)) for name in methods} == {"viewer"}


async def test_a_page_goes_through_every_method_and_nothing_of_it_stays(tmp_path: Path) -> None:
    async with Workbench.open(tmp_path / "home", environ={"WORKBENCH_KEYRING": "off"}) as bench:
        tags = bench.tags
        assert "60.25" in await tags.build("purchase", PURCHASE)
        assert PLANTED in await tags.events("login", {}, {"primaryKey": PLANTED})
        assert (await tags.lint(PAGE)).ok
        assert (await tags.simulate(PAGE)).events == ("login", "page-visit")
        assert (await tags.simulate(PAGE, PAGE, loads=False)).body is None
        assert (await tags.simulate(PAGE, url="https://a.example", domains=["b.example"])).body is None
        assert (await tags.compare("purchase", PURCHASE)).equal
        assert await tags.coverage_of(PAGE) == {
            "login": ["tag"],
            "page-visit": ["tag"],
            "contact-info": ["tag"],
        }
        assert (await tags.coverage({"purchase": ["tag", "api"]})).twice == 1
        assert (await tags.cost({"login": 3})).total == 3
        assert "client-script/abcd" in await tags.init_snippet("abcd")
    assert PLANTED.encode() not in written_in(tmp_path)


async def test_a_page_without_end_is_refused() -> None:
    for call in (Tags().lint("x" * (MOST_HTML + 1)), Tags().simulate("x" * MOST_HTML, "y")):
        with pytest.raises(Invalid) as caught:
            await call
        assert caught.value.problems[0].field == "html"
