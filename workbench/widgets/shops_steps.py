"""STEPS: what the form of a shop asks, step by step: the shop, access, paths, data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol

from workbench.models.base import JsonValue, Problem
from workbench.models.shop import ShopSettings
from workbench.models.sync_platform import SyncPlatform
from workbench.providers import platforms
from workbench.sentence import N_, Sentence

from . import look
from .fields import ChoiceField, SecretField, SwitchField, TextField
from .fold import Fold, Place
from .form import Input, Inputs, Plain
from .gates_fields import Lines, Number
from .secrets import Changed, Desk, KeptSecret, ref_of
from .shops_about import permission_card, platform_card
from .shops_paths import Paths
from .shops_registry import Registry, number_text
from .shops_words import FormStep, warnings

__all__ = ["AccessStep", "DataStep", "PathStep", "ShopStepForm", "Step"]

Typed = Mapping[str, JsonValue]
"""What is typed so far: the settings as a document."""


class Step(Protocol):
    """One step: it gives what was typed, and shows what is wrong with it."""

    step: ClassVar[FormStep]
    widget: Any

    def values(self) -> dict[str, JsonValue]:
        """Return what this step's fields hold."""

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show each error beside its field and return the other problems."""

    def warn(self, problems: Iterable[Problem]) -> None:
        """Show what does not block."""

    def enter(self, absent: set[str]) -> None:
        """Ask again for the secrets that this vault cannot open."""


class _Step:
    """What the steps share: inputs by the path of their field."""

    step: ClassVar[FormStep]

    def __init__(self, inputs: Mapping[str, Input], folds: Mapping[str, Fold] | None = None) -> None:
        self.inputs, self.noted = Inputs(inputs, folds), Place()

    def values(self) -> dict[str, JsonValue]:
        """Return what this step's fields hold; what is left empty is left out, so that its default counts."""
        found = {name: one.value() for name, one in self.inputs.inputs.items()}
        return {name: value for name, value in found.items() if value is not None}

    def show(self, problems: Iterable[Problem]) -> list[Problem]:
        """Show each error beside its field and return the other problems."""
        return self.inputs.show(problems)

    def warn(self, problems: Iterable[Problem]) -> None:
        """Show what does not block."""
        self.noted.put(*warnings(problems, self.step))

    def enter(self, absent: set[str]) -> None:
        """Ask again for the secrets that this vault cannot open."""
        self.inputs.miss(absent)


class ShopStepForm(_Step):
    """The first step: which platform, and what the shop is called and where it is."""

    step: ClassVar[FormStep] = "shop"

    def __init__(self, typed: Typed, changed: Changed) -> None:
        self._changed = changed
        self.about = Place()
        self.platform = ChoiceField(
            N_("Platform"), [(one.key, Sentence(one.name), Sentence(one.about)) for one in platforms().values()],
            value=str(typed.get("platform", "")), style="radio", required=True,
        )  # fmt: skip
        self.name = TextField(
            N_("Name"), value=str(typed.get("name", "")), required=True, placeholder=N_("Shop, Portugal"),
            hint=N_("As your colleagues will find the shop."),
        )  # fmt: skip
        self.site = TextField(
            N_("Address of the shop"), value=str(typed.get("site", "")), input_type="url", placeholder="https://www.shop.example",
            hint=N_("Where customers buy. Push and the checks of your pages need it."),
        )  # fmt: skip
        self.script = TextField(
            N_("Id of the page script"), value=str(typed.get("script_id", "")), monospace=True,
            hint=N_("It stands in the snippet that the platform gives you for your pages. Only the id, not the whole snippet."),
        )  # fmt: skip
        super().__init__({
            "platform": Plain(self.platform, self._chosen), "name": Plain(self.name, changed), "site": Plain(self.site, changed),
            "script_id": Plain(self.script, changed),
        })  # fmt: skip
        self.widget = look.columns(
            look.stack(look.card("", self.platform), look.card("", self.name, self.site, self.script), self.noted.widget),
            self.about.widget, weights=(2, 1),
        )  # fmt: skip
        self._tell()

    def _chosen(self) -> None:
        self._tell()
        self._changed()

    def _tell(self) -> None:
        found = platforms().get(self.platform.value)
        self.about.put(*([platform_card(found)] if found else []))


class AccessStep(_Step):
    """The second step: the key, and how the platform is reached."""

    step: ClassVar[FormStep] = "access"

    def __init__(self, typed: Typed, platform: SyncPlatform | None, desk: Desk, changed: Changed) -> None:
        usual = platform.base_url if platform else ""
        self.key = SecretField(
            N_("API key"), required=True, hint=N_("Whole, with the colon in its middle. It is locked in as you leave the field."),
            help=N_("In the platform's settings, under API: make a key, and give it the permissions that stand beside this form."),
        )  # fmt: skip
        self.base = TextField(
            N_("Address of the API"), value=str(typed.get("base_url", "")), input_type="url", placeholder=usual,
            hint=N_("Empty: the platform's own. Another one for a proxy, or a platform that speaks the same way."),
        )  # fmt: skip
        self.pace = TextField(
            N_("Calls a minute"), value=str(typed.get("calls_per_min") or ""), input_type="number",
            placeholder=str(int(platform.rate.limit * 60 / platform.rate.per_s)) if platform else "",
            hint=N_("Empty: as the platform says. Fewer leave room for your other programs, for good: nothing raises it again."),
        )  # fmt: skip
        self.connect = TextField(
            N_("Seconds to connect"),
            value=number_text(typed.get("connect_s")),
            input_type="number",
            placeholder="5",
        )
        self.total = TextField(
            N_("Seconds a call may take"),
            value=number_text(typed.get("total_s")),
            input_type="number",
            placeholder="30",
        )
        self.local = SwitchField(
            N_("Local test"), value=bool(typed.get("local_test")),
            hint=N_("The address may lie on this computer or in your own network, without https."),
        )  # fmt: skip
        fold = Fold(N_("More settings"), look.columns(self.connect, self.total), self.local)
        super().__init__(
            {
                "api_key": KeptSecret(desk, self.key, ref_of(typed.get("api_key")), changed), "base_url": Plain(self.base, changed),
                "calls_per_min": Number(self.pace, True, changed), "connect_s": Number(self.connect, False, changed),
                "total_s": Number(self.total, False, changed), "local_test": Plain(self.local, changed),
            },
            dict.fromkeys(("connect_s", "total_s", "local_test"), fold),
        )  # fmt: skip
        self.widget = look.columns(
            look.stack(look.card("", self.key, self.base, self.pace, fold.widget), self.noted.widget),
            look.stack(*([permission_card(platform)] if platform else [])), weights=(1, 1),
        )  # fmt: skip

    def values(self) -> dict[str, JsonValue]:
        """Return what this step's fields hold; a number that was taken out is the platform's own again."""
        return {"api_key": None, "calls_per_min": 0, "connect_s": 5.0, "total_s": 30.0, **super().values()}


class PathStep(_Step):
    """The third step: where each call goes."""

    step: ClassVar[FormStep] = "paths"

    def __init__(self, settings: ShopSettings, platform: SyncPlatform | None, changed: Changed) -> None:
        self.paths = Paths(platform, settings, changed) if platform else None
        super().__init__({"paths": self.paths} if self.paths else {})
        nothing = look.show(N_("Choose the platform first."), "wb-hint")
        self.widget = look.stack(self.paths.widget if self.paths else nothing, self.noted.widget)


class DataStep(_Step):
    """The fourth step: domains, the shop's own contact fields, and what its newsletter calls do."""

    step: ClassVar[FormStep] = "data"

    def __init__(self, typed: Typed, changed: Changed) -> None:
        domains = TextField(
            N_("Allowed domains"), multiline=True, rows=3, monospace=True, placeholder="www.shop.example",
            hint=N_("One a line, as they are allowed in the platform: products that lie elsewhere are refused there. Empty: not checked."),
        )  # fmt: skip
        lower = SwitchField(
            N_("Write e-mail addresses in small letters"), value=bool(typed.get("lower_local")),
            hint=N_("Also what stands before the @. Without it only the domain is: Ana@Shop.example stays Ana@shop.example."),
        )  # fmt: skip
        consent = SwitchField(
            N_("Newsletter calls change the consent to e-mail kept here"), value=bool(typed.get("newsletter_consent")),
            hint=N_("When the platform tells that somebody subscribed or unsubscribed, that counts here too."),
        )  # fmt: skip
        self.registry = Registry(typed.get("fields", ()), changed)
        self.domains = Lines(domains, changed, value=typed.get("domains", ()))
        super().__init__({
            "domains": self.domains, "lower_local": Plain(lower, changed), "newsletter_consent": Plain(consent, changed),
            "fields": self.registry,
        })  # fmt: skip
        self.widget = look.stack(
            look.columns(
                look.card(N_("Products"), domains),
                look.card(N_("Contacts"), lower, consent),
                weights=(1, 1),
            ),
            look.card(
                N_("The shop's own contact fields"), self.registry.widget,
                subtitle=N_(
                    "As the platform's list of contact fields has them. "
                    "A row with an id that is not here is held back before it is sent."
                ),
            ),
            self.noted.widget,
        )  # fmt: skip
