"""SNIPPETS: the exact request as code for developers: from an integration and a contact, or from an entry of the activity."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from workbench.errors import Invalid
from workbench.models.contact import SAMPLE, Contact
from workbench.models.event import EVENT_SAMPLE, IDENTIFIERS, Event
from workbench.models.integration import Listed
from workbench.models.snippet import Dialect, Proof, Snippet
from workbench.sentence import N_, Sentence

from . import look
from .exchange import findings
from .fields import ChoiceField
from .fold import Place, visible
from .form import Inputs
from .messages import Messages
from .page import Frame
from .piece import said
from .snippet_view import SnippetView
from .wizard.contact import ContactForm

__all__ = ["SnippetShelf"]

EVENT = Contact(identifiers=EVENT_SAMPLE.identifiers, variables={"event": EVENT_SAMPLE.variables["event"]})
LINE_PX, TALLEST_PX = 21, 500
"""How high a line of the editor is, and how high the editor at most."""
NONE_YET = N_(
    "A snippet is made from a saved integration, and there is none yet. Create one on the page of integrations."
)
FROM_ENTRY = N_(
    "This is the request as the activity kept it. It keeps no secret and no recipient: variables stand for what was masked."
)


class SnippetShelf:
    """The part of the page."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.listed: Sequence[Listed] = ()
        self.events: Sequence[Event] = ()
        self.snippets: Sequence[Snippet] = ()
        self.entry = ""
        self.form: ContactForm | None = None
        self._lacks: dict[Dialect, Sentence | None] = {}
        self._asked: tuple[str, Contact] | None = None
        self._quiet = False
        self.messages, self.contact, self.wrong, self.view = Messages(), Place(), Place(), Place()
        self.integration = ChoiceField(
            N_("Integration"), required=True, hint=N_("Its request is written as code; nothing is sent.")
        )
        self.event = ChoiceField(N_("Event"), hint=N_("Its sample fills the body. Change it as you like."))
        self.dialect = ChoiceField(N_("Language"), style="segmented")
        self.dialect.add_class("wb-page-parts")  # as wide as the page
        self.note = look.show("", "wb-hint")
        self.go_button = look.button(N_("Show the code"), "primary")
        self.integration.observe(lambda _: self._changed(self._chosen), "value")
        self.event.observe(lambda _: self._changed(self._sampled), "value")
        self.dialect.observe(lambda _: self._changed(self._shown), "value")
        frame.click(self.go_button, self.show, self.messages)
        self.result = look.card("", self.note, self.dialect, self.view.widget)
        self.widget = look.stack(
            look.sheets("snippets.css"),
            look.card(
                N_("Code for developers"), self.integration, self.event, self.contact.widget,
                look.buttons(self.go_button, align="start"), self.messages.widget, self.wrong.widget,
                subtitle=N_("The exact request in the language of your shop, with variables in place of secrets."),
            ),
            self.result,
        )  # fmt: skip
        visible(self.event, False)
        visible(self.result, False)

    def __repr__(self) -> str:
        return f"<SnippetShelf of {len(self.snippets)}>"

    @property
    def place(self) -> str:
        """Where it stands: the entry whose request is shown, or the integration."""
        if self.entry:
            return f"entry={self.entry}"
        return f"integration={self.integration.value}" if self.integration.value else ""

    async def refresh(self) -> None:
        """Read the integrations anew; what is typed stays."""
        self.listed = await self.frame.bench.integrations.list_all()
        names = [(one.integration.id, one.integration.name) for one in self.listed]
        known = {id for id, _ in names}
        kept = (
            self.integration.value
            if self.integration.value in known
            else names[0][0]
            if len(names) == 1
            else ""
        )
        again = kept != self.integration.value or self.form is None
        self._quiet = True
        self.integration.options = names
        self.integration.value = kept
        self._quiet = False
        visible(self.go_button, bool(names))
        if not names:
            self.messages.show("info", NONE_YET)
        if self.frame.may("operator") and not self._lacks:
            self._lacks = {one.dialect: one.reason for one in await self.frame.bench.snippets.provable()}
        if again and kept:
            await self._chosen()

    async def go(self, place: str) -> None:
        """Lead to an entry's request (``entry=ent_1``), to an integration (``integration=int_1``) or to an event (``event=evt_1``)."""
        kind, _, id = place.partition("=")
        if kind == "entry" and id:
            self.entry, self._asked = id, None
            await self._put(await self.frame.bench.snippets.of_entry(id), FROM_ENTRY)
        elif kind == "integration" and any(one.integration.id == id for one in self.listed):
            await self._put_integration(id, "")
            self.frame.stand(f"code={self.place}")
        elif kind == "event":
            await self._of_event(id)

    async def take(self, integration: str, contact: Contact, event: str = "") -> None:
        """Show as code what was composed elsewhere on the page; ``event`` is the contract it keeps to."""
        if not any(one.integration.id == integration for one in self.listed):
            return
        await self._put_integration(integration, event)
        item = self._listed()
        assert item is not None, "it is in the list"
        self._fill(item, contact)
        await self.show()

    async def show(self) -> None:
        """Write the request for the contact as code, in every language that can send it."""
        self.wrong.put()
        if not self.integration.value:
            self.integration.error = N_("Choose the integration whose request it is.")
            self.integration.focus()
            return
        contact = self._contact()
        if contact is None or self.form is None:
            return
        try:
            made = await self.frame.bench.snippets.of(self.integration.value, contact)
        except Invalid as error:
            visible(self.result, False)
            rest = Inputs({"identifier": self.form.address}).show(error.problems)
            self.wrong.put(*findings(rest))
            return
        self.entry, self._asked = "", (self.integration.value, contact)
        await self._put(made, "")

    def _contact(self) -> Contact | None:
        """Return the contact as it is typed, None where it cannot be read. For an event it is the one that the event names."""
        item, contact = self._listed(), self.form.contact() if self.form else None
        if contact is None or item is None or item.integration.settings.channel != "event":
            return contact
        body = contact.variables.get("event")
        given = body if isinstance(body, dict) else {}
        named = {kind: value for kind in IDENTIFIERS if isinstance(value := given.get(kind), str)}
        return contact.model_copy(update={"identifiers": named})

    async def _put(self, made: Sequence[Snippet], note: str) -> None:
        """Show the snippets, in the language that was shown last where there is one in it."""
        self.snippets = made
        self.note.value = look.escape(said(note))
        visible(self.note, bool(note))
        options = [(one.dialect, said(one.title)) for one in made]
        kept = self.dialect.value if any(self.dialect.value == key for key, _ in options) else options[0][0]
        self._quiet = True
        self.dialect.options = options
        self.dialect.value = kept
        self._quiet = False
        visible(self.result, True)
        await self._shown()
        self.frame.stand(f"code={self.place}")

    async def _shown(self) -> None:
        """Show the snippet of the chosen language."""
        chosen = next((one for one in self.snippets if one.dialect == self.dialect.value), None)
        if chosen is None:
            return
        self.view.put(self._view(chosen).widget)

    def _view(self, snippet: Snippet) -> SnippetView:
        if not self.frame.may("operator"):
            return SnippetView(self.frame, snippet, None, None)
        if self._asked is None:
            why_not = N_(
                "To prove it, choose its integration and a contact above: an entry has no values to run it with."
            )
            return SnippetView(self.frame, snippet, None, why_not)
        lacks = self._lacks.get(snippet.dialect)
        if lacks is not None:
            return SnippetView(self.frame, snippet, None, lacks)
        integration, contact = self._asked

        async def prove() -> Proof:
            return await self.frame.bench.snippets.prove(integration, contact, snippet.dialect)

        return SnippetView(self.frame, snippet, prove, None)

    async def _chosen(self, event: str = "") -> None:
        """Offer what the chosen integration needs: a contact, and for events their contracts."""
        self.integration.error = ""
        self.entry = ""
        item = self._listed()
        visible(self.result, False)
        self.wrong.put()
        if item is None:
            self.form = None
            self.contact.put()
            return
        self.events = await self._events_of(item)
        self._quiet = True
        self.event.options = [
            ("", said(N_("Without a contract"))),
            *((one.id, one.name) for one in self.events),
        ]
        ids = [one.id for one in self.events]
        self.event.value = event if event in ids else next(iter(ids), "")
        self._quiet = False
        visible(self.event, bool(self.events))
        await self._sampled()

    async def _sampled(self) -> None:
        """Fill the contact: with the sample of the chosen event's contract, else with the one that reaches nobody."""
        item = self._listed()
        if item is None:
            return
        settings = item.integration.settings
        contact = EVENT if settings.channel == "event" else SAMPLE
        if self.event.value:
            given = await self.frame.bench.events.sample(self.event.value)
            made = await self.frame.bench.events.compose(self.event.value, given)
            if made.body is not None:
                contact = Contact(identifiers=made.identifiers, variables={"event": made.body})
        self._fill(item, contact)

    def _fill(self, item: Listed, contact: Contact) -> None:
        """Put a contact into the form."""
        settings = item.integration.settings
        self.form = ContactForm(contact, settings.identifier, lambda: None, live=False)
        if settings.channel == "event":  # whom it is for stands in the event itself
            visible(self.form.identifier, False)
            lines = self.form.variables.value.count("\n") + 1
            self.form.variables.height = f"{min(lines * LINE_PX + 24, TALLEST_PX)}px"
        self.contact.put(self.form.widget)

    async def _of_event(self, id: str) -> None:
        """Show the sample of an event's contract as code."""
        event = next((one for one in await self.frame.bench.events.list() if one.id == id), None)
        if event is None or event.integration_id is None:
            return
        await self._put_integration(event.integration_id, id)
        await self.show()

    async def _put_integration(self, id: str, event: str) -> None:
        """Choose an integration, and the contract of one of its events."""
        self._quiet = True
        self.integration.value = id
        self._quiet = False
        await self._chosen(event)

    async def _events_of(self, item: Listed) -> list[Event]:
        if item.integration.settings.channel != "event":
            return []
        return [
            one for one in await self.frame.bench.events.list() if one.integration_id == item.integration.id
        ]

    def _listed(self) -> Listed | None:
        return next((one for one in self.listed if one.integration.id == self.integration.value), None)

    def _changed(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin ``work`` unless the change was ours."""
        if not self._quiet:
            self.frame.start(work(), self.messages)
