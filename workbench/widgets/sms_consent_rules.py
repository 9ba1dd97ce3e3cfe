"""CONSENT RULES: profiles with their purposes, topics and the enforcement table; the words of STOP, START and HELP; the rule of 2023."""

from __future__ import annotations

import re
from collections.abc import Sequence

import ipywidgets

from workbench.engine.consent_profiles import enforcement_of
from workbench.engine.keywords import STOP
from workbench.errors import Invalid
from workbench.models.consent import ComplianceProfile, ConsentChannel, ConsentSettings, Purpose, Topic
from workbench.sentence import N_, Sentence, say

from . import look
from .around import Around
from .fields import ChoiceField, SwitchField, TextField
from .fold import Place
from .messages import Messages
from .piece import said
from .sms_consent_words import CHANNELS, ENFORCEMENTS, KINDS, SCOPES, options
from .tables import table

__all__ = ["RulesDesk"]

SHOWN: tuple[ConsentChannel, ...] = ("sms", "email", "custom")
_GAP = re.compile(r"[,;\s]+")
_MARKS = {
    "restrictive": N_("only those who opted in"),
    "non_restrictive": N_("all but those who opted out"),
    "disabled": N_("everybody"),
}


class RulesDesk:
    """The rules that every decision hangs on. Admins change them, others read them."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self.profiles: Sequence[ComplianceProfile] = ()
        self.settings = ConsentSettings()
        self.messages, self.table, self.edit, self.words = Messages(), Place(), Place(), Place()
        self.profile = ChoiceField(N_("Compliance profile"), ())
        self.profile.observe(lambda _: self._draw_profile(), "value")
        self.text = TextField(N_("A text as somebody may send it"), placeholder="Stop.")
        self.said = Place()
        what = look.button(N_("What does it mean?"))
        around.click(what, self.what, self.messages)
        self.text.on_submit(lambda: around.start(self.what(), self.messages))
        self.widget = look.stack(
            self.messages.widget,
            look.card(
                N_("Purposes"), self.profile, self.table.widget, self.edit.widget,
                subtitle=N_("Who gets a message of each purpose. A message with a topic needs the consent of both."),
            ),
            look.card(N_("Words and STOP"), self.words.widget),
            look.card(N_("Try a text"), self.text, look.buttons(what, align="start"), self.said.widget),
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<RulesDesk of {len(self.profiles)} profiles>"

    async def refresh(self) -> None:
        """Read profiles and settings anew."""
        consent = self.around.bench.consent
        self.profiles, self.settings = await consent.profiles(), await consent.settings()
        keys = [(one.key, said(one.name)) for one in self.profiles]
        held = self.profile.value
        self.profile.options = keys
        self.profile.value = held if held in dict(keys) else keys[0][0]
        self._draw_profile()
        self.words.put(_WordsForm(self).widget if self.around.may("admin") else _words_table(self.settings))

    async def what(self) -> None:
        """Say what the keyword engine makes of the text."""
        found = await self.around.bench.consent.what(self.text.value)
        self.said.put(
            look.banner(
                "warn" if found.likely else "info", _meaning(found.meaning, found.word, likely=found.likely)
            )
        )

    def _draw_profile(self) -> None:
        profile = next((one for one in self.profiles if one.key == self.profile.value), None)
        if profile is None:
            return
        strict = self.settings.strict_2023
        rows = [
            [
                said(purpose.name),
                *(said(_MARKS[enforcement_of(purpose, channel, strict_2023=strict)]) for channel in SHOWN),
                ", ".join(topic.name for topic in purpose.topics),
            ]
            for purpose in profile.purposes
        ]
        columns = [N_("Purpose"), *CHANNELS.values(), N_("Topics")]
        note = (
            [
                look.banner(
                    "warn",
                    N_(
                        "The rule of 2023 is switched on: texts and custom channels reach only those who opted in."
                    ),
                )
            ]
            if strict
            else []
        )
        self.table.put(*note, table(columns, rows, N_("Who gets a message")))
        self.edit.put(*([_ProfileForm(self, profile).widget] if self.around.may("admin") else []))


class _ProfileForm:
    """The purposes of a profile, each with its enforcement by channel and its topics."""

    def __init__(self, desk: RulesDesk, profile: ComplianceProfile) -> None:
        self.desk, self.profile = desk, profile
        self.messages = Messages()
        self.rows = [_PurposeRow(purpose) for purpose in profile.purposes]
        self.more = TextField(
            N_("New purpose"), placeholder=N_("Newsletter"), hint=N_("Its name; empty for none.")
        )
        self.kind = ChoiceField(N_("Kind of the new purpose"), options(KINDS), value="commercial")
        save = look.button(N_("Save the profile"), "primary")
        desk.around.click(save, self.save, self.messages)
        self.widget = look.stack(
            *(row.widget for row in self.rows), look.columns(self.more, self.kind), look.buttons(save, align="start"), self.messages.widget,
        )  # fmt: skip

    async def save(self) -> None:
        """Keep the profile."""
        purposes = [row.value() for row in self.rows]
        if name := self.more.value.strip():
            made = {"key": _key(name, {one.key for one in purposes}), "name": name, "kind": self.kind.value}
            purposes.append(Purpose.model_validate(made))
        await self.desk.around.bench.consent.save_profile(
            self.profile.model_copy(update={"purposes": tuple(purposes)}), seen=self.profile
        )
        await self.desk.refresh()
        self.desk.messages.show("ok", N_("The profile is saved, and counts from now on."))


class _PurposeRow:
    """One purpose: how consent is asked for in each channel, and its topics, one a line."""

    def __init__(self, purpose: Purpose) -> None:
        self.purpose = purpose
        name = said(purpose.name)
        self.fields = {
            channel: ChoiceField(
                say("{purpose}: {channel}", purpose=name, channel=said(CHANNELS[channel])),
                options(ENFORCEMENTS), value=enforcement_of(purpose, channel),
            )
            for channel in SHOWN
        }  # fmt: skip
        self.topics = TextField(
            say("{purpose}: topics", purpose=name), value=", ".join(topic.name for topic in purpose.topics),
            hint=N_("Names with commas between them."),
        )  # fmt: skip
        self.widget = look.columns(*self.fields.values(), self.topics)

    def value(self) -> Purpose:
        """Return the purpose as it is filled in; a topic that keeps its name keeps its key."""
        known = {topic.name: topic.key for topic in self.purpose.topics}
        names = list(dict.fromkeys(filter(None, (one.strip() for one in self.topics.value.split(",")))))
        keys = {known[name] for name in names if name in known}
        topics = []
        for name in names:
            key = known.get(name) or _key(name, keys)
            keys.add(key)
            topics.append(Topic(key=key, name=name))
        enforcement = {channel: field.value for channel, field in self.fields.items()}
        return self.purpose.model_copy(update={"enforcement": enforcement, "topics": tuple(topics)})


class _WordsForm:
    """The word lists, how far STOP reaches, the profile that texts count for, and the rule of 2023."""

    def __init__(self, desk: RulesDesk) -> None:
        self.desk, self.settings = desk, desk.settings
        settings = self.settings
        self.messages = Messages()
        hint = N_(
            "With commas or blanks between them. Capital letters and punctuation at the end do not count."
        )
        self.opt_out = TextField(
            N_("Opt-out words"), value=", ".join(settings.opt_out), multiline=True, rows=2,
            hint=say("{word} always counts. With commas or blanks between them.", word=STOP),
        )  # fmt: skip
        self.opt_in = TextField(N_("Opt-in words"), value=", ".join(settings.opt_in), hint=hint)
        self.help = TextField(N_("Help words"), value=", ".join(settings.help), hint=hint)
        self.scope = ChoiceField(N_("STOP opts them out of"), options(SCOPES), value=settings.scope)
        self.profile = ChoiceField(
            N_("Texts count for the profile"), [(one.key, said(one.name)) for one in desk.profiles], value=settings.profile,
        )  # fmt: skip
        self.strict = SwitchField(
            N_("Rule of 2023"), value=settings.strict_2023,
            hint=N_("Texts and custom channels reach only those who opted in, whatever a purpose says."),
        )  # fmt: skip
        save = look.button(N_("Save words and rules"), "primary")
        desk.around.click(save, self.save, self.messages)
        self.widget = look.stack(
            self.opt_out, look.columns(self.opt_in, self.help), look.columns(self.scope, self.profile), self.strict,
            look.buttons(save, align="start"), self.messages.widget,
        )  # fmt: skip

    async def save(self) -> None:
        """Keep them; what is wrong is said beside the list it is in."""
        fields = {"opt_out": self.opt_out, "opt_in": self.opt_in, "help": self.help, "profile": self.profile}
        for field in fields.values():
            field.error = ""
        wanted = ConsentSettings.model_validate({
            **{name: tuple(filter(None, _GAP.split(fields[name].value.strip()))) for name in ("opt_out", "opt_in", "help")},
            "scope": self.scope.value, "profile": self.profile.value, "strict_2023": self.strict.value,
        })  # fmt: skip
        try:
            await self.desk.around.bench.consent.save_settings(wanted, seen=self.settings)
        except Invalid as error:
            for problem in reversed(error.problems):
                field = fields.get(problem.field, self.opt_out)
                field.error = problem.sentence
                field.focus()
            return
        await self.desk.refresh()
        self.desk.messages.show("ok", N_("Words and rules are saved, and count from now on."))


def _words_table(settings: ConsentSettings) -> ipywidgets.HTML:
    return look.key_value_table((
        (N_("Opt-out words"), ", ".join(settings.opt_out)), (N_("Opt-in words"), ", ".join(settings.opt_in)),
        (N_("Help words"), ", ".join(settings.help)), (N_("STOP opts them out of"), said(SCOPES[settings.scope])),
        (N_("Rule of 2023"), said(N_("on")) if settings.strict_2023 else said(N_("off"))),
    ))  # fmt: skip


def _meaning(meaning: str, word: str, *, likely: bool) -> Sentence:
    if meaning == "stop":
        return say("It opts them out: the whole text is the word {word}.", word=word)
    if meaning == "start":
        return say("It takes back their STOP: the whole text is the word {word}.", word=word)
    if meaning == "help":
        return say("It asks for help: the whole text is the word {word}.", word=word)
    if meaning == "keyword":
        return say("It is the journeys' keyword {word}.", word=word)
    if likely:
        return say("It is no keyword, but sounds like an opt-out: a person is asked to look at it.")
    return say("It is no keyword: nothing happens.")


def _key(name: str, taken: set[str]) -> str:
    """Return a key for a name: its letters and digits, with a number behind where that is taken."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:30] or "topic"
    key, number = plain, 2
    while key in taken:
        key, number = f"{plain}-{number}", number + 1
    return key
