"""PUSH LOOK: whether a browser would take the worker as the shop's own server gives it: status, kind, scope, what it listens to.

https://www.w3.org/TR/service-workers/#update-algorithm: redirects and errors are refused, so is what is not sent as JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from workbench.models.push import PushFinding, PushVerdict, PushWorkerLook
from workbench.models.request import Failure, Reply
from workbench.sentence import say

from .push_checks import finding, folder

SCRIPT_TYPES: Final = frozenset(
    {
        *("text/javascript", "application/javascript", "application/ecmascript", "application/x-ecmascript"),
        *(
            "application/x-javascript",
            "text/ecmascript",
            "text/jscript",
            "text/livescript",
            "text/x-ecmascript",
        ),
        *(
            "text/javascript1.0",
            "text/javascript1.1",
            "text/javascript1.2",
            "text/javascript1.3",
            "text/javascript1.4",
        ),
        *("text/javascript1.5", "text/x-javascript"),
    }
)
"""What counts as JavaScript: https://mimesniff.spec.whatwg.org/#javascript-mime-type"""
_LISTENS: Final = re.compile(
    r"""addEventListener\(\s*["'`](push|notificationclick|pushsubscriptionchange|install|activate|fetch)["'`]|\bon(push|notificationclick)\s*="""
)
_COMMENTS: Final = re.compile(r"/\*.*?\*/|^\s*//[^\n]*", re.DOTALL | re.MULTILINE)


def read_worker(verdict: PushVerdict, answer: Reply | Failure) -> PushWorkerLook:
    """Return what the answer to a request for the worker says."""
    if isinstance(answer, Failure):
        why = finding(
            "answer",
            "worker_url",
            "error",
            say("The worker could not be asked for: {why}", why=answer.sentence),
        )
        return PushWorkerLook(url=verdict.worker, findings=(why,))
    kind = (answer.header("content-type") or "").strip()
    text = _COMMENTS.sub("", answer.text())
    handles = tuple(dict.fromkeys(one or other for one, other in _LISTENS.findall(text)))
    look = PushWorkerLook(
        url=verdict.worker,
        status=answer.status,
        content_type=kind,
        allowed_scope=(answer.header("service-worker-allowed") or "").strip(),
        cache=(answer.header("cache-control") or "").strip(),
        size=len(answer.body),
        handles=handles,
    )
    return look.model_copy(update={"findings": tuple(_findings(verdict, look, text))})


def _findings(verdict: PushVerdict, look: PushWorkerLook, text: str) -> Iterator[PushFinding]:
    status = look.status or 0
    if 300 <= status < 400:
        yield finding("status", "worker_url", "error", say(
            "The server leads on to another address ({status}). Browsers follow no redirect for a worker: write the final address.",
            status=status,
        ))  # fmt: skip
        return
    if not 200 <= status < 300:
        yield finding("status", "worker_url", "error", say(
            "The server answers {status} for the worker. Put the file there, and open the address in a browser to see it.", status=status
        ))  # fmt: skip
        return
    yield finding(
        "status", "worker_url", "ok", say("The server gives the worker ({bytes} bytes).", bytes=look.size)
    )
    bare = look.content_type.partition(";")[0].strip().lower()
    if bare in SCRIPT_TYPES:
        yield finding("type", "worker_url", "ok", say("It is sent as JavaScript ({kind}).", kind=bare))
    else:
        yield finding("type", "worker_url", "error", say(
            "It is sent as “{kind}”, and browsers refuse that. Let the server send it with Content-Type: text/javascript.",
            kind=bare or "-",
        ))  # fmt: skip
        if "html" in bare:
            return
    yield from _reach(verdict, look)
    yield from _listening(look, text)


def _reach(verdict: PushVerdict, look: PushWorkerLook) -> Iterator[PushFinding]:
    path, scope = urlsplit(verdict.worker).path or "/", urlsplit(verdict.scope).path or "/"
    if scope.startswith(folder(path)) and not look.allowed_scope:
        return
    allowed = look.allowed_scope or folder(path)
    if scope.startswith(allowed):
        yield finding(
            "reach",
            "scope",
            "ok",
            say("Its server lets it reach {allowed} (Service-Worker-Allowed).", allowed=allowed),
        )
    else:
        yield finding("reach", "scope", "error", say(
            "It may reach {allowed} only, and {scope} is wanted. Move it to the root, or send “Service-Worker-Allowed: {scope}” with it.",
            allowed=allowed, scope=scope,
        ))  # fmt: skip


def _listening(look: PushWorkerLook, text: str) -> Iterator[PushFinding]:
    if "push" in look.handles:
        yield finding("push", "worker_url", "ok", say("It listens to pushes."))
        if "notificationclick" not in look.handles:
            yield finding("click", "worker_url", "warning", say(
                "It does not listen to clicks on a notification (notificationclick), so a click leads nowhere."
            ))  # fmt: skip
    elif "importScripts" in text or re.search(r"\bimport\b", text):
        yield finding("push", "worker_url", "note", say(
            "It loads other scripts, and what they listen to cannot be seen from here. A test notification shows whether it works."
        ))  # fmt: skip
    else:
        yield finding("push", "worker_url", "warning", say(
            "Nothing in it listens to “push”, so notifications would not be shown. Look whether it is the platform's file."
        ))  # fmt: skip
