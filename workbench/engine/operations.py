"""Operations: what a service offers, read off its signatures. Server and proxy are both derived from this; there is no second list."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, create_model

from workbench.models.person import Role


@dataclass(frozen=True, slots=True)
class Operation:
    """One public method of a service: the role it needs, the model of its arguments, and how its result is written."""

    name: str
    role: Role
    about: str
    arguments: type[BaseModel]
    result: TypeAdapter[Any]
    returns: Any
    order: tuple[str, ...]

    def bind(self, *args: Any, **named: Any) -> BaseModel:
        """Return the arguments of a call as their model."""
        given = dict(zip(self.order, args, strict=False)) | named
        return self.arguments.model_validate(given)

    def unpack(self, arguments: BaseModel) -> dict[str, Any]:
        """Return the arguments as a method takes them."""
        return {name: getattr(arguments, name) for name in self.order}


@cache
def operations(service: type) -> dict[str, Operation]:
    """Return the operations of a service class by name: its methods that are marked with a role."""
    return {operation.name: operation for operation in _operations(service)}


def _operations(service: type) -> Iterator[Operation]:
    for name, method in inspect.getmembers(service, inspect.iscoroutinefunction):
        role = getattr(method, "__role__", None)
        if role is not None:
            yield _operation(service, name, role, method)


def _operation(service: type, name: str, role: Role, method: Callable[..., Any]) -> Operation:
    hints = get_type_hints(method, include_extras=True)
    parameters = [item for item in inspect.signature(method).parameters.values() if item.name != "self"]
    fields: dict[str, Any] = {
        item.name: (hints[item.name], ... if item.default is inspect.Parameter.empty else item.default)
        for item in parameters
    }
    title = "".join(part.capitalize() for part in f"{service.__name__} {name}".replace("_", " ").split())
    # what is no number arrives as such, for a check to name it: null would be another value
    strict = ConfigDict(extra="forbid", ser_json_inf_nan="constants")
    arguments = create_model(title, __config__=strict, **fields)
    returns = hints.get("return", type(None))
    return Operation(
        name=name, role=role, about=inspect.getdoc(method) or "", arguments=arguments,
        result=TypeAdapter(returns), returns=returns, order=tuple(item.name for item in parameters),
    )  # fmt: skip
