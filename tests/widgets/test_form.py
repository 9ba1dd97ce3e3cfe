"""The form: an input for each field of a model; each problem beside the input it belongs to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from workbench import Workbench
from workbench.adapters.sealed_box import seal_box
from workbench.models.base import Noun, Problem, SecretRef
from workbench.models.credential import BasicAuth, Credential, NoAuth, OAuth2, TokenParameter
from workbench.providers import every
from workbench.sentence import N_, Sentence, say
from workbench.widgets.fields import ChoiceField, HeaderRows, SecretField, SwitchField, TextField
from workbench.widgets.fold import Fold, Place
from workbench.widgets.form import Form, Plain
from workbench.widgets.look import show
from workbench.widgets.piece import Speech, speak
from workbench.widgets.secrets import Desk, KeptRows, KeptSecret
from workbench.widgets.spawn import settle


class Everything(Noun):
    """One field of each kind."""

    token_url: Annotated[
        str, Field(title=N_("Address"), description=N_("Where."), examples=["https://x.example"])
    ]
    region: Annotated[Literal["eu", "us"], Field(title=N_("Region"))] = "us"
    many: Annotated[Literal["one", "two", "three", "four", "five"], Field(title=N_("Many"))] = "two"
    testing: Annotated[bool, Field(title=N_("Testing"))] = True
    key: Annotated[SecretRef, Field(title=N_("Key"))]
    token: Annotated[SecretRef | None, Field(title=N_("Token"))] = None
    parameters: Annotated[tuple[TokenParameter, ...], Field(title=N_("More"))] = ()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with Workbench.open(tmp_path, environ={"WORKBENCH_KEYRING": "off"}) as bench:
        desk = Desk(bench.secrets)
        await desk.open()
        yield desk


def wrong(field: str, sentence: Sentence | None = None) -> Problem:
    return Problem(field=field, sentence=sentence or say("Wrong."))


def test_each_kind_of_field_has_its_input(desk: Desk) -> None:
    form = Form(Everything, {}, desk)
    kinds = {
        "token_url": TextField,
        "region": ChoiceField,
        "many": ChoiceField,
        "testing": SwitchField,
        "key": SecretField,
        "token": SecretField,
        "parameters": HeaderRows,
    }
    assert list(form.inputs) == list(kinds)
    assert all(isinstance(form.inputs[name].widget, kind) for name, kind in kinds.items())
    address = form.inputs["token_url"].widget
    assert (address.label, address.hint, address.placeholder) == ("Address", "Where.", "https://x.example")
    assert (address.required, address.input_type) == (True, "url")
    assert (form.inputs["key"].widget.required, form.inputs["token"].widget.required) == (True, False)
    assert (form.inputs["region"].widget.style, form.inputs["many"].widget.style) == ("segmented", "select")
    assert (form.inputs["region"].widget.value, form.inputs["many"].widget.value) == ("us", "two")


def test_values_are_what_was_given_and_absent_secrets_are_left_out(desk: Desk) -> None:
    ref = SecretRef(handle="sec_abcdefgh12", hint="**** 4711")
    given = {
        "token_url": "https://a.example",
        "region": "eu",
        "many": "five",
        "testing": False,
        "key": ref.model_dump(),
        "parameters": [{"name": "scope", "value": "mail"}, {"name": "pin", "value": ref.model_dump()}],
    }
    form = Form(Everything, given, desk)
    assert form.values() == given
    assert Everything.model_validate(form.values()).key == ref
    assert "key" not in Form(Everything, {}, desk).values()


async def test_typing_and_locking_are_told(desk: Desk) -> None:
    told: list[int] = []
    form = Form(BasicAuth, {}, desk, changed=lambda: told.append(1))
    form.inputs["username"].widget.value = "reconnect"
    form.inputs["password"].widget._receive({"sealed": seal_box(desk.public_key, "a-long-password")})
    await settle()
    assert len(told) == 2
    assert form.values()["username"] == "reconnect"
    assert form.values()["password"]["hint"] == "**** word"


def test_each_problem_stands_beside_its_field_and_the_rest_in_the_banner(desk: Desk) -> None:
    form = Form(
        OAuth2, {"parameters": [{"name": "scope"}, {"name": "", "value": "x"}]}, desk, prefix="credential"
    )
    focused: list[str] = []
    for name, one in form.inputs.items():
        one.focus = lambda name=name: focused.append(name)  # type: ignore[method-assign, misc]
    left = form.show(
        [
            wrong("credential.parameters.1.name", say("No name.")),
            wrong("credential.token_url", say("No address.")),
            wrong("headers.0.name", say("Elsewhere.")),
            Problem(field="payload", sentence=say("Mind this."), level="warning"),
        ]
    )
    assert form.inputs["token_url"].widget.error == "No address."
    assert form.inputs["client_id"].widget.error == ""
    assert form.inputs["parameters"].widget.errors == {"r2": {"name": "No name."}}
    assert focused == ["token_url"]
    (banner,) = form.banner.widget.children
    assert "Elsewhere." in banner.value
    assert [str(one.sentence) for one in left] == ["Mind this."]
    form.show([])
    assert form.inputs["token_url"].widget.error == ""
    assert form.inputs["parameters"].widget.errors == {}
    assert form.banner.widget.children == ()


def test_an_error_goes_away_when_something_else_is_typed(desk: Desk) -> None:
    form = Form(BasicAuth, {}, desk)
    form.show([wrong("username")])
    form.inputs["username"].widget.value = "r"
    assert form.inputs["username"].widget.error == ""


def test_a_wrong_folded_field_opens_its_fold(desk: Desk) -> None:
    form = Form(OAuth2, {}, desk, prefix="credential", folded=("grant_type", "token_path"))
    assert form.fold is not None
    assert form.fold.opened is False
    assert form.fold.body.layout.display == "none"
    form.show([wrong("credential.token_path.str")])
    assert form.fold.opened is True
    assert form.fold.body.layout.display is None


def test_a_preset_fills_plain_fields_alone(desk: Desk) -> None:
    ref = SecretRef(handle="sec_abcdefgh12", hint="****")
    form = Form(OAuth2, {"client_secret": ref.model_dump()}, desk)
    form.fill({"placement": "json", "client_id_key": "clientId", "client_secret": "never"})
    assert form.values()["placement"] == "json"
    assert form.values()["client_id_key"] == "clientId"
    assert form.values()["client_secret"] == ref.model_dump()


CREDENTIALS = {
    f"{provider.key}.{model.kind}": model for provider in every().values() for model in provider.credentials
}


@pytest.mark.parametrize("model", CREDENTIALS.values(), ids=CREDENTIALS)
def test_every_credential_of_the_catalogue_has_a_form(model: type[Credential], desk: Desk) -> None:
    form = Form(model, {}, desk, prefix="credential")
    assert list(form.inputs) == list(model.model_fields)
    for name, one in form.inputs.items():
        assert isinstance(one, Plain | KeptSecret | KeptRows)
        assert one.widget.label, f"{name} has no accessible name"
    assert "object at 0x" not in repr([form, *form.inputs.values()])


def test_a_model_without_fields_is_an_empty_form(desk: Desk) -> None:
    assert Form(NoAuth, {}, desk).values() == {}


def test_a_form_speaks_the_language_of_the_page(desk: Desk) -> None:
    before = Speech.translate
    try:
        speak(lambda text: {"User name": "Nome de usuário"}.get(text, text), lang="pt")
        assert Form(BasicAuth, {}, desk).inputs["username"].widget.label == "Nome de usuário"
    finally:
        speak(before)


def test_a_fold_opens_and_closes_by_its_button() -> None:
    fold = Fold("Advanced", show("inside"))
    assert fold.body.layout.display == "none"
    fold.button.click()
    assert (fold.opened, fold.body.layout.display) == (True, None)
    fold.button.click()
    assert (fold.opened, fold.body.layout.display) == (False, "none")


def test_a_place_closes_what_it_no_longer_shows() -> None:
    place, first, second = Place(), show("first"), show("second")
    assert place.widget.layout.display == "none"
    place.put(first)
    assert place.widget.layout.display is None
    place.put(second)
    assert (first.comm, place.widget.children) == (None, (second,))
    place.put()
    assert (second.comm, place.widget.layout.display) == (None, "none")
