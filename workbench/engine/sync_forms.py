"""SYNC FORMS: the form that uploads an import's file, its fields in the order in which the vendor's own importer writes them.

https://github.com/francescorivola/connectif-importer
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from workbench.errors import Invalid
from workbench.models.base import Problem
from workbench.models.request import Request
from workbench.models.sync import SyncPlan
from workbench.models.sync_platform import SyncPlatform
from workbench.sentence import say

FILE_TYPE: Final = "text/csv"
_FILE: Final = b'name="file"'
_YES_NO: Final = {True: "true", False: "false"}


def import_fields(platform: SyncPlatform, sync: SyncPlan) -> tuple[tuple[str, str], ...]:
    """Return the fields of an import's form, without its file. Raises Invalid with everything that contradicts itself."""
    problems = check_import(platform, sync)
    if problems:
        raise Invalid(problems)
    fields = [
        ("type", dict(platform.imports.types)[sync.entity]),
        ("delimiter", sync.delimiter),
        ("overrideExisting", _YES_NO[sync.override_existing]),
        ("updateOnlyEmptyFields", _YES_NO[sync.update_only_empty]),
    ]
    if sync.entity == "coupon":
        fields.append(("couponSetId", sync.coupon_set_id.strip()))
    return tuple(fields)


def check_import(platform: SyncPlatform, sync: SyncPlan) -> tuple[Problem, ...]:
    """Return what contradicts itself in an import's options (R-SYNC-11)."""
    found: list[Problem] = []
    if sync.entity not in dict(platform.imports.types):
        sentence = say(
            "{platform} cannot import this. Send it one by one: choose “single calls”.",
            platform=platform.name,
        )
        found.append(Problem(field="entity", sentence=sentence))
    if sync.update_only_empty and not sync.override_existing:
        sentence = say(
            "“Only empty fields” needs “Override what exists”: without it nothing that exists is touched. Switch both on, or this one off."
        )
        found.append(Problem(field="update_only_empty", sentence=sentence))
    if sync.entity == "coupon" and not sync.coupon_set_id.strip():
        sentence = say("Coupons go into a coupon set. Choose one.")
        found.append(Problem(field="coupon_set_id", sentence=sentence))
    if sync.entity != "coupon" and sync.coupon_set_id.strip():
        sentence = say("A coupon set is for coupons alone. Leave it empty here.")
        found.append(Problem(field="coupon_set_id", sentence=sentence))
    if sync.delimiter not in platform.imports.delimiters:
        sentence = say(
            "“{delimiter}” is not a separator that {platform} reads. Choose one of: {known}.",
            delimiter=sync.delimiter, platform=platform.name, known=" ".join(platform.imports.delimiters),
        )  # fmt: skip
        found.append(Problem(field="delimiter", sentence=sentence))
    return tuple(found)


def without_file(request: Request) -> Request:
    """Return an import's request as it may be shown and kept: in place of its file stands how many bytes that has."""
    boundary = f"--{_boundary_of(request)}".encode()
    at = request.body.find(_FILE)
    begins = request.body.find(b"\r\n\r\n", at)
    if at < 0 or begins < 0 or len(boundary) < 4:
        return request
    begins += 4
    ends = request.body.rfind(b"\r\n" + boundary)
    told = f"({max(0, ends - begins)} bytes)".encode()
    return request.model_copy(update={"body": request.body[:begins] + told + request.body[ends:]})


def form_of(fields: Sequence[tuple[str, str]], file: bytes, name: str) -> tuple[bytes, str]:
    """Return a form in parts (https://www.rfc-editor.org/rfc/rfc7578) and its boundary."""
    shown = re.sub(r'[^ -~]|["\\/]', "_", name) or "import.csv"
    disposition = f'Content-Disposition: form-data; name="file"; filename="{shown}"\r\nContent-Type: {FILE_TYPE}\r\n\r\n'
    texts = [
        f'Content-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields
    ]
    boundary = _boundary(texts, file)
    mark = f"--{boundary}".encode()
    pieces = [piece for text in texts for piece in (mark, b"\r\n", text)]
    return b"".join([*pieces, mark, b"\r\n", disposition.encode(), file, b"\r\n", mark, b"--\r\n"]), boundary


def _boundary(texts: Sequence[bytes], file: bytes) -> str:
    """Return a boundary that occurs nowhere in the content, made of the file's size: it stands in a header that the journal keeps."""
    digest = hashlib.blake2b(str(len(file)).encode(), digest_size=12)
    while (boundary := f"----workbench-{digest.hexdigest()}").encode() in file or any(
        boundary.encode() in text for text in texts
    ):
        digest.update(b"-")
    return boundary


def _boundary_of(request: Request) -> str:
    return (request.header("Content-Type") or "").partition("boundary=")[2].strip(' "')
