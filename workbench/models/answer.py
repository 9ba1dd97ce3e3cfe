"""What a stand-in answers."""

from __future__ import annotations

from .base import JsonValue, Noun
from .request import Headers


class Answer(Noun):
    """What the stand-in answers: ``body`` is JSON (or text) whose ``{{ slots }}`` are filled from the request.

    With ``each``, one ``item`` is made for every element at that path of the request and put at ``into`` (``""``: the whole body).
    Names for slots: ``id``, ``uuid``, ``hex``, ``now``, ``domain`` (from the path), ``request`` (the parsed body), ``item``; ``inner`` is
    the JSON in a body whose only member is a text (a custom channel's ``payload``). With a Content-Type of XML the body is written as XML.
    """

    status: int
    headers: Headers = ()
    body: JsonValue = None
    each: str | None = None
    item: JsonValue = None
    into: str = ""
