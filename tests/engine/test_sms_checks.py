"""The verdict on an SMS account without asking anybody: every rule of R-SMS-03, 08, 09 and 18, each with a sentence that helps."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.credential_shapes import (
    BASE64,
    CONNECTION_STRINGS,
    HOSTS,
    IN_USE,
    SHAPES,
    SWAPPED,
    completed,
    connection,
    is_placeholder,
    misplaced_secrets,
    tidy_text,
)
from workbench.engine.sms_checks import (
    check_account,
    credential_of_account,
    needs_url,
    ref_of,
    secrets_of_account,
    tidy_account,
    wants_consent,
)
from workbench.models.base import SecretRef
from workbench.models.sms_account import ACCOUNT_STEPS, Sender, SmsAccount, SmsSettings
from workbench.providers import every
from workbench.sentence import Sentence

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SID, TOKEN = "AC" + "0123456789abcdef" * 2, "fedcba9876543210" * 2
KEY = base64.b64encode(bytes(range(64))).decode()
PRIMARY = f"endpoint=https://contoso.communication.azure.com/;accesskey={KEY}"
SECONDARY = f"endpoint=https://contoso.communication.azure.com/;accesskey={base64.b64encode(bytes(range(1, 65))).decode()}"
NUMBER = Sender(id="snd_1", value="+46701234567", name="Shop", type="long_code")


def settings_of(provider: str, /, **credential: str) -> tuple[SmsSettings, dict[str, str]]:
    """Settings whose secrets are behind handles, and what the handles stand for."""
    model = next(one for one in every()[provider].credentials if set(credential) <= set(one.model_fields))
    secrets: dict[str, str] = {}
    fields: dict[str, object] = {}
    for name, value in credential.items():
        if name in model.secret_fields():
            handle = f"sec_{name.replace('_', '')[:30]:x<8}"
            secrets[handle] = value
            fields[name] = SecretRef(handle=handle).model_dump()
        else:
            fields[name] = value
    settings = SmsSettings(
        name="Shop", provider=provider, credential_kind=model.kind, credential=fields, senders=(NUMBER,),
        url="https://handler.example.com/send" if needs_url(every()[provider]) else "",
    )  # fmt: skip
    return settings, secrets


def told(settings: SmsSettings, secrets: dict[str, str] | None = None, **more: object) -> dict[str, str]:
    found = check_account(settings, every().get(settings.provider), secrets=secrets, **more)  # type: ignore[arg-type]
    return {problem.field: str(problem.sentence) for problem in found if problem.blocks}


def account(name: str, settings: SmsSettings, id: str = "sms_2") -> SmsAccount:
    return SmsAccount(
        id=id, settings=settings.model_copy(update={"name": name}), created_at=NOW, updated_at=NOW
    )


GOOD = {
    "twilio": {"account_sid": SID, "auth_token": TOKEN},
    "azure_communication_services": {
        "primary_connection_string": PRIMARY, "secondary_connection_string": SECONDARY, "endpoint": "contoso.communication.azure.com",
    },
    "infobip": {"host": "abc123.api.infobip.com", "api_key": "0123456789abcdef0123456789abcdef-0123abcd"},
    "telesign": {"customer_id": "0A1B2C3D-EEEE-DDDD-1234-AB1234567890", "api_key": KEY},
    "link_mobility": {"username": "acme", "password": "s3cret-of-link", "platform_id": "COMMON_API", "platform_partner_id": "12345"},
    "vibes": {"username": "acme", "password": "s3cret-of-vibes", "company_key": "Xa2VQ9"},
}  # fmt: skip


@pytest.mark.parametrize("provider", GOOD)
def test_a_right_account_has_no_problem(provider: str) -> None:
    settings, secrets = settings_of(provider, **GOOD[provider])
    sender = Sender(id="snd_1", value="72345", type="short_code", name="Shop")

    assert told(settings.model_copy(update={"senders": (sender,)}), secrets) == {}


def test_every_shape_names_a_field_that_there_is() -> None:
    """The tables of shapes are keyed by the fields of the providers' files: one that is renamed there is missed here."""
    named = {(key, field) for key, fields in SHAPES.items() for field in fields}
    named |= {
        (key, field)
        for table in (SWAPPED, BASE64, CONNECTION_STRINGS)
        for key, fields in table.items()
        for field in fields
    }
    named |= {(key, host.field) for key, host in HOSTS.items()}
    named |= {(key, field) for key, (field, _, _) in IN_USE.items()} | {
        (key, field) for key, (_, _, field) in IN_USE.items()
    }

    for key, field in named:
        assert any(field in model.model_fields for model in every()[key].credentials), (key, field)


# -- step 1 ----------------------------------------------------------------------------------------------------------------


def test_the_first_step() -> None:
    other = account("shop ", SmsSettings())
    long = SmsSettings(name="x" * 101, description="d" * 501, business_unit="u" * 201, provider="pigeon")

    assert told(SmsSettings()) == {
        "provider": "Choose the provider whose account this is.",
        "name": "Give the account a name. Messages and reports show it.",
    }
    found = told(long)
    assert "no SMS provider “pigeon”" in found["provider"]
    assert "101 characters" in found["name"]
    assert "501" in found["description"]
    assert "201" in found["business_unit"]
    assert (
        "already is an account named “Shop”"
        in told(SmsSettings(name="Shop", provider="twilio"), others=[other])["name"]
    )
    assert "line break" in told(SmsSettings(name="a\nb", provider="twilio"))["name"]
    assert "provider" in told(SmsSettings(name="E-mail", provider="brevo")), "a provider that sends no texts"


def test_a_step_asks_for_what_is_before_it_and_no_more() -> None:
    settings = SmsSettings(name="Shop", provider="twilio", credential_kind="twilio_token")
    seen = {step: set(told(settings, step=step)) for step in ACCOUNT_STEPS}

    assert seen["provider"] == set()
    assert seen["credentials"] == {"credential.account_sid", "credential.auth_token"}
    assert (
        seen["senders"]
        == seen["review"]
        == seen["callbacks"]
        == set(told(settings))
        == {*seen["credentials"], "senders"}
    )


# -- credentials -----------------------------------------------------------------------------------------------------------


def test_swapped_sid_and_token_are_named() -> None:
    settings, secrets = settings_of("twilio", account_sid=TOKEN, auth_token=SID)
    found = told(settings, secrets)

    assert found["credential.account_sid"] == found["credential.auth_token"]
    assert "swapped" in found["credential.account_sid"]
    assert TOKEN not in str(found)
    assert SID not in str(found)


def test_one_of_the_two_in_the_others_field_is_named() -> None:
    token_as_sid, _ = settings_of("twilio", account_sid=TOKEN)
    sid_as_token, secrets = settings_of("twilio", account_sid=SID, auth_token=SID)

    assert "This is the “Auth token”, not the “Account SID”" in told(token_as_sid)["credential.account_sid"]
    assert (
        "This is the “Account SID”, not the “Auth token”"
        in told(sid_as_token, secrets)["credential.auth_token"]
    )
    assert misplaced_secrets("twilio", token_as_sid.credential) == ("account_sid",)
    assert misplaced_secrets("twilio", {"account_sid": SID}) == ()
    assert misplaced_secrets("infobip", {"host": TOKEN}) == ()


@pytest.mark.parametrize(
    ("sid", "token", "field"),
    [
        (SID[:-1], TOKEN, "account_sid"), (SID + "0", TOKEN, "account_sid"), ("SK" + SID[2:], TOKEN, "account_sid"),
        (SID[:-1] + "g", TOKEN, "account_sid"), ("ac" + SID[2:], TOKEN, "account_sid"),
        (SID, TOKEN[:-1], "auth_token"), (SID, TOKEN + "00", "auth_token"), (SID, TOKEN[:-1] + "z", "auth_token"),
    ],
)  # fmt: skip
def test_twilios_shapes_are_told_with_the_value_masked(sid: str, token: str, field: str) -> None:
    settings, secrets = settings_of("twilio", account_sid=sid, auth_token=token)
    found = told(settings, secrets)

    assert set(found) == {f"credential.{field}"}
    assert "digits or letters from a to f" in found[f"credential.{field}"]
    assert f"**** {(sid if field == 'account_sid' else token)[-4:]}" in found[f"credential.{field}"]
    assert sid not in str(found)
    assert token not in str(found)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (KEY, "no “endpoint=”"),
        ("accesskey=" + KEY, "no “endpoint=”"),
        ("endpoint=https://contoso.communication.azure.com/", "no “accesskey=”"),
        ("endpoint=https://contoso.communication.azure.com/;accesskey=", "no “accesskey=”"),
        ("endpoint=contoso.communication.azure.com;accesskey=" + KEY, "no address that begins with https://"),
        (
            "endpoint=http://contoso.communication.azure.com;accesskey=" + KEY,
            "no address that begins with https://",
        ),
        ("endpoint=https://[;accesskey=" + KEY, "no address that begins with https://"),
        ("endpoint=https://contoso.communication.azure.com/;accesskey=" + KEY[:-1], "no base64"),
        ("endpoint=https://contoso.communication.azure.com/;accesskey=not*base64*at*all", "no base64"),
    ],
)
@pytest.mark.parametrize("field", CONNECTION_STRINGS["azure_communication_services"])
def test_a_wrong_connection_string_says_what_it_lacks(text: str, why: str, field: str) -> None:
    given = {**GOOD["azure_communication_services"], field: text}
    settings, secrets = settings_of("azure_communication_services", **given)
    found = told(settings, secrets)

    assert set(found) == {f"credential.{field}"}
    assert why in found[f"credential.{field}"]
    assert "Azure portal" in found[f"credential.{field}"]
    assert text not in found[f"credential.{field}"]


def test_both_connection_strings_are_of_one_resource() -> None:
    other = SECONDARY.replace("contoso", "fabrikam")
    settings, secrets = settings_of(
        "azure_communication_services",
        **{**GOOD["azure_communication_services"], "secondary_connection_string": other},
    )

    assert (
        "fabrikam.communication.azure.com"
        in told(settings, secrets)["credential.secondary_connection_string"]
    )


def test_the_same_connection_string_twice_is_a_warning() -> None:
    settings, secrets = settings_of(
        "azure_communication_services",
        **{**GOOD["azure_communication_services"], "secondary_connection_string": PRIMARY},
    )
    found = check_account(
        settings, every()["azure_communication_services"], secrets=secrets, step="credentials"
    )

    assert [(one.field, one.level) for one in found] == [
        ("credential.secondary_connection_string", "warning")
    ]


def test_the_key_in_use_must_be_there() -> None:
    settings, secrets = settings_of(
        "azure_communication_services", primary_connection_string=PRIMARY, endpoint="contoso.communication.azure.com",
        key_in_use="secondary",
    )  # fmt: skip

    assert (
        "is to be used, but it is empty" in told(settings, secrets)["credential.secondary_connection_string"]
    )


def test_the_host_is_taken_out_of_the_connection_string() -> None:
    settings, secrets = settings_of("azure_communication_services", primary_connection_string=PRIMARY)
    tidied = tidy_account(settings, secrets)
    moved, more = settings_of(
        "azure_communication_services",
        primary_connection_string=PRIMARY,
        endpoint="fabrikam.communication.azure.com",
    )

    assert tidied.credential["endpoint"] == "contoso.communication.azure.com"
    assert told(tidied, secrets) == {}
    assert "Correct the one that is wrong" in told(moved, more)["credential.primary_connection_string"]


@given(st.permutations(["endpoint", "accesskey"]), st.sampled_from(["", ";", " "]), st.booleans())
def test_a_connection_string_is_read_in_any_order_and_case(order: list[str], end: str, capital: bool) -> None:
    values = {"endpoint": "https://Contoso.communication.azure.com/", "accesskey": KEY}
    text = ";".join(f"{name.upper() if capital else name}={values[name]}" for name in order) + end

    assert connection(text) == ("contoso.communication.azure.com", bytes(range(64)))


@given(st.text(max_size=200))
def test_any_text_is_a_connection_or_a_sentence(text: str) -> None:
    found = connection(text)

    assert isinstance(found, (Sentence, tuple))


@pytest.mark.parametrize(
    "pasted",
    [
        "abc123.api.infobip.com", "https://abc123.api.infobip.com", "http://ABC123.api.infobip.com/",
        " abc123.api.infobip.com/sms/3/messages\n",
        "https://abc123.api.infobip.com/sms?x=1#top",
    ],
)  # fmt: skip
def test_infobips_base_url_is_put_right(pasted: str) -> None:
    settings, secrets = settings_of("infobip", host=pasted, api_key=GOOD["infobip"]["api_key"])
    tidied = tidy_account(settings, secrets)

    assert tidied.credential["host"] == "abc123.api.infobip.com"
    assert told(tidied, secrets) == {}
    assert told(settings, secrets) == {}, "the check reads it as it will be kept"


@pytest.mark.parametrize(
    "wrong", ["abc123", "https://", "api.example.com", "infobip.com.evil.example", "user@abc.infobip.com.x"]
)
def test_a_wrong_base_url_is_told_with_one_that_is_right(wrong: str) -> None:
    settings, secrets = settings_of("infobip", host=wrong, api_key=GOOD["infobip"]["api_key"])

    sentence = told(tidy_account(settings, secrets), secrets)["credential.host"]
    assert "abc123.api.infobip.com" in sentence or "is empty" in sentence


def test_telesigns_key_is_base64() -> None:
    settings, secrets = settings_of("telesign", customer_id=GOOD["telesign"]["customer_id"], api_key=KEY[:-1])

    assert "no base64" in told(settings, secrets)["credential.api_key"]


@pytest.mark.parametrize(
    "text",
    [
        "your_auth_token", "YOUR-API-KEY", "<auth token>", "{{api_key}}", "$API_KEY", "${TOKEN}", "%TOKEN%", "[token]", "xxxxxxxx", "XXXX",
        "ACXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", "********", "**** ab12", "........", "changeme", "Change Me", "placeholder", "token",
        "API KEY", "secret", "insert here", "paste_here", "xxxxx.api.infobip.com", "https://xxxxx.api.infobip.com", "todo", "……",
    ],
)  # fmt: skip
def test_a_placeholder_is_none_of_the_real_values(text: str) -> None:
    assert is_placeholder(text), text


REAL = [
    SID,
    TOKEN,
    KEY,
    PRIMARY,
    "abc123.api.infobip.com",
    "f" * 32,
    "0" * 32,
    "acme",
    "AC" + "a" * 32,
    "xy",
    "Xa2VQ9",
]


@pytest.mark.parametrize("text", REAL)
def test_a_real_value_is_no_placeholder(text: str) -> None:
    assert not is_placeholder(text), text


@pytest.mark.parametrize(
    ("field", "text"),
    [("auth_token", "your_auth_token"), ("account_sid", "ACxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")],
)
def test_a_placeholder_is_refused_by_its_name(field: str, text: str) -> None:
    settings, secrets = settings_of("twilio", **{**GOOD["twilio"], field: text})

    found = told(settings, secrets)
    assert set(found) == {f"credential.{field}"}
    assert "stands for the real value in a manual" in found[f"credential.{field}"]


@given(
    st.sampled_from([SID, TOKEN, KEY, PRIMARY]),
    st.text(alphabet=" \t\r\n\u00a0\u200b\ufeff\u2060", max_size=6),
    st.text(alphabet=" \t\r\n\u00a0\u200b\ufeff\u2060", max_size=6),
)
def test_what_a_copy_brings_along_is_taken_off(value: str, before: str, after: str) -> None:
    assert tidy_text(f"{before}{value}{after}") == value


def test_secrets_with_line_ends_are_judged_as_they_will_be_kept() -> None:
    settings, secrets = settings_of("twilio", account_sid=f" {SID}\n", auth_token=f"{TOKEN}\r\n")

    assert told(tidy_account(settings), secrets) == {}


def test_the_models_own_findings_are_told_too() -> None:
    settings, secrets = settings_of(
        "twilio", account_sid=SID, auth_token=TOKEN, key_sid="SK1", key_secret=TOKEN
    )

    assert set(told(settings, secrets)) == {"credential.key_sid"}
    assert told(SmsSettings(name="x", provider="twilio", credential_kind="magic"))["credential_kind"]
    credential, problems = credential_of_account(
        SmsSettings(provider="twilio", credential_kind="magic"), every()["twilio"]
    )
    assert credential is None
    assert problems
    assert credential_of_account(settings_of("twilio", **GOOD["twilio"])[0], every()["twilio"])[0] is not None


def test_a_secret_that_is_not_opened_is_not_judged() -> None:
    settings, _ = settings_of("twilio", account_sid=SID, auth_token="your_auth_token")

    assert told(settings) == {}
    assert list(secrets_of_account(settings)) == ["auth_token"]
    assert ref_of({"handle": "no handle"}) is None
    assert ref_of({"handle": "sec_12345678", "more": 1}) is None


def test_a_custom_channel_says_where_messages_go() -> None:
    custom = every()["custom_channel"]
    settings = SmsSettings(
        name="Own", provider="custom_channel", credential_kind=custom.credentials[0].kind, senders=(NUMBER,)
    )

    assert needs_url(custom)
    assert not needs_url(every()["twilio"])
    assert "URL is empty" in told(settings)["url"]
    assert "https://" in told(settings.model_copy(update={"url": "http://handler.example.com"}))["url"]
    assert "url" not in told(settings.model_copy(update={"url": "http://127.0.0.1:8080/send"}))
    assert completed("custom_channel", {"a": 1}, {}) == {"a": 1}


# -- senders beside each other ---------------------------------------------------------------------------------------------


def with_senders(*senders: Sender, **more: object) -> tuple[SmsSettings, dict[str, str]]:
    settings, secrets = settings_of("twilio", **GOOD["twilio"])
    return settings.model_copy(update={"senders": senders, **more}), secrets


@given(
    st.sampled_from(
        ["+46701234567", "+46 70 123 45 67", "0046701234567", "tel:+46-70-1234567", "+46(0)701234567"]
    )
)
def test_a_number_twice_in_one_account_is_refused_in_any_spelling(spelling: str) -> None:
    settings, secrets = with_senders(NUMBER, Sender(value=spelling, type="mobile"))

    assert "twice" in told(tidy_account(settings), secrets)["senders.1.value"]


@given(st.sampled_from(["ACME Shop", "acme shop", "Acme SHOP", " acme  shop "]))
def test_a_sender_id_is_unique_whatever_its_case(spelling: str) -> None:
    settings, secrets = with_senders(
        Sender(value="Acme Shop", type="alphanumeric"), Sender(value=spelling, type="alphanumeric")
    )

    assert "twice" in told(tidy_account(settings), secrets)["senders.1.value"]


def test_a_number_in_two_accounts_is_a_warning() -> None:
    settings, secrets = with_senders(NUMBER)
    other = account(
        "Other", settings.model_copy(update={"senders": (NUMBER.model_copy(update={"name": "Else"}),)})
    )
    found = check_account(settings, every()["twilio"], others=[other], secrets=secrets, step="senders")

    assert [(one.field, one.level) for one in found] == [("senders.0.value", "warning")]
    assert "also a sender of the account “Other”" in str(found[0].sentence)


def test_a_friendly_name_is_unique_in_its_business_unit() -> None:
    twin = Sender(value="+46701234568", name="SHOP", type="mobile")
    elsewhere = twin.model_copy(update={"business_unit": "Sweden"})
    settings, secrets = with_senders(NUMBER, twin)
    apart, _ = with_senders(NUMBER, elsewhere)
    single, _ = with_senders(twin)
    other = account("Other", with_senders(NUMBER)[0])

    assert (
        "already is a sender with the friendly name “SHOP” in the whole company"
        in told(settings, secrets)["senders.1.name"]
    )
    assert told(apart, secrets) == {}
    assert "friendly name" in told(single, secrets, others=[other])["senders.0.name"]
    assert (
        told(single, secrets, others=[account("Other", with_senders(NUMBER, business_unit="Norway")[0])])
        == {}
    )
    nameless, _ = with_senders(NUMBER.model_copy(update={"name": ""}), twin.model_copy(update={"name": ""}))
    assert told(nameless, secrets) == {}


def test_no_sender_is_told_and_very_many_are_noted() -> None:
    none, secrets = with_senders()
    many, _ = with_senders(*(Sender(value=f"+4670123{number:04}", type="mobile") for number in range(51)))
    found = check_account(many, every()["twilio"], secrets=secrets, step="senders")

    assert "at least one sender" in told(none, secrets)["senders"]
    assert [(one.field, one.level) for one in found] == [("senders", "note")]


# -- STOP ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", [key for key, one in every().items() if one.sms is not None])
def test_stop_is_noticed_until_somebody_ticks_it(provider: str) -> None:
    settings = SmsSettings(name="Shop", provider=provider, senders=(NUMBER,))

    def notices(ticked: bool) -> list[str]:
        found = check_account(
            settings.model_copy(update={"consent_at_provider": ticked}), every()[provider], step="review"
        )
        return [one.level for one in found if one.field == "consent_at_provider"]

    third_party = provider != "azure_communication_services"
    assert wants_consent(every()[provider]) is third_party
    assert notices(ticked=False) == (["warning"] if third_party else [])
    assert notices(ticked=True) == []


@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from(["twilio", "infobip", "pigeon", ""]))
def test_tidying_an_account_settles(name: str, unit: str, provider: str) -> None:
    settings = SmsSettings(
        name=name,
        business_unit=unit,
        provider=provider,
        credential={"host": name, "account_sid": unit},
        senders=(Sender(value=name),),
    )
    once = tidy_account(settings)

    assert tidy_account(once) == once
    assert all(
        problem.sentence.render(lambda text: text) for problem in check_account(once, every().get(provider))
    )
