"""A database of a test's own: a schema in the PostgreSQL that all tests share."""

from __future__ import annotations

import psycopg
import sqlalchemy as sa

from workbench.adapters.clock import new_id


def own_schema(server: str) -> str:
    """Return the URL of a new, empty schema."""
    schema = new_id("test")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    return with_options(server, f"-csearch_path={schema}")


def with_options(url: str, options: str) -> str:
    """Return the URL with more of the server's options."""
    query = sa.make_url(url)
    before = query.query.get("options", "")
    return query.update_query_dict({"options": f"{before} {options}".strip()}).render_as_string(
        hide_password=False
    )
