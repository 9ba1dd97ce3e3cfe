"""BLOBS TABLES: how a team's database keeps files: a version of each with its pieces. A version without a name is being written."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from .database import Id, Schema
from .statement import Statement

_tables = sa.MetaData()

versions = sa.Table(
    "workbench_blobs",
    _tables,
    sa.Column("version", Id, primary_key=True),
    sa.Column("name", Id, unique=True),  # none until all of it is there
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),  # microseconds since 1970
)
pieces = sa.Table(
    "workbench_blob_pieces",
    _tables,
    sa.Column("version", Id, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
SCHEMA: Final = Schema("files", _tables)

new_piece = Statement(sa.insert(pieces), "version", "number", "data")
some_pieces = Statement(
    sa.select(pieces.c.data)
    .where(
        pieces.c.version == sa.bindparam("of"),
        pieces.c.number >= sa.bindparam("first"),
        pieces.c.number < sa.bindparam("end"),
    )
    .order_by(pieces.c.number),
    "of", "first", "end",
)  # fmt: skip
