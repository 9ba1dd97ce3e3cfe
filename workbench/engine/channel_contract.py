"""CHANNEL CONTRACT: what the platform sends a channel's handler, and what it takes back; every departure from it named (R-SMS-31, 32).

https://learn.microsoft.com/dynamics365/customer-insights/journeys/real-time-marketing-custom-channel-custom-api
Each custom API takes ONE text parameter that holds serialized JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from workbench.models.base import JsonValue, Problem
from workbench.models.custom_channel import ChannelSettings, ContractKind, ContractTry, ContractVerdict
from workbench.sentence import Sentence, say

from .custom_channel import GUID
from .strict_json import plain, read

REPORT_API: Final = "msdyn_D365ChannelsNotification"
INBOUND_API: Final = "msdyn_D365ChannelsInbound"
PARAMETERS: Final[Mapping[ContractKind, str]] = {
    "outbound": "payload",
    "response": "response",
    "report": "notificationPayLoad",
    "inbound": "inboundPayLoad",
}
"""The one parameter of each call, spelled as the platform does: with a capital L."""
STATUSES: Final[Mapping[ContractKind, tuple[str, ...]]] = {
    "response": ("Sent", "NotSent"),
    "report": ("Delivered", "NotDelivered"),
}
CONTEXT: Final = "MarketingAppContext"
CONTEXT_TEXTS: Final = ("CustomerJourneyId", "UserId", "UserEntityType")
IS_TEST: Final = "IsTestSend"
LONGEST: Final = 200_000


class Field(NamedTuple):
    """One field of a document: its name, whether it must be there, whether it is a text, a GUID, or an object of texts."""

    name: str
    required: bool = True
    kind: str = "text"


FIELDS: Final[Mapping[ContractKind, tuple[Field, ...]]] = {
    "outbound": (
        Field("ChannelDefinitionId", kind="guid"), Field("RequestId"), Field("From"), Field("To"), Field("Message", kind="parts"),
        Field(CONTEXT, required=False, kind="context"),
    ),
    "response": (
        Field("ChannelDefinitionId", kind="guid"), Field("MessageId", required=False), Field("RequestId"), Field("Status"),
    ),
    "report": (
        Field("ChannelDefinitionId", kind="guid"), Field("RequestId"), Field("MessageId"), Field("From"), Field("OrganizationId"),
        Field("Status"),
    ),
    "inbound": (
        Field("ChannelDefinitionId", kind="guid"), Field("To"), Field("From"), Field("OrganizationId"), Field("Message", kind="parts"),
    ),
}  # fmt: skip
SEEN_BESIDE: Final[Mapping[ContractKind, tuple[str, ...]]] = {"report": ("StatusDetails",)}
"""Fields that public plugins add and the platform passes over; worth a note, not a warning."""


# -- what goes out ---------------------------------------------------------------------------------------------------------


def outbound(
    settings: ChannelSettings, ask: ContractTry, request_id: str, journey_id: str, user_id: str
) -> ContractVerdict:
    """Return the payload that the platform would give the handler; in a test send the context names no journey and no user."""
    document: dict[str, JsonValue] = {
        "ChannelDefinitionId": settings.definition_id,
        "RequestId": request_id,
        "From": ask.sender,
        "To": ask.to,
        "Message": {part.name: ask.message.get(part.name, "") for part in settings.parts if part.name in ask.message or part.required},
        CONTEXT: {
            "CustomerJourneyId": None if ask.test_send else journey_id,
            "UserId": None if ask.test_send else user_id,
            "UserEntityType": None if ask.test_send else "contact",
            IS_TEST: ask.test_send,
        },
    }  # fmt: skip
    return ContractVerdict(
        kind="outbound", test_send=ask.test_send, custom_api=settings.outbound_api, parameter=PARAMETERS["outbound"],
        document=_written(document), problems=tuple(check_parts(settings, ask.message)),
    )  # fmt: skip


def check_parts(settings: ChannelSettings, message: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with the parts of a message: one missing, too long, or unknown to the channel."""
    problems = []
    known = {part.name: part for part in settings.parts}
    for name, part in known.items():
        text = message.get(name, "")
        if part.required and not text:
            sentence = say("The message has no “{part}”, which is required. Fill it in.", part=name)
            problems.append(Problem(field=f"message.{name}", sentence=sentence))
        elif part.max_length is not None and len(text) > part.max_length:
            sentence = say(
                "“{part}” has {length} characters; the channel takes {most}. Shorten it.",
                part=name, length=len(text), most=part.max_length,
            )  # fmt: skip
            problems.append(Problem(field=f"message.{name}", sentence=sentence))
    for name in message:
        if name not in known:
            sentence = say(
                "The channel has no part “{part}”. Its parts are: {parts}.",
                part=name[:60],
                parts=", ".join(known),
            )
            problems.append(Problem(field=f"message.{name}", sentence=sentence))
    return problems


def sample_report(
    settings: ChannelSettings,
    payload: str,
    *,
    message_id: str,
    organization_id: str,
    status: str = "Delivered",
) -> str:
    """Return the call that reports on a payload, as the contract wants it: the parameter with serialized JSON in it."""
    sent = _plain(payload)
    document = {
        "ChannelDefinitionId": settings.definition_id,
        "RequestId": sent.get("RequestId", ""),
        "MessageId": message_id,
        "From": sent.get("From", ""),
        "OrganizationId": organization_id,
        "Status": status,
    }
    return _written({PARAMETERS["report"]: _serialized(document)})


def sample_inbound(settings: ChannelSettings, payload: str, *, text: str, organization_id: str) -> str:
    """Return the call that brings the answer to a payload: to our number, from the user's."""
    sent = _plain(payload)
    name = settings.parts[0].name if settings.parts else "text"
    document = {
        "ChannelDefinitionId": settings.definition_id,
        "To": sent.get("From", ""),
        "From": sent.get("To", ""),
        "OrganizationId": organization_id,
        "Message": {name: text},
    }
    return _written({PARAMETERS["inbound"]: _serialized(document)})


# -- what comes back -------------------------------------------------------------------------------------------------------


def judge(
    settings: ChannelSettings, kind: ContractKind, text: str, *, payload: str = "", response: str = ""
) -> ContractVerdict:
    """Return every departure of a document from the contract of its kind.

    ``text`` is the parameter's JSON, or the whole call with the parameter around it. ``payload`` and ``response`` are what went before it:
    RequestId and MessageId have to be the same. Never raises.
    """
    judged = _Judging(settings, kind)
    document = judged.opened(text)
    if document is not None:
        judged.fields(document)
        judged.agreement(document, _plain(payload), _plain(response))
    judged.place()
    api = {"report": REPORT_API, "inbound": INBOUND_API}.get(kind, settings.outbound_api)
    test = bool((_plain(payload).get(CONTEXT) or {}).get(IS_TEST)) if payload else False
    return ContractVerdict(
        kind=kind, test_send=test, custom_api=api, parameter=PARAMETERS[kind],
        document=_written(document) if document is not None else text[:LONGEST], problems=tuple(judged.problems),
    )  # fmt: skip


class _Judging:
    """One document while it is judged."""

    def __init__(self, settings: ChannelSettings, kind: ContractKind) -> None:
        self.settings, self.kind = settings, kind
        self.problems: list[Problem] = []

    def opened(self, text: str) -> dict[str, JsonValue] | None:
        """Return the document in a text, taken out of its parameter where it is in one."""
        found = self._parsed(text, self.kind)
        if found is None:
            return None
        wanted = PARAMETERS[self.kind]
        around = next((name for name in found if name.casefold() == wanted.casefold()), None)
        if around is None:
            return found
        if around != wanted:
            self._say(
                around,
                say(
                    "The parameter is “{found}”; the platform wants “{wanted}”, letter by letter.",
                    found=around,
                    wanted=wanted,
                ),
            )
        inner = found[around]
        if isinstance(inner, dict):
            self._say(
                wanted,
                say(
                    "“{name}” is an object; it has to be a text that holds the JSON. Serialize it.",
                    name=wanted,
                ),
            )
            return inner
        if not isinstance(inner, str):
            self._say(wanted, say("“{name}” is no text that holds JSON.", name=wanted))
            return None
        return self._parsed(inner, wanted)

    def fields(self, document: Mapping[str, JsonValue]) -> None:
        """Look at each field: is it there, rightly spelled, of the right kind?"""
        fields = FIELDS[self.kind]
        names = {field.name.casefold(): field.name for field in fields}
        for field in fields:
            if field.name in document:
                self._value(field, document[field.name])
            elif field.required and not any(name.casefold() == field.name.casefold() for name in document):
                self._say(field.name, say("“{name}” is missing. The contract wants it.", name=field.name))
        for name in document:
            right = names.get(name.casefold())
            if right is None:
                beside = name in SEEN_BESIDE.get(self.kind, ())
                self._say(
                    name, say("“{name}” is not in the contract. The platform passes over it.", name=name[:60]),
                    "note" if beside else "warning",
                )  # fmt: skip
            elif right != name:
                self._say(
                    name, say("“{name}” is spelled “{right}”, letter by letter.", name=name, right=right)
                )
        self._status(document)

    def agreement(
        self,
        document: Mapping[str, JsonValue],
        payload: Mapping[str, JsonValue],
        response: Mapping[str, JsonValue],
    ) -> None:
        """Compare with what went before: the ids have to be the same."""
        for name, before in (("RequestId", payload), ("MessageId", response)):
            wanted, found = before.get(name), document.get(name)
            if wanted and isinstance(found, str) and found and found != wanted:
                self._say(
                    name,
                    say(
                        "“{name}” is “{found}”, and it was “{wanted}” before. Send back the one that came: by it the two are joined.",
                        name=name, found=found[:60], wanted=str(wanted)[:60],
                    ),
                )  # fmt: skip
        if (
            self.kind == "report"
            and payload.get("From")
            and document.get("From") not in (None, payload["From"])
        ):
            self._say(
                "From",
                say("“From” is the sender of the message, “{wanted}”.", wanted=str(payload["From"])[:60]),
            )

    def place(self) -> None:
        """Say where the channel itself is not made for such a call."""
        if self.kind == "report" and not self.settings.has_delivery_receipt:
            self._say(
                "document",
                say("The channel is defined without delivery reports. Switch them on, or send none."),
            )
        if self.kind == "inbound" and not self.settings.has_inbound:
            self._say(
                "document",
                say("The channel is defined without inbound messages. Only an SMS channel can have them."),
            )

    def _value(self, field: Field, value: JsonValue) -> None:
        if field.kind == "parts":
            self._parts(value)
        elif field.kind == "context":
            self._context(value)
        elif value is None and not field.required:
            return
        elif not isinstance(value, str) or not value:
            self._say(field.name, say("“{name}” has to be a text that is not empty.", name=field.name))
        elif field.kind == "guid":
            self._guid(field.name, value)

    def _guid(self, name: str, value: str) -> None:
        bare = value.strip("{}").lower()
        if not GUID.fullmatch(bare):
            self._say(name, say("“{name}” is “{value}”, which is no id.", name=name, value=value[:60]))
        elif self.settings.definition_id and bare != self.settings.definition_id:
            self._say(
                name,
                say(
                    "“{name}” is the id of another channel. This one's is {wanted}.",
                    name=name,
                    wanted=self.settings.definition_id,
                ),
            )

    def _status(self, document: Mapping[str, JsonValue]) -> None:
        allowed, value = STATUSES.get(self.kind), document.get("Status")
        if allowed is None or not isinstance(value, str) or not value:
            return
        if value not in allowed:
            near = next((one for one in allowed if one.casefold() == value.casefold()), "")
            sentence = (
                say("“Status” is “{value}”; it is spelled “{right}”, letter by letter.", value=value, right=near)
                if near
                else say(
                    "“Status” is “{value}”, which the contract does not know: it takes {allowed}. Return one of them.",
                    value=value[:60], allowed=", ".join(allowed),
                )
            )  # fmt: skip
            self._say("Status", sentence)
        elif value == "Sent" and not document.get("MessageId"):
            sentence = say(
                "There is no “MessageId”. Without it a delivery report can be joined by “RequestId” alone."
            )
            self._say("MessageId", sentence, "note")

    def _parts(self, value: JsonValue) -> None:
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            self._say("Message", say("“Message” has to be an object of texts, one for each part."))
            return
        if self.kind == "inbound":
            known = {part.name for part in self.settings.parts}
            for name in value:
                if name not in known:
                    self._say(
                        "Message",
                        say("The channel has no part “{part}”. Its parts are: {parts}.", part=name[:60], parts=", ".join(sorted(known))),
                    )  # fmt: skip
            if not value:
                self._say("Message", say("“Message” is empty. It holds at least one part."))
            return
        for problem in check_parts(self.settings, value):
            self._say(problem.field.replace("message", "Message", 1), problem.sentence, problem.level)

    def _context(self, value: JsonValue) -> None:
        if not isinstance(value, dict) or not isinstance(value.get(IS_TEST), bool):
            self._say(
                CONTEXT, say("“{name}” has to be an object with “IsTestSend”, true or false.", name=CONTEXT)
            )
            return
        for name in CONTEXT_TEXTS:
            there = value.get(name)
            if value[IS_TEST] and there is not None:
                self._say(f"{CONTEXT}.{name}", say("In a test send “{name}” is null.", name=name))
            elif not value[IS_TEST] and (not isinstance(there, str) or not there):
                self._say(f"{CONTEXT}.{name}", say("“{name}” has to be a text that is not empty.", name=name))

    def _parsed(self, text: str, field: str) -> dict[str, JsonValue] | None:
        if len(text) > LONGEST:
            self._say(
                field,
                say("The text has more than {most} characters, which no such document has.", most=LONGEST),
            )
            return None
        reading = read(text, field=field)
        if reading.problems or reading.node is None:
            self.problems += reading.problems[:10]
            if not reading.problems:
                self._say(field, say("This is no JSON object."))
            return None
        value = plain(reading.node)
        return value if isinstance(value, dict) else None

    def _say(self, field: str, sentence: Sentence, level: str = "error") -> None:
        self.problems.append(Problem(field=field, sentence=sentence, level=level))


def text_at(document: str, name: str) -> str:
    """Return a text of a document; empty where it has none."""
    value = _plain(document).get(name)
    return value if isinstance(value, str) else ""


def wrapped(verdict: ContractVerdict) -> str:
    """Return the whole call that carries a document: the one parameter with the serialized JSON in it."""
    return _serialized({verdict.parameter: _serialized(_plain(verdict.document))})


def _plain(text: str) -> dict[str, JsonValue]:
    """Return the object in a text that is one, else an empty one; also where it is in its parameter."""
    if not text:
        return {}
    reading = read(text[:LONGEST])
    value = plain(reading.node) if reading.node is not None and not reading.problems else {}
    if isinstance(value, dict) and len(value) == 1:
        name, inner = next(iter(value.items()))
        if name.casefold() in {one.casefold() for one in PARAMETERS.values()}:
            return inner if isinstance(inner, dict) else _plain(inner) if isinstance(inner, str) else {}
    return value if isinstance(value, dict) else {}


def _written(value: Mapping[str, JsonValue]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _serialized(value: Mapping[str, JsonValue]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
