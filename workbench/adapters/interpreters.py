"""INTERPRETERS: the languages of this machine in which a snippet can be run, and running one with nothing but loopback in reach."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from workbench.engine.snippets import EMITTERS
from workbench.models.snippet import Dialect
from workbench.sentence import Sentence, say

from .processes import Ran, run

PATIENCE_S: Final = 60.0
NOWHERE: Final = "http://127.0.0.1:9"
"""A proxy that does not answer: a client that would call another host gets no further than this machine."""
PHP_SDK: Final = Path("vendor/sendpulse/rest-api/src/ApiClient.php")
SENDPULSE: Final = "https://api.sendpulse.com"

_PYTHON_SDK: Final = """\
import pysendpulse.pysendpulse as sdk
assert sdk.PySendPulse._PySendPulse__api_url == {sendpulse!r}, "the address is elsewhere in this version"
sdk.PySendPulse._PySendPulse__api_url = {at!r}
"""
_PHP_SDK: Final = """\
<?php
require_once 'vendor/autoload.php';
$source = str_replace({sendpulse!r}, {at!r}, file_get_contents({file!r}), $count);
if ($count !== 1) {{
    exit("the address is elsewhere in this version\\n");
}}
eval('?>' . $source);
"""
"""The SDKs hold their address inside. Where it cannot be replaced by the recorder's, nothing is run."""


@dataclass(frozen=True, slots=True)
class Interpreters:
    """Where the languages are. ``python`` holds httpx, Requests and the SDK; ``http`` is HTTPie; ``php_folder`` what composer filled."""

    python: Path = Path(sys.executable)
    http: Path | None = None
    php_folder: Path | None = None

    def lacks(self, dialect: Dialect) -> Sentence | None:
        """Return what has to be installed before a dialect can be run here; None where nothing lacks."""
        needs = " ".join(EMITTERS[dialect].needs)
        if dialect == "php_sendpulse" and self._program("php") and not self._has_php_sdk():
            folder = str(self.php_folder) if self.php_folder else "-"
            return say(
                "SendPulse's library for PHP is not installed here. Run “{needs}” in the folder {folder}.",
                needs=needs,
                folder=folder,
            )
        if self._words(dialect) is None:
            return say(
                "{title} cannot be run here. Install it first: {needs}.",
                title=Sentence(EMITTERS[dialect].title),
                needs=needs,
            )
        return None

    async def run(self, dialect: Dialect, text: str, environ: Mapping[str, str], at: str) -> Ran:
        """Run a snippet's text against the recorder at ``at``, in an empty folder and an empty environment beside ``environ``.

        The text goes through the standard input, so that what it holds about a contact is never on the disk.
        """
        words = self._words(dialect)
        assert words is not None
        with TemporaryDirectory(prefix="workbench-snippet-") as name:
            folder = Path(name)
            (folder / "config.json").write_text(
                json.dumps({"disable_update_warnings": True})
            )  # HTTPie asks nobody for news
            if dialect == "php_sendpulse":
                prelude = folder / "prelude.php"
                prelude.write_text(_PHP_SDK.format(sendpulse=SENDPULSE, at=at, file=str(PHP_SDK)))
                words, folder = [*words, "-d", f"auto_prepend_file={prelude}"], self.php_folder or folder
            if dialect == "python_sendpulse":
                text = _PYTHON_SDK.format(sendpulse=SENDPULSE, at=at) + text
            around = _surroundings(Path(name), self._http() if dialect == "httpie" else None)
            return await run(words, text, environ={**around, **environ}, folder=folder, patience_s=PATIENCE_S)

    def _words(self, dialect: Dialect) -> list[str] | None:
        """Return the words that run what comes by standard input; None where the language is not here."""
        if EMITTERS[dialect].language == "python":
            return [str(self.python), "-I", "-"] if self._has_module(dialect) else None
        shell, program = self._program("sh"), None
        if dialect == "curl":
            program = self._program("curl")
            return [shell, "-s"] if shell and program else None
        if dialect == "httpie":
            return [shell, "-s"] if shell and self._http() else None
        if dialect == "javascript_fetch":
            program = self._program("node")
            return [program, "--input-type=module", "-"] if program else None
        program = self._program("php")
        if program is None or (dialect == "php_sendpulse" and not self._has_php_sdk()):
            return None
        return [program]

    def _has_module(self, dialect: Dialect) -> bool:
        """Return whether Python has what a dialect imports; another Python than ours is asked when it runs."""
        module = {"python_httpx": "httpx", "python_requests": "requests"}.get(dialect, "pysendpulse")
        return self.python != Path(sys.executable) or importlib.util.find_spec(module) is not None

    def _has_php_sdk(self) -> bool:
        return self.php_folder is not None and (self.php_folder / PHP_SDK).is_file()

    def _http(self) -> str | None:
        beside = Path(sys.executable).with_name("http")
        found = self.http or (beside if beside.is_file() else None)
        return str(found) if found else self._program("http")

    def _program(self, name: str) -> str | None:
        return shutil.which(name)


def _surroundings(folder: Path, program: str | None) -> dict[str, str]:
    """Return the environment of a snippet: nothing of ours but where programs lie, ``program`` before all others."""
    path = os.environ.get("PATH", os.defpath)
    if program:
        path = os.pathsep.join([str(Path(program).parent), path])
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP") if name in os.environ}
    proxies = {
        name: NOWHERE for each in ("http_proxy", "https_proxy", "all_proxy") for name in (each, each.upper())
    }
    return kept | proxies | {
        "PATH": path, "HOME": str(folder), "HTTPIE_CONFIG_DIR": str(folder), "LC_ALL": "C.UTF-8",
        "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
    }  # fmt: skip
