"""PUSH CHECKS: whether a browser could subscribe with a shop's settings: site, worker, scope, key.

Browsers want HTTPS, a worker of the page's own origin, and a scope within the worker's folder unless its server allows more.
https://www.w3.org/TR/service-workers/#start-register
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from workbench.models.push import Found, PushFinding, PushSettings, PushVerdict
from workbench.sentence import Sentence, say

from .urls import LOCAL_NAMES
from .vapid import vapid_key

_PORTS: Final = {"https": 443, "http": 80}
_BARRED: Final = re.compile(r"%2f|%5c", re.IGNORECASE)
"""Encoded slashes: a browser refuses a worker or a scope with one in its path."""


class Place(NamedTuple):
    """Where things are once they are resolved: origin of the site, the worker's address, the scope's address; None where unknown."""

    site: SplitResult | None
    worker: SplitResult | None
    scope: SplitResult | None


def check_push(settings: PushSettings) -> PushVerdict:
    """Return what is right and wrong with the settings, each thing once, in the order of the form."""
    site, site_finding = _site(settings.site)
    worker, worker_findings = _worker(settings.worker_url, site)
    scope, scope_finding = _scope(settings.scope, worker)
    findings = [site_finding, *worker_findings, *([scope_finding] if scope_finding else []), _key(settings)]
    return PushVerdict(
        findings=tuple(findings),
        worker=urlunsplit(worker) if worker else "",
        scope=urlunsplit(scope) if scope else "",
    )


def origin(parts: SplitResult) -> tuple[str, str, int | None]:
    """Return scheme, host and port of an address, as a browser compares them."""
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme)


def folder(path: str) -> str:
    """Return the folder of a path, with its slash: how far a worker that stands there reaches."""
    return path[: path.rfind("/") + 1] or "/"


def _site(text: str) -> tuple[SplitResult | None, PushFinding]:
    parts = address(text.strip())
    if not text.strip():
        return None, finding("site", "site", "error", say(
            "The shop's address is not known. Write it as people open it, like https://shop.example.com."
        ))  # fmt: skip
    if parts is None or parts.scheme not in ("https", "http"):
        return None, finding("site", "site", "error", say(
            "“{site}” is no address of a shop. Write it as people open it, like https://shop.example.com.", site=text.strip()[:80]
        ))  # fmt: skip
    if parts.scheme == "http" and not _own_machine(parts):
        secure = urlunsplit(parts._replace(scheme="https"))
        return parts, PushFinding(key="https", field="site", found="error", fix=secure, sentence=say(
            "The shop's address begins with http://. Browsers offer web push on https:// pages only; visitors get no question at all."
        ))  # fmt: skip
    if parts.scheme == "http":
        return parts, finding(
            "https", "site", "ok", say("This is a shop on this machine, which browsers trust without HTTPS.")
        )
    return parts, finding("https", "site", "ok", say("The shop is reached by HTTPS, as browsers want it."))


def _worker(text: str, site: SplitResult | None) -> tuple[SplitResult | None, list[PushFinding]]:
    if not text.strip():
        fix = "/service-worker.js"
        return None, [PushFinding(key="worker", field="worker_url", found="error", fix=fix, sentence=say(
            "The service worker's address is empty. Put the file at the root of the shop and write its path, like {path}.", path=fix
        ))]  # fmt: skip
    base = urlunsplit(site) if site else ""
    parts = address(urljoin(base, text.strip()) if base else text.strip())
    if parts is None or parts.scheme not in ("https", "http"):
        return None, [finding("worker", "worker_url", "error", say(
            "“{url}” is no address of a file. Write a path like /service-worker.js, or the whole address.", url=text.strip()[:80]
        ))]  # fmt: skip
    return parts, list(_about_worker(parts, site))


def _about_worker(parts: SplitResult, site: SplitResult | None) -> list[PushFinding]:
    found: list[PushFinding] = []
    if parts.fragment:
        found.append(
            finding(
                "worker",
                "worker_url",
                "warning",
                say("The “#” part of the worker's address is not used. Take it off."),
            )
        )
    if _BARRED.search(parts.path):
        found.append(finding("worker", "worker_url", "error", say(
            "The path of the worker holds an encoded slash (%2F or %5C); browsers refuse that. Give the file another name."
        )))  # fmt: skip
    if not parts.path.endswith((".js", ".mjs")):
        found.append(finding("worker", "worker_url", "warning", say(
            "The worker's address does not end in .js. It works only if the server sends it as JavaScript (Content-Type: text/javascript)."
        )))  # fmt: skip
    if site is not None:
        found.append(_origin_finding(parts, site))
    return found


def _origin_finding(worker: SplitResult, site: SplitResult) -> PushFinding:
    if origin(worker) == origin(site):
        return finding(
            "origin",
            "worker_url",
            "ok",
            say("The worker stands on the shop's own address, as browsers want it."),
        )
    if origin(worker)[1] != origin(site)[1]:
        return PushFinding(key="origin", field="worker_url", found="error", fix=worker.path, sentence=say(
            "The worker is on {worker} and the shop on {site}. A browser registers a worker of the page's own host only: copy the file to "
            "the shop, also where the host differs by “www.” alone.", worker=worker.hostname or "", site=site.hostname or "",
        ))  # fmt: skip
    return PushFinding(key="origin", field="worker_url", found="error", fix=worker.path, sentence=say(
        "The worker's address has another beginning or port than the shop's ({worker}, {site}). Both must be the same.",
        worker=f"{worker.scheme}://{worker.netloc}", site=f"{site.scheme}://{site.netloc}",
    ))  # fmt: skip


def _scope(text: str, worker: SplitResult | None) -> tuple[SplitResult | None, PushFinding | None]:
    if worker is None:
        return None, None
    reach = folder(worker.path)
    parts = address(urljoin(urlunsplit(worker._replace(query="", fragment="")), text.strip() or reach))
    if parts is None or _BARRED.search(parts.path):
        return None, finding("scope", "scope", "error", say(
            "“{scope}” cannot be a scope. Write a path of the shop that ends in a slash, like /.", scope=text.strip()[:80]
        ))  # fmt: skip
    if origin(parts) != origin(worker):
        return parts, finding(
            "scope",
            "scope",
            "error",
            say("The scope must lie on the same address as the worker. Write a path, like /."),
        )
    path = parts.path or "/"
    if not path.startswith(reach):
        return parts, finding("scope", "scope", "error", say(
            "A worker at {path} reaches {reach} only. Move the file to the root of the shop, or let its server send "
            "“Service-Worker-Allowed: {scope}” with it.", path=worker.path, reach=reach, scope=path,
        ))  # fmt: skip
    if path != "/":
        return parts, finding("scope", "scope", "warning", say(
            "The worker takes care of pages under {scope} only; on the others nobody is asked. Put the file at the shop's root for all.",
            scope=path,
        ))  # fmt: skip
    return parts, finding("scope", "scope", "ok", say("The worker takes care of the whole shop (scope /)."))


def _key(settings: PushSettings) -> PushFinding:
    found = vapid_key(settings.vapid_public_key)
    if found.point is not None:
        return finding(
            "vapid",
            "vapid_public_key",
            "ok",
            say("The VAPID public key is a key of 65 bytes on the curve P-256."),
        )
    assert found.sentence is not None, "what is no key is told"
    return PushFinding(
        key="vapid", field="vapid_public_key", found="error", sentence=found.sentence, fix=found.fix
    )


def _own_machine(parts: SplitResult) -> bool:
    """Return whether a browser treats the host as secure without HTTPS: this very machine."""
    host = (parts.hostname or "").lower()
    return host in (*LOCAL_NAMES, "::1") or host.endswith(".localhost") or host.startswith("127.")


def address(text: str) -> SplitResult | None:
    """Return the parts of an address that has a host; None for what is none."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - it is read when it is asked for
    except ValueError:
        return None
    return parts if parts.hostname else None


def finding(key: str, field: str, found: Found, sentence: Sentence) -> PushFinding:
    """Return one thing that was looked at."""
    return PushFinding(key=key, field=field, found=found, sentence=sentence)
