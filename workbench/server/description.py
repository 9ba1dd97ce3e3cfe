"""DESCRIPTION: the server's OpenAPI document, made of the services' own types when somebody asks for it, and not before.

Hundreds of routes are described in a second; a server that is only called does not spend it, nor the tenth that FastAPI would take to
look at functions that all take a request and give an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from workbench.engine.operations import Operation

SCHEMAS: Final = "#/components/schemas/{model}"


def describe(app: FastAPI, operations: Mapping[str, Operation]) -> None:
    """Let the app's description say what each operation, by its route's path, takes and gives."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _fill(plain(), operations)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way: https://fastapi.tiangolo.com/how-to/extending-openapi/


def _fill(document: dict[str, Any], operations: Mapping[str, Operation]) -> None:
    asked: list[tuple[str, JsonSchemaMode, TypeAdapter[Any]]] = []
    for path, operation in operations.items():
        asked.append((path, "validation", TypeAdapter(operation.arguments)))
        asked.append((path, "serialization", operation.result))
    found, shared = TypeAdapter.json_schemas(asked, ref_template=SCHEMAS)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(shared.get("$defs", {}))
    for path, operation in operations.items():
        service = path.split("/")[2]
        document["paths"][path] = {
            "post": {
                "tags": [service],
                "summary": operation.about.partition("\n")[0],
                "description": f"{operation.about}\n\nRole: {operation.role}.",
                "operationId": re.sub(r"\W", "_", f"{service}.{operation.name}{path}_post"),
                "requestBody": {"required": True, "content": _json(found[path, "validation"])},
                "responses": {
                    "200": {
                        "description": "Successful Response",
                        "content": _json(found[path, "serialization"]),
                    }
                },
            }
        }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
