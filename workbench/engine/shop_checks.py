"""SHOP CHECKS: the verdict on a shop's settings, without asking anybody (R-SYNC-01, 02, 03): key, address, paths, domains, fields."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, Literal

from workbench.models.base import Problem
from workbench.models.hosts import bare_host
from workbench.models.shop import ShopSettings
from workbench.models.sync_platform import SyncPlatform
from workbench.sentence import Sentence, say

from .credential_shapes import is_placeholder, tidy_text
from .name_checks import odd_name
from .redact import hint_of
from .script_id import no_script_id, read_script_id
from .shop_registry import check_registry, tidy_field
from .slots import nearest
from .sync_calls import check_path
from .urls import check_url, host_of

ShopStep = Literal["shop", "access", "paths", "data"]
SHOP_STEPS: Final[tuple[ShopStep, ...]] = ("shop", "access", "paths", "data")
_STEPS: Final[dict[str, ShopStep]] = {
    **dict.fromkeys(("platform", "name", "site", "script_id"), "shop"),
    **dict.fromkeys(("api_key", "base_url", "local_test", "calls_per_min", "connect_s", "total_s"), "access"),
    "paths": "paths",
}

MOST_DOMAINS: Final = 200
MOST_PATHS: Final = 100


def step_of(field: str) -> ShopStep:
    """Return the form's step in which the field of a problem is typed."""
    return _STEPS.get(field.partition(".")[0], "data")


def check_shop(
    settings: ShopSettings,
    platform: SyncPlatform | None = None,
    *,
    others: Collection[str] = (),
    key: str | None = None,
) -> list[Problem]:
    """Return what is wrong with a shop, in the order of the form.

    ``platform`` is the declaration of ``settings.platform``; without it what hangs on it is not judged. ``others`` are the names of the
    shops there already are; ``key`` is the opened key, without which its form is not judged.
    """
    return [
        *_told("name", _check_name(settings.name.strip(), others)),
        *_check_site(settings),
        *_check_key(settings, platform, key),
        *_check_address(settings, platform),
        *_check_pace(settings, platform),
        *(_check_paths(settings, platform) if platform is not None else ()),
        *_check_domains(settings),
        *check_registry(settings.fields, platform.fields.get("contact", ()) if platform is not None else ()),
    ]


def tidy_shop(settings: ShopSettings) -> ShopSettings:
    """Return the settings as they are kept: blanks around texts gone, domains as bare hosts and each once, empty paths left out."""
    domains = dict.fromkeys(bare_host(one) for one in settings.domains)
    paths = {call: path.strip() for call, path in settings.paths.items() if path.strip()}
    return settings.model_copy(update={
        "name": " ".join(settings.name.split()), "platform": settings.platform.strip(), "paths": paths,
        "base_url": tidy_text(settings.base_url).rstrip("/"), "domains": tuple(filter(None, domains)),
        "fields": tuple(tidy_field(field) for field in settings.fields), "site": tidy_text(settings.site).rstrip("/"),
        "script_id": settings.script_id.strip(),
    })  # fmt: skip


# -- the shop ------------------------------------------------------------------------------------------------------------


def _check_name(name: str, others: Collection[str]) -> Sentence | None:
    if not name:
        return say("Give the shop a name. Syncs and reports show it.")
    if any(name.casefold() == other.strip().casefold() for other in others):
        return say("There already is a shop named “{name}”. Choose another name.", name=name)
    return odd_name(name)


def _check_site(settings: ShopSettings) -> list[Problem]:
    """Return what is wrong with the shop's own address and the id of its page script; both may be empty."""
    found = _told("site", _wrong_url(settings.site, settings.local_test))
    if settings.script_id and read_script_id(settings.script_id) is None:
        found += _told("script_id", no_script_id(settings.script_id))
    host = host_of(settings.site)
    if host and settings.domains and host not in settings.domains:
        sentence = say(
            "The shop's own host {host} is not among the allowed domains, so its products would be refused. Add it if they lie there.",
            host=host,
        )
        found += _told("domains", sentence, "warning")
    return found


# -- access --------------------------------------------------------------------------------------------------------------


def _check_key(settings: ShopSettings, platform: SyncPlatform | None, key: str | None) -> list[Problem]:
    """Return what is wrong with the key. It is never repeated, only its mask is; another form than the usual one is a warning."""
    if settings.api_key is None:
        return _told(
            "api_key",
            say("The API key is missing. Make one in the platform's settings, and lock it in here."),
        )
    if key is None:
        return []
    bare = tidy_text(key)
    word = platform.authorization.partition("{api_key}")[0].strip() if platform is not None else ""
    if word and bare.casefold().startswith(f"{word.casefold()} "):
        return _told("api_key", say(
            "The key begins with the word “{word}”, which is put in front of it anyway. Lock in only what stands behind it.", word=word
        ))  # fmt: skip
    if is_placeholder(bare):
        return _told(
            "api_key",
            say("This only stands for the real key in a manual. Copy yours from the platform's settings."),
        )
    if not bare.isascii() or not bare.isprintable() or " " in bare:
        return _told("api_key", say(
            "The API key holds a blank, a line break or a character that no key has. Copy it anew, whole and in one line."
        ))  # fmt: skip
    shape = str(platform.more.get("key_shape", "")) if platform is not None else ""
    if shape and not re.fullmatch(shape, bare):
        return _told("api_key", say(
            "The key {hint} does not look like the keys of {platform} that we know: 22 characters, a colon, and 22 more. "
            "See whether it was copied whole; if it was, go on.",
            hint=hint_of(bare), platform=platform.name if platform is not None else "",
        ), "warning")  # fmt: skip
    return []


def _check_address(settings: ShopSettings, platform: SyncPlatform | None) -> list[Problem]:
    wrong = _wrong_url(settings.base_url, settings.local_test)
    if wrong is not None:
        return _told("base_url", wrong)
    if "?" in settings.base_url:
        return _told("base_url", say("The address holds a “?”. Write it only up to the path, like {example}.",
                                     example=platform.base_url if platform is not None else "https://api.example.com"))  # fmt: skip
    host = host_of(settings.base_url)
    if host and platform is not None and host not in platform.hosts and not settings.local_test:
        sentence = say(
            "{host} is not a server of {platform} that we know. Your key goes there with every call: see that this is meant.",
            host=host, platform=platform.name,
        )  # fmt: skip
        return _told("base_url", sentence, "warning")
    return []


def _check_pace(settings: ShopSettings, platform: SyncPlatform | None) -> list[Problem]:
    found: list[Problem] = []
    usual = int(platform.rate.limit * 60 / platform.rate.per_s) if platform is not None else 0
    if usual and settings.calls_per_min > usual:
        sentence = say(
            "{wanted} calls a minute are more than the {usual} that {platform} takes as far as we know. "
            "What its answers say counts from the first one on.",
            wanted=settings.calls_per_min, usual=usual, platform=platform.name if platform is not None else "",
        )  # fmt: skip
        found += _told("calls_per_min", sentence, "warning")
    if settings.total_s < settings.connect_s:
        sentence = say(
            "A call may take {total} s in all, but {connect} s to connect. Make the first number the larger one.",
            total=settings.total_s, connect=settings.connect_s,
        )  # fmt: skip
        found += _told("total_s", sentence)
    return found


# -- paths, domains ------------------------------------------------------------------------------------------------------


def _check_paths(settings: ShopSettings, platform: SyncPlatform) -> list[Problem]:
    known = [call.key for call in platform.calls]
    if len(settings.paths) > MOST_PATHS:
        return _told("paths", say("At most {most} paths can be changed.", most=MOST_PATHS))
    found: list[Problem] = []
    for call, path in settings.paths.items():
        if call in known:
            found += check_path(platform, call, path)
            continue
        near = nearest(call, known)
        sentence = (
            say("{platform} has no call “{call}”. Did you mean “{near}”?", platform=platform.name, call=call[:60], near=near)
            if near
            else say("{platform} has no call “{call}”. Take its path out.", platform=platform.name, call=call[:60])
        )  # fmt: skip
        found += _told("paths", sentence)
    return found


def _check_domains(settings: ShopSettings) -> list[Problem]:
    if len(settings.domains) > MOST_DOMAINS:
        return _told(
            "domains",
            say(
                "At most {most} domains are kept; there are {count}.",
                most=MOST_DOMAINS,
                count=len(settings.domains),
            ),
        )
    found: list[Problem] = []
    for index, domain in enumerate(settings.domains):
        host = bare_host(domain)
        if ":" in host or "@" in host or _wrong_url(f"https://{host}", settings.local_test) is not None:
            sentence = say(
                "“{domain}” is not a domain. Write only the name of the server, like www.example.com: without port, path and “*”.",
                domain=domain[:80],
            )
            found += _told(f"domains.{index}", sentence)
    return found


def _wrong_url(url: str, local_test: bool) -> Sentence | None:
    return check_url(url, local_test=local_test, campaign=False) if url.strip() else None


def _told(
    field: str, sentence: Sentence | None, level: Literal["error", "warning"] = "error"
) -> list[Problem]:
    return [Problem(field=field, sentence=sentence, level=level)] if sentence is not None else []
