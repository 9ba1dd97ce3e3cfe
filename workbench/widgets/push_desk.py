"""PUSH DESK: web push of a shop: what is typed is looked at at once; files to try it with, and what a browser gave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import ipywidgets

from workbench.engine.push_checks import check_push
from workbench.engine.push_worker import FILE
from workbench.errors import Invalid
from workbench.models.push import Found, PushFinding, PushKit, PushSettings, PushSubscription
from workbench.models.sending import Confirmation
from workbench.models.shop import Shop
from workbench.sentence import N_, say

from . import look
from .download import Download
from .fields import ChoiceField, TextField
from .fold import Fold, Place, visible
from .form import Inputs, Plain
from .highlight import code
from .look import Html, Kind, markup
from .messages import Messages
from .page import Frame
from .piece import said
from .readiness_check import asked
from .tables import table

__all__ = ["PushDesk", "findings_markup"]

_TONES: Final[dict[Found, tuple[str, Kind]]] = {
    "ok": (N_("Right"), "ok"), "warning": (N_("Look at this"), "warn"), "error": (N_("Wrong"), "error"), "note": (N_("Note"), "info"),
}  # fmt: skip
_FIELDS: Final = ("site", "worker_url", "scope", "vapid_public_key")


class PushDesk:
    """The part of the page. Without a shop, what is typed is looked at all the same; nothing is kept then."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.place = ""
        self.shown = True
        self.shops: Sequence[Shop] = ()
        self._quiet = False
        self.messages, self.question, self.browser_messages = Messages(), Place(), Messages()
        self.kit, self.looked, self.subscribed, self.fixes = Place(), Place(), Place(), Place()
        self.shop = ChoiceField(
            N_("Shop"), [("", said(N_("None: only look")))], hint=N_("Its settings fill the form.")
        )
        self.fields = {
            "site": TextField(N_("Address of the shop"), placeholder="https://shop.example.com", input_type="url"),
            "worker_url": TextField(N_("Service worker"), placeholder=FILE, hint=N_("A path of the shop, or its whole address.")),
            "scope": TextField(N_("Scope"), placeholder="/", hint=N_("Left empty, it is the worker's folder.")),
            "vapid_public_key": TextField(
                N_("VAPID public key"), monospace=True, hint=N_("87 characters, from the platform's page of web push; not the private one"),
            ),
        }  # fmt: skip
        self.inputs = Inputs({name: Plain(field, self._typed) for name, field in self.fields.items()})
        self.verdict = look.show("")
        self.shop.observe(lambda _: frame.start(self._shop_chosen(), self.messages), "value")
        self.keep_button, self.look_button = (
            look.button(N_("Keep with the shop"), "primary"),
            look.button(N_("Ask the shop for the worker")),
        )
        self.make = look.button(N_("Show worker and registration"))
        self.paste = TextField(
            N_("Subscription, or the report of webPush.subscribe()"), multiline=True, rows=6, monospace=True,
            hint=N_("It is looked at and forgotten: an endpoint is as good as a key."),
        )  # fmt: skip
        self.read = look.button(N_("Look at it"))
        for button, work in (
            (self.keep_button, self._keep),
            (self.look_button, self._look),
            (self.make, self._make),
        ):
            frame.click(button, work, self.messages)
        frame.click(self.read, self._read, self.browser_messages)
        buttons = look.buttons(self.make, self.look_button, self.keep_button, align="start")
        self.widget = look.stack(
            look.sheets("push_desk.css"),
            look.card(
                N_("Web push"), self.shop, look.columns(self.fields["site"], self.fields["worker_url"]),
                look.columns(self.fields["scope"], self.fields["vapid_public_key"], weights=(1, 2)), self.fixes.widget, self.verdict,
                buttons,                self.messages.widget, self.question.widget, self.looked.widget, self.kit.widget,
                subtitle=N_("What a browser wants before it lets a visitor subscribe, looked at while you type. Nothing is sent."),
            ),
            look.card(
                N_("What the browser gave"), self.paste, look.buttons(self.read, align="start"), self.browser_messages.widget,
                self.subscribed.widget, subtitle=N_("Whether a message could be written to it, and what the browser says of itself."),
            ),
        )  # fmt: skip
        self._offer()
        self._typed()

    def __repr__(self) -> str:
        return f"<PushDesk for {self.shop.value or 'no shop'}>"

    async def refresh(self) -> None:
        """Read the shops anew; what is typed stays."""
        self.shops = await self.frame.bench.shops.list()
        names = [(one.id, one.name) for one in self.shops]
        kept = self.shop.value if self.shop.value in dict(names) else ""
        first = not kept and not any(field.value for field in self.fields.values())
        self._quiet = True
        self.shop.options = [("", said(N_("None: only look"))), *names]
        self.shop.value = names[0][0] if first and names else kept
        self._quiet = False
        if first and names:
            await self._shop_chosen()

    async def go(self, place: str) -> None:
        """Show the shop that a link names (``shop=shp_1``)."""
        kind, _, id = place.partition("=")
        if kind == "shop" and any(one.id == id for one in self.shops):
            self.shop.value = id

    def settings(self) -> PushSettings:
        """Return what is typed."""
        return PushSettings(**{name: field.value[:2000] for name, field in self.fields.items()})

    async def _shop_chosen(self) -> None:
        if self._quiet:
            return
        self._offer()
        self.looked.put()
        if not self.shop.value:
            return
        found = await self.frame.bench.push.of(self.shop.value)
        self._quiet = True
        for name, field in self.fields.items():
            field.value = str(getattr(found, name))
        self._quiet = False
        self._typed()

    def _offer(self) -> None:
        own = bool(self.shop.value) and self.frame.may("operator")
        visible(self.keep_button, own)
        visible(self.look_button, own)

    def _typed(self) -> None:
        """Look at what is typed now; the reasoning is the engine's and needs no call."""
        if self._quiet:
            return
        blank = not any(field.value.strip() for field in self.fields.values())
        self.kit.put()
        self.fixes.put()
        if blank:
            self.verdict.value = ""
            return
        findings = check_push(self.settings()).findings
        self.verdict.value = findings_markup(findings)
        fixes = [self._fix(one) for one in findings if one.fix]
        self.fixes.put(*([look.buttons(*fixes, align="start")] if fixes else []))

    def _fix(self, one: PushFinding) -> ipywidgets.Button:
        """Return a button that puts the one right value into its field."""
        field = self.fields[one.field]
        shown = one.fix if len(one.fix) <= 40 else one.fix[:37] + "…"
        button = look.button(say("{field}: use {value}", field=field.label, value=shown))
        button.on_click(lambda _: setattr(field, "value", one.fix))
        return button

    # -- what is done --------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        try:
            await self.frame.bench.push.keep(self.shop.value, self.settings())
        except Invalid as error:
            rest = self.inputs.show(error.problems)
            if rest:
                raise Invalid(rest) from error
            return
        self.messages.show("ok", N_("The shop has it now."))

    async def _make(self) -> None:
        try:
            kit = await self.frame.bench.push.kit(self.settings())
        except Invalid as error:
            self.inputs.show(error.problems)
            return
        self.kit.put(*_kit(kit, self.messages))

    async def _look(self) -> None:
        """Ask the shop's server for the worker; where that is live, after the person has seen what goes where."""

        async def do(confirmation: Confirmation | None) -> None:
            found = await self.frame.bench.push.look(self.shop.value, confirmation)
            self.looked.put(
                look.heading(N_("What the shop's server gives"), 3),
                look.show(findings_markup(found.findings)),
            )

        if self.frame.facts.mode != "live":
            await do(None)
            return
        told = await self.frame.bench.push.ask(self.shop.value)
        self.question.put(asked(self.frame, told, do, self.question.put, self.messages))

    async def _read(self) -> None:
        if not self.paste.value.strip():
            self.paste.error = N_("Paste what the browser gave.")
            self.paste.focus()
            return
        self.paste.error = ""
        wanted = self.settings()
        settings = wanted if any(getattr(wanted, name) for name in _FIELDS) else None
        self.subscribed.put(
            *_subscription(await self.frame.bench.push.subscription(self.paste.value, settings))
        )


def findings_markup(findings: Iterable[PushFinding]) -> Html:
    """Return findings as a list, each with its word; the colour only repeats it."""
    items = Html("").join(
        markup(
            '<li class="wb-push-finding">{badge} <span>{text}</span></li>',
            badge=look.badge(*_TONES[one.found]),
            text=said(one.sentence),
        )
        for one in findings
    )
    return markup('<ul class="wb-push-findings">{items}</ul>', items=items)


def _kit(kit: PushKit, messages: Messages) -> list[ipywidgets.Widget]:
    name = kit.worker_file.rpartition("/")[2] or FILE[1:]

    async def worker() -> str:
        return kit.worker

    save = Download(say("Download {file}", file=name), name, worker, messages.guard, "text/javascript")
    return [
        look.banner("info", N_(
            "The platform brings a worker of its own; this one is for trying. Keep one worker per scope, and put this away afterwards."
        )),
        look.heading(N_("On every page"), 3),
        code(kit.registration, "javascript", said(N_("Registration")), N_("Copy")),
        look.heading(say("The worker, at {path}", path=kit.worker_file), 3),
        table((N_("Header"), N_("Value")), [(key, value) for key, value in kit.headers], N_("Send it with")),
        Fold(N_("The worker's text"), code(kit.worker, "javascript", said(N_("Service worker")), N_("Copy"))).widget,
        look.buttons(save, align="start"),
    ]  # fmt: skip


def _subscription(got: PushSubscription) -> list[ipywidgets.Widget]:
    parts: list[ipywidgets.Widget] = []
    if got.valid and got.service:
        parts.append(
            look.banner("ok", say("A message could be written to it, by {service}.", service=got.service))
        )
    elif not got.valid:
        parts.append(look.banner("error", N_("No message could be written to it as it is.")))
    parts.append(look.show(findings_markup(got.findings)))
    if got.service:
        parts.append(look.key_value_table([
            (N_("Push service"), got.service), (N_("p256dh, bytes"), str(got.p256dh)), (N_("auth, bytes"), str(got.auth)),
            (N_("Expires"), got.expires),
        ]))  # fmt: skip
    return parts
