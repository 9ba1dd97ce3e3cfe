"""PUBLISH FILES: settings and command lines that publish pages or a server, read for the unsafe ways. Voila's own defaults count.

Where a setting is not named its default holds: Voila asks for no token, lets visitors choose template and theme, ends no kernel and
limits none (https://voila.readthedocs.io/en/stable/customize.html; measured with 0.5.13).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from workbench.models.base import JsonValue
from workbench.models.publish import PublishFinding, PublishRule

from .publish_words import finding

_YES: Final = r"""["']?\s*[:=,]?\s*["']?(?:True|true|1|yes)\b"""
_LINES: Final[tuple[tuple[PublishRule, re.Pattern[str]], ...]] = (
    ("server_extension", re.compile(r"jpserver_extensions.{0,80}voila(?!.{0,30}(?:False|false))")),
    ("server_extension", re.compile(r"jupyter[ -](?:server|serverextension) ?extension enable.{0,60}voila")),
    ("server_extension", re.compile(r"default_url.{0,12}/voila")),
    ("open_door", re.compile(r"(?:ServerApp|IdentityProvider|Voila|NotebookApp)\.token\s*=\s*(?:''|\"\"|$|\s)")),
    ("open_door", re.compile(r"--token=(?:''|\"\")?(?=\s|$|[\"'\]])")),
    ("open_door", re.compile(r"authenticator_class.{0,12}dummy", re.IGNORECASE)),
    ("tracebacks", re.compile(rf"show_tracebacks{_YES}|--show_tracebacks(?=[\s\"']|$)")),
    ("sources", re.compile(r"strip_sources[\"']?\s*[:=]\s*[\"']?(?:False|false|0)\b")),
    ("any_host", re.compile(rf"allow_remote_access{_YES}")),
    ("any_host", re.compile(r"--host-name[ =]['\"]?\*")),
    ("override", re.compile(r"allow_(?:template|theme)_override[\"']?\s*[:=]\s*[\"']?(?:YES|NOTEBOOK)")),
    ("kernels", re.compile(r"cull_idle_timeout[\"']?\s*[:=]\s*[\"']?0\b")),
    ("plain_http", re.compile(r"(?:--public-url[ =]|WORKBENCH_PUBLIC[=:]\s*)[\"']?http://(?!127\.|localhost|\[::1\])")),
    ("prefilled_secret", re.compile(r"WORKBENCH_KEY[\"']?\s*[:=]\s*[\"']?[A-Za-z0-9_-]{43}=")),
    ("prefilled_secret", re.compile(r"\bwbk_[A-Za-z0-9_-]{16,}")),
    ("prefilled_secret", re.compile(r"postgres(?:ql)?://[^\s:/@\"']+:(?!\$)[^\s@\"'$]+@")),
)  # fmt: skip
_STARTS_VOILA: Final = re.compile(r"""(?:^|[\s"'=/\[])(?:-m["', ]+)?voila["']?(?=[\s,\]]|$)(?!\s*[=:{])""")
_STARTS: Final = re.compile(
    r"ExecStart|^\s*(?:CMD|ENTRYPOINT|RUN|command|cmd|args|exec)\b|^\s*-?\s*(?:\S*python3?\S*\s+-m\s+)?voila\s|^voila\b|\.cmd\b"
)
_PUBLISHED_PORT: Final = re.compile(
    r"""^\s*-\s*["']?(?!127\.0\.0\.1:)(?:[0-9.]+:)?[0-9]+:(?:8866|8867|8868)["']?\s*$"""
)
_DOORS: Final = ("ServerApp", "IdentityProvider", "Voila", "VoilaConfiguration", "NotebookApp")
"""Where a token is set: an empty one asks nobody who comes in."""
_COMMENT: Final = re.compile(r"^\s*(?:#|//|;)")


def check_file(name: str, text: str) -> list[PublishFinding]:
    """Return what is unsafe in a settings file or start script of any kind, by the line."""
    found: list[PublishFinding] = []
    for number, line in _whole_lines(text):
        found += [finding(rule, name, number) for rule, pattern in _LINES if pattern.search(line)]
        if _PUBLISHED_PORT.match(line):
            found.append(finding("plain_http", name, number))
        if _STARTS.search(line) and _STARTS_VOILA.search(line):
            found += [finding(rule, name, number) for rule in command_rules(line)]
    found += _in_json(name, text) if text.lstrip().startswith("{") else []
    found += [finding(rule, name, number) for rule, number in _in_nginx(text)]
    return _once(found)


def command_rules(line: str) -> list[PublishRule]:
    """Return what is unsafe about Voila started by itself with this command line: what is not set is at its default."""
    rules: list[PublishRule] = []
    if not re.search(r"token[= \"',]+[^\s\"',]", line):
        rules.append("open_door")
    for what in ("template", "theme"):
        if not re.search(rf"allow_{what}_override[\"']?[= ][\"']?NO\b", line):
            rules.append("override")
            break
    if "cull_idle_timeout" not in line or "multi_kernel_manager_class" not in line:
        rules.append("kernels")
    if re.search(r"\s--debug\b|show_tracebacks(?!\s*=\s*(?:False|false|0))", line):
        rules.append("tracebacks")
    return rules


def _whole_lines(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines with their number, those joined that end with a backslash, and comments left out."""
    held, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not held and _COMMENT.match(line):
            continue
        first = first if held else number
        if line.rstrip().endswith("\\"):
            held += line.rstrip()[:-1] + " "
            continue
        yield first, held + line
        held = ""
    if held:
        yield first, held


def _in_json(name: str, text: str) -> list[PublishFinding]:
    try:
        settings = json.loads(text)
    except (ValueError, RecursionError):
        return []
    extensions = _at(_at(settings, "ServerApp"), "jpserver_extensions")
    found: list[PublishFinding] = []
    if isinstance(extensions, dict) and any(on and key.startswith("voila") for key, on in extensions.items()):
        found.append(finding("server_extension", name))
    if any(_at(_at(settings, door), "token") == "" for door in _DOORS):
        found.append(finding("open_door", name))
    return found


def _at(value: JsonValue, key: str) -> JsonValue:
    return value.get(key) if isinstance(value, dict) else None


def _in_nginx(text: str) -> Iterator[tuple[PublishRule, int]]:
    """Give what is unsafe about nginx as a proxy: a server on http that passes calls on, and no server that refuses other names."""
    if "proxy_pass" not in text:
        return
    blocks = list(_servers(text))
    for line, block in blocks:
        if "proxy_pass" in block and not re.search(r"listen[^;]*\bssl\b", block):
            yield "plain_http", line
    refuses = any(
        "default_server" in block and re.search(r"return\s+4\d\d|ssl_reject_handshake\s+on", block)
        for _, block in blocks
    )
    if not refuses:
        yield "any_host", next((line for line, block in blocks if "proxy_pass" in block), 1)


def _servers(text: str) -> Iterator[tuple[int, str]]:
    """Give each ``server { … }`` block of an nginx file with the line it begins in."""
    plain = re.sub(r"#[^\n]*", "", text)
    for found in re.finditer(r"\bserver\s*\{", plain):
        depth, end = 1, found.end()
        while end < len(plain) and depth:
            depth += {"{": 1, "}": -1}.get(plain[end], 0)
            end += 1
        yield plain.count("\n", 0, found.start()) + 1, plain[found.end() : end]


def _once(found: list[PublishFinding]) -> list[PublishFinding]:
    """Return the findings, each rule once a line."""
    kept = {(one.rule, one.line): one for one in reversed(found)}
    return sorted(kept.values(), key=lambda one: (one.line or 0, one.rule))
