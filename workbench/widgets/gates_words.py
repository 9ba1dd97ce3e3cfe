"""GATE WORDS: what the fields of a gate are called, and what is said of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workbench.sentence import N_

from .gates_fields import Word

__all__ = [
    "ANSWERING",
    "BASIC",
    "HEADER",
    "IAM",
    "KINDS",
    "LIMIT",
    "LIVE",
    "MEANINGS",
    "NAMES",
    "OPTIONS",
    "SAFETY",
    "SQS",
    "WRITE_BACK",
]

NAMES: Mapping[str, Word] = {
    "name": Word(
        N_("Name"), N_("Shown in the list of gates, beside each hold and in the journal."), "Newsletter gate"
    ),
    "key": Word(
        N_("Key"), N_("The last part of the gate's address: small letters, digits and hyphens."), "newsletter"
    ),
    "kind": Word(N_("Endpoint")),
    "auth": Word(N_("How the platform is let in")),
}
BASIC: Mapping[str, Word] = {
    "username": Word(N_("User name"), N_("Of your own making; the platform gets the same."), "symplify"),
    "password": Word(N_("Password")),
}
HEADER: Mapping[str, Word] = {
    "header": Word(N_("Header"), N_("Its name, as you write it in the platform."), "X-Gate-Token"),
    "header_value": Word(N_("Token"), N_("The header's value. The platform gets the same.")),
}
SQS: Mapping[str, Word] = {
    "queue_url": Word(
        N_("Queue URL"),
        N_("As the AWS console shows it."),
        "https://sqs.eu-north-1.amazonaws.com/123456789012/gate",
    ),
    "queue_region": Word(N_("Region"), N_("Only where the URL does not say it."), "eu-north-1"),
}
IAM: Mapping[str, Word] = {
    "access_key_id": Word(
        N_("Access key id"), N_("Of a user who may receive from and delete in this queue."), "AKIA…"
    ),
    "secret_access_key": Word(N_("Secret access key")),
}
SAFETY: Mapping[str, Word] = {
    "hosts": Word(
        N_("Hosts that may be called"),
        N_("One a line, as host or host:port. A hook whose addresses lie elsewhere is kept, and nothing of it is called. Empty: the "
            "stand-in alone."),
        "eu-proxy-1.symplifymail.com",
    ),
    "source_ips": Word(
        N_("Addresses hooks may come from"), N_("One IP address a line. Empty: any. The four of the platform are listed under "
            "“Set it up”."),
        "192.165.55.111",
    ),
    "account_token": Word(
        N_("Account token"), N_("Only if the platform wants a token with each answer: it is sent as X-Carma-Authentication-Token.")
    ),
}  # fmt: skip
LIMIT: Mapping[str, Word] = {
    "journey_name": Word(N_("Journey or campaign"), N_("Its whole name. Empty: every one."), "Spring sale"),
    "flow": Word(N_("Which of both it is")),
    "minutes": Word(
        N_("Minutes until it times out"),
        N_("A journey: as its step says. Campaign Manager: always 60."),
        "60",
    ),
}
WRITE_BACK: Mapping[str, Word] = {
    "base_url": Word(
        N_("REST API of the platform"), N_("With your customer number. Codes, tags and properties are written there."),
        "https://eu-proxy-1.symplifymail.com/rest/1234",
    ),
    "list_id": Word(N_("List"), N_("The number of the database that holds the contacts."), "23021"),
    "token": Word(N_("API token")),
    "force": Word(N_("Make unknown properties"), N_("Without it, the platform refuses a property it does not know.")),
}  # fmt: skip
LIVE: Mapping[str, Word] = {
    "key": Word(N_("Name of the check"), N_("Rules and actions call it by this name."), "consent-service"),
    "url": Word(
        N_("Address"),
        N_("Asked by GET. {value} stands for what is looked up."),
        "https://consent.example.com/v1/{value}",
    ),
    "header": Word(N_("Header"), N_("Only if the service wants a key."), "X-Api-Key"),
    "header_value": Word(N_("Value of the header")),
    "path": Word(
        N_("Where the answer says it"),
        N_("Dotted path in its JSON. Empty: the whole answer."),
        "consent.email",
    ),
    "yes": Word(N_("What means consent"), N_("One value a line."), "true"),
    "timeout_s": Word(N_("Seconds to wait"), "", "2"),
    "at_once": Word(N_("Calls at a time"), "", "32"),
    "fallback": Word(N_("Without an answer")),
}
ANSWERING: Mapping[str, Word] = {
    "start": Word(N_("Answering begins")),
    "when_late": Word(N_("If the time left is too short")),
    "at_once": Word(N_("Calls at a time"), N_("Rejects and write-backs under way together."), "32"),
    "per_second": Word(N_("Calls a second at most"), N_("Empty: no limit."), "50"),
    "margin_min": Word(N_("Margin in minutes"), N_("So long before the limit the answer shall be there."), "5"),
    "on_failed_write": Word(N_("If a write-back fails")),
    "leak_guard": Word(
        N_("Leak guard"), N_("The sendout is released only after every reject was taken. Without it, a contact whose reject failed "
            "is sent to.")
    ),
}  # fmt: skip
KINDS: Mapping[str, str] = {
    "check_consent": N_("check consent"),
    "add_code": N_("add a code"),
    "tag": N_("add a tag"),
    "set_property": N_("write a property"),
    "call_endpoint": N_("send through an integration"),
}
MEANINGS: Mapping[str, Mapping[str, Word]] = {
    "check_consent": {
        "consent_list": Word(N_("Consent list"), N_("Who is not on it is rejected.")),
        "live_check": Word(N_("Live check"), N_("Or: who is refused by it is rejected.")),
        "field": Word(N_("What is looked up"), N_("id, or a property of the contact."), "id"),
        "reason": Word(
            N_("Reason"), N_("Kept with each contact it rejects. Empty: one in our words."), "No consent"
        ),
    },
    "add_code": {
        "pool": Word(N_("Code pool"), N_("Each accepted contact gets one code, and no code goes out twice.")),
        "property": Word(
            N_("Property"), N_("The code is written into it before the sendout is released."), "promoCode"
        ),
    },
    "tag": {"tag": Word(N_("Tag"), N_("Empty: the action's details name it."), "spring-2026")},
    "set_property": {
        "property": Word(N_("Property"), "", "segment"),
        "value": Word(N_("Value"), N_("Empty: the action's details are written."), "vip"),
    },
    "call_endpoint": {
        "integration_id": Word(N_("Integration"), N_("Each accepted contact is sent through it."))
    },
}
OPTIONS: Mapping[str, Sequence[tuple[str, str]]] = {
    "kind": (("http", N_("HTTP")), ("sqs", N_("SQS queue"))),
    "flow": (("campaign_manager", N_("Campaign Manager")), ("journey", N_("journey"))),
    "start": (("itself", N_("by itself")), ("person", N_("when a person says so"))),
    "when_late": (("begin", N_("begin, and say so")), ("hold_back", N_("hold back"))),
    "on_failed_write": (("hold_back", N_("hold back")), ("finish", N_("release all the same"))),
    "fallback": (("reject", N_("reject")), ("accept", N_("accept"))),
}
AUTH: Mapping[str, Sequence[tuple[str, str]]] = {
    "http": (
        ("basic", N_("Basic authorization")),
        ("header", N_("Header token")),
        ("none", N_("Nothing: whoever knows the address")),
    ),
    "sqs": (("iam", N_("AWS IAM keys")), ("none", N_("Keys of the environment"))),
}
