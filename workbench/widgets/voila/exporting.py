"""EXPORTING: the template is compiled once for all visits, not at each.

nbconvert makes a Jinja environment for every export, and compiles its thirteen templates in it anew: half of the time until a visitor
saw the first byte (measured: 0.3 s of processor time). What was compiled is kept here.
"""

from __future__ import annotations

from types import CodeType
from typing import ClassVar

from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from voila.exporter import VoilaExporter


class Compiled(BytecodeCache):
    """The compiled templates of this process. Jinja asks with a digest of the source: an edited template is compiled anew."""

    kept: ClassVar[dict[tuple[str, str], CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the template's code, where it was compiled before."""
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the template's code."""
        if bucket.code is not None:
            self.kept[bucket.key, bucket.checksum] = bucket.code


class Exporter(VoilaExporter):  # type: ignore[misc]
    """Voila's exporter with templates that stay compiled."""

    def _create_environment(self) -> Environment:
        made: Environment = super()._create_environment()
        made.bytecode_cache = Compiled()
        return made
