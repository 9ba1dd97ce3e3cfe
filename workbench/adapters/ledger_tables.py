"""LEDGER TABLES: how jobs, their rows and their workers are kept.

A row's ``id`` is its job's ``no`` * 2**32 + its number, so that a job's rows lie together and in their order. The rows of each state
that is looked for are in an index of their own; the many that were accepted are in none.
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson
import sqlalchemy as sa
from pydantic import TypeAdapter

from workbench.models.work import ROW_STATES, Counts, Job, JobOptions, Row, RowState
from workbench.sentence import Sentence

from . import seeing
from .database import Big, Id, Schema, microseconds, moment, storable

ROOM: Final = 1 << 32
"""Ids of rows that each job has room for."""

_tables = sa.MetaData()


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger, nullable=False, server_default="0")


jobs = sa.Table(
    "workbench_jobs",
    _tables,
    sa.Column("no", sa.Integer, primary_key=True),
    sa.Column("id", Id, nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False, index=True),
    *(sa.Column(state, sa.BigInteger, nullable=False, server_default="0") for state in ROW_STATES),
    sa.Column("changed_at", sa.BigInteger, nullable=False),  # all times are microseconds since 1970
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("integration_id", sa.Text),
    sa.Column("repeatable", sa.Boolean, nullable=False),
    sa.Column("options", sa.Text, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    seeing.column(),
)
rows = sa.Table(
    "workbench_rows",
    _tables,
    sa.Column("id", Big, primary_key=True, autoincrement=False),
    sa.Column("job", sa.Integer, nullable=False),
    sa.Column("number", Big, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    _number("attempts"),
    _number("replays"),
    _number("generation"),
    _number("unsure"),  # 1 when the end of one of its attempts is not known
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Column("due_at", sa.BigInteger),
    sa.Column("worker", Id),
    sa.Column("outcome", sa.Text),
    sa.Column("sentence", sa.Text),
    sa.Column("recipient", sa.Text),
    sa.Column("entry_id", sa.Text),
    sa.Column("data", sa.Text),  # none when it was erased
)
workers = sa.Table(
    "workbench_workers",
    _tables,
    sa.Column("id", Id, primary_key=True),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.BigInteger, nullable=False),
    sa.Column("began", sa.Double, nullable=False),
    sa.Column("beat", sa.BigInteger, nullable=False),
)
leases = sa.Table(  # which worker works on which job, and how fast lately
    "workbench_leases",
    _tables,
    sa.Column("worker", Id, primary_key=True),
    sa.Column("job", Id, primary_key=True, index=True),
    sa.Column("rate", sa.Double, nullable=False, server_default="0"),
)

_ASIDE: Final = (
    rows.c.state != sa.literal_column("'accepted'"),
    rows.c.state != sa.literal_column("'in_flight'"),
)


def state_is(state: RowState) -> sa.ColumnElement[bool]:
    """Return the condition by which a database finds the index of the rows in this state.

    It compares with literals, for an index of some rows is not found by a parameter; and one by one, for SQLite makes a table of its own
    at each change of a row that meets an IN of more than two (measured: 30 us). https://www.sqlite.org/partialindex.html
    """
    is_state = rows.c.state == sa.literal_column(f"'{state}'")
    return is_state if state in {"accepted", "in_flight"} else sa.and_(*_ASIDE, is_state)


def is_due() -> sa.ColumnElement[bool]:
    """Return the condition by which a database finds the index of the rows that are to be attempted again, by their time."""
    return rows.c.state == sa.literal_column("'retrying'")


def _index(name: str, where: sa.ColumnElement[bool], *columns: sa.Column[Any]) -> None:
    sa.Index(f"workbench_rows_{name}", *columns, sqlite_where=where, postgresql_where=where)


_index("state", sa.and_(*_ASIDE), rows.c.job, rows.c.state, rows.c.number)
_index("due", is_due(), rows.c.job, rows.c.due_at)
_index("worker", state_is("in_flight"), rows.c.worker)

_of_units = seeing.index("workbench_jobs_unit", jobs, jobs.c.no)
SCHEMA: Final = Schema(
    "ledger", _tables, {1: lambda connection: seeing.add_column(connection, jobs, _of_units)}
)

_PLAIN: Final = (
    "id",
    "kind",
    "title",
    "state",
    "mode",
    "who",
    "account",
    "host",
    "integration_id",
    "repeatable",
)
_sentences = TypeAdapter(Sentence)


def sentence_text(sentence: Sentence | None) -> str | None:
    """Return a sentence as it is kept."""
    if sentence is None:
        return None
    try:
        return orjson.dumps(sentence).decode()
    except TypeError:  # whole numbers above 64 bits, halves of characters
        return _json(_sentences.dump_python(sentence, mode="json", warnings=False))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


def sentence_of(text: str | None) -> Sentence | None:
    """Return the sentence that is kept as ``text``."""
    return None if text is None else _sentences.validate_json(text)


def key_of(job_id: str, number: int, generation: int) -> str:
    """Return the id under which each attempt of a row is made. A deliberate repetition of an accepted row is another message."""
    return f"{job_id}-{number}-{generation}" if generation else f"{job_id}-{number}"


def _plain(value: str | bool | None) -> str | bool | None:
    return storable(value) if isinstance(value, str) else value


def job_values(job: Job) -> dict[str, Any]:
    """Return what is kept of a job, without its counts."""
    return {
        **{name: _plain(getattr(job, name)) for name in _PLAIN},
        "reason": sentence_text(job.reason),
        "options": job.options.model_dump_json(),
        "spec": _json(job.spec),
        "created_at": microseconds(job.created_at),
        "changed_at": microseconds(job.changed_at),
    }


def job_of(kept: sa.Row[Any]) -> Job:
    """Return the job of a whole row of its table."""
    values = dict(kept._mapping)
    counts = Counts(**{state: values.pop(state) for state in ROW_STATES})
    return Job(
        **{name: values[name] for name in _PLAIN},
        reason=sentence_of(values["reason"]),
        options=JobOptions.model_validate_json(values["options"]),
        spec=json.loads(values["spec"]),
        created_at=moment(values["created_at"]),
        changed_at=moment(values["changed_at"]),
        counts=counts,
    )


ROW_COLUMNS: Final = tuple(
    column for column in rows.columns if column.name not in {"id", "job", "worker", "data"}
)


def row_of(job_id: str, kept: sa.Row[Any]) -> Row:
    """Return the row of what was found in ``ROW_COLUMNS``."""
    return Row(
        number=kept.number,
        key=key_of(job_id, kept.number, kept.generation),
        state=kept.state,
        attempts=kept.attempts,
        recipient=kept.recipient or "",
        outcome=kept.outcome or "",
        sentence=sentence_of(kept.sentence),
        entry_id=kept.entry_id,
        due_at=None if kept.due_at is None else moment(kept.due_at),
        changed_at=moment(kept.changed_at),
    )
