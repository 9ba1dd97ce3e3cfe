"""Redaction: no form of a secret survives, and nothing else changes."""

from __future__ import annotations

import base64
import html
import json
import string
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from workbench.engine.redact import (
    BODY_LIMIT,
    KEPT,
    KEPT_LENGTH,
    SENSITIVE_HEADERS,
    Redactor,
    mask_identifier,
)
from workbench.engine.spellings import too_short
from workbench.models.request import FieldError, Outcome, Reply, Request
from workbench.sentence import say

SECRET = "p\"s\\w/ö &+'<%~=sk_live-9"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def escaped_ascii(text: str) -> str:
    return json.dumps(text)[1:-1]


def lower_percent(text: str) -> str:
    return "".join(
        f"%{byte:02x}" if not chr(byte).isalnum() or byte > 127 else chr(byte) for byte in text.encode()
    )


TEXT_FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "quote": lambda secret: quote(secret, safe=""),
    "quote, slashes kept": quote,
    "quote_plus": quote_plus,
    "percent in small letters": lower_percent,
    "percent twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "JSON": escaped,
    "JSON in ASCII": escaped_ascii,
    "JSON in ASCII, capital hex": lambda secret: "".join(
        f"\\u{ord(c):04X}" if 127 < ord(c) < 65536 else escaped_ascii(c) for c in secret
    ),
    "JSON, slashes escaped": lambda secret: escaped_ascii(secret).replace("/", "\\/"),
    "JSON inside JSON": lambda secret: escaped(escaped(secret)),
    "ASCII JSON inside JSON inside JSON": lambda secret: escaped_ascii(escaped_ascii(escaped_ascii(secret))),
    "HTML": html.escape,
    "HTML, quotes kept": lambda secret: html.escape(secret, quote=False),
    "HTML, numbers": lambda secret: "".join(
        c if c.isascii() and c.isalnum() else f"&#{ord(c)};" for c in secret
    ),
    "hex": lambda secret: secret.encode().hex(),
    "HEX": lambda secret: secret.encode().hex().upper(),
}

BASE64_FORMS: dict[str, Callable[[str], str]] = {
    "base64": b64,
    "base64, one byte before": lambda secret: b64("\x01" + secret),
    "base64, two bytes before": lambda secret: b64("\x01\x02" + secret),
    "base64, one byte after": lambda secret: b64(secret + "\x01"),
    "base64, two bytes after": lambda secret: b64(secret + "\x01\x02"),
    "base64, no padding": lambda secret: b64(secret).rstrip("="),
    "base64url": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "base64url, in the middle, no padding": lambda secret: (
        base64.urlsafe_b64encode(f"a{secret}bc".encode()).decode().rstrip("=")
    ),
    "Basic": lambda secret: b64(f"me@example.com:{secret}"),
    "Basic, form-encoded before": lambda secret: b64(f"id:{quote_plus(secret)}"),
    "base64 in a form": lambda secret: quote_plus(b64(f"x{secret}")),
    "base64 in JSON from PHP": lambda secret: b64(secret).replace("/", "\\/"),
    "base64 of JSON": lambda secret: b64(json.dumps({"k": secret})),
}

FRAME = "жыд {}[]:,;\n\t"
"""What stands around a secret in these tests: no character of it occurs in an encoding."""

frames = st.text(alphabet=FRAME, max_size=20)
secrets = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=FRAME), min_size=6, max_size=40
) | st.text(alphabet=string.printable.translate({ord(c): None for c in FRAME}), min_size=6, max_size=60)


@pytest.mark.parametrize("form", TEXT_FORMS)
@settings(deadline=None)
@given(secret=secrets, before=frames, after=frames)
def test_each_text_form_is_replaced_whole_and_nothing_else(
    form: str, secret: str, before: str, after: str
) -> None:
    shown = Redactor({secret: "****"}).text(before + TEXT_FORMS[form](secret) + after)
    assert shown == before + "****" + after


@pytest.mark.parametrize("form", BASE64_FORMS)
@settings(deadline=None)
@given(secret=secrets, before=frames, after=frames)
def test_no_base64_form_survives(form: str, secret: str, before: str, after: str) -> None:
    encoded = BASE64_FORMS[form](secret)
    shown = Redactor({secret: "€"}).text(before + encoded + after)
    assert shown.startswith(before)
    assert shown.endswith(after)
    kept_before, mask, kept_after = shown[len(before) : len(shown) - len(after)].partition("€")
    assert mask
    # What is left on either side are neighbours of the secret only: never one of its whole six bits.
    assert encoded.startswith(kept_before)
    assert encoded.endswith(kept_after)
    assert len(encoded) - len(kept_before) - len(kept_after) >= len(secret.encode()) * 8 // 6


@settings(deadline=None)
@given(st.dictionaries(secrets, st.just("€"), min_size=2, max_size=5), st.data())
def test_several_secrets_in_any_forms_all_go(known: dict[str, str], data: st.DataObject) -> None:
    forms = data.draw(st.lists(st.sampled_from(sorted(TEXT_FORMS)), min_size=1, max_size=6))
    chosen = [data.draw(st.sampled_from(sorted(known))) for _ in forms]
    text = "ж".join(TEXT_FORMS[form](secret) for form, secret in zip(forms, chosen, strict=True))
    assert Redactor(known).text(text) == "ж".join("€" for _ in forms)


@settings(deadline=None)
@given(secrets, st.text(max_size=200))
def test_a_text_without_the_secret_stays_as_it_is(secret: str, text: str) -> None:
    assume(len(set(secret)) > 5)
    assume(not set(secret) & set(text))
    assume(not any(c in text for c in "%&\\+"))
    assert Redactor({secret: "****"}).text(text) == text


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_bytes_without_a_secret_stay_as_they_are(data: bytes) -> None:
    assert Redactor({"correct horse battery": "****"}).data(data) == data


def test_bytes_around_a_secret_stay_as_they_are() -> None:
    data = b"\xff\xfe" + SECRET.encode() + b"\x00\xff"
    assert Redactor({SECRET: "****"}).data(data) == b"\xff\xfe****\x00\xff"


def test_of_two_secrets_the_longer_one_is_found_first() -> None:
    redactor = Redactor({"sk_live_1": "<short>", "sk_live_1234": "<long>"})
    assert redactor.text("a sk_live_1234 b sk_live_1 c") == "a <long> b <short> c"
    assert "1234" not in redactor.text(b64("me:sk_live_1234"))


def test_secrets_that_overlap_leave_no_end() -> None:
    redactor = Redactor({"xxabc1": "<1>", "abc123456": "<2>", "456789": "<3>"})
    assert redactor.text("-xxabc123456789-") == "-<2>-"
    assert Redactor({"aaaaaa": "*"}).text("b" + "a" * 13 + "b") == "b*b"


def test_a_secret_of_backslashes_and_quotes_is_found_in_time() -> None:
    secret = '\\"' * 30 + "end"
    hostile = '\\\\\\\\"' * 20_000
    assert Redactor({secret: "****"}).text(hostile + escaped(secret)).endswith('"****')


def test_short_secrets_are_left_in_texts_but_not_in_headers() -> None:
    assert [too_short(secret) for secret in ("", "12345", "123456")] == [True, True, False]
    redactor = Redactor({"12345": "****", "": "never"})
    assert redactor.text("order 12345") == "order 12345"
    assert redactor.headers((("X-Mine", "12345"), ("X-Other", "Word 12345"), ("X-Count", "123456"))) == (
        ("X-Mine", "****"),
        ("X-Other", "Word ****"),
        ("X-Count", "123456"),
    )


@pytest.mark.parametrize("name", sorted(SENSITIVE_HEADERS))
def test_a_sensitive_header_is_masked_even_when_its_value_is_unknown(name: str) -> None:
    redactor = Redactor({})
    assert redactor.headers(((name.title(), "who knows"),)) == ((name.title(), "****"),)
    assert redactor.headers(((name.upper(), "Bearer abc.def"),)) == ((name.upper(), "Bearer ****"),)


def test_headers_keep_the_scheme_word_and_a_known_mask() -> None:
    redactor = Redactor({"sk_live_abcdwxyz": "**** wxyz"})
    assert redactor.headers(
        (
            ("Authorization", "Bearer sk_live_abcdwxyz"),
            ("authorization", "Basic " + b64("me:sk_live_abcdwxyz")),
            ("X-Api-Key", "sk_live_abcdwxyz"),
            ("Authorization", "my own words"),
            ("Authorization", "Bearer"),
            ("X-Trace", "id=sk_live_abcdwxyz;v=1"),
            ("Content-Type", "application/json"),
        )
    ) == (
        ("Authorization", "Bearer **** wxyz"),
        ("authorization", "Basic ****"),
        ("X-Api-Key", "**** wxyz"),
        ("Authorization", "****"),
        ("Authorization", "****"),
        ("X-Trace", "id=**** wxyz;v=1"),
        ("Content-Type", "application/json"),
    )


def test_a_tree_is_redacted_in_texts_keys_and_numbers() -> None:
    redactor = Redactor({"secret-1": "****"}, {"46701234567": "+46***67"})
    tree = {"a": ["x secret-1 y", 1, 1.5, True, None], "secret-1": {"to": 46701234567, "n": 46701234568}}
    assert redactor.tree(tree) == {
        "a": ["x **** y", 1, 1.5, True, None],
        "****": {"to": "+46***67", "n": 46701234568},
    }


def test_identifiers_are_replaced_in_any_case_and_form() -> None:
    redactor = Redactor(
        {}, {"Anna+x@Example.com": "a***@example.com #1", "+46701234567": "+46***67 #2", "4711": "<id>"}
    )
    text = "anna+x@example.com Anna%2Bx%40Example.com \\u0041nna+x@example.com 46701234567 %2B46701234567 +46701234567"
    assert redactor.text(text) == (
        "a***@example.com #1 a***@example.com #1 \\u0041nna+x@example.com +46***67 #2 +46***67 #2 +46***67 #2"
    )
    assert redactor.text('{"id":4711,"n":47112,"m":14711} /u%2F4711?x=4711a') == (
        '{"id":<id>,"n":47112,"m":14711} /u%2F<id>?x=4711a'
    )
    assert Redactor({}, {"ab": "<no>"}).text("ab") == "ab"


def test_naming_gives_other_identifiers_and_keeps_the_secrets() -> None:
    first = Redactor({"secret-1": "****"}, {"bob@example.com": "b"})
    second = first.naming({"eve@example.com": "e"})
    text = "secret-1 bob@example.com eve@example.com"
    assert first.text(text) == "**** b eve@example.com"
    assert second.text(text) == "**** bob@example.com e"


def test_a_sentence_is_redacted_in_its_values() -> None:
    redactor = Redactor({"secret-1": "****"})
    sentence = say("{host} said {what}", host="x", what=say("no to {key}", key="k=secret-1"))
    shown = redactor.sentence(sentence)
    assert str(shown) == "x said no to k=****"
    assert shown.text == sentence.text


def test_a_request_is_shown_without_secrets() -> None:
    request = Request(
        method="POST",
        url=f"https://me:pw@api.example/send/{quote(SECRET, safe='')}?key={quote_plus(SECRET)}",
        headers=(("X-Api-Key", "unknown"), ("X-Sig", b64(SECRET))),
        body=json.dumps({"key": SECRET, "n": "å"}, ensure_ascii=False).encode(),
        provider="brevo",
    )
    view = Redactor({SECRET: "****"}).request(request)
    assert view.url == "https://****@api.example/send/****?key=****"
    assert view.headers == (("X-Api-Key", "****"), ("X-Sig", "****"))
    assert view.body == '{"key": "****", "n": "å"}'
    assert (view.method, view.size, view.provider) == ("POST", len(request.body), "brevo")


def test_a_reply_is_shown_without_secrets_and_parsed() -> None:
    body = json.dumps({"echo": json.dumps({"auth": SECRET}), "ok": True}).encode()
    reply = Reply(status=200, headers=(("Set-Cookie", "sid=1"), ("Server", "x")), body=body, elapsed_ms=12.5)
    view = Redactor({SECRET: "****"}).reply(reply)
    assert view.json_body == {"echo": '{"auth": "****"}', "ok": True}
    assert view.headers == (("Set-Cookie", "****"), ("Server", "x"))
    assert json.loads(view.body) == view.json_body
    assert (view.status, view.elapsed_ms, view.cut) == (200, 12.5, False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["secret-1", "ana@example.com", "4670123456", "x", "é", "a\\u0061", "ana@exampl\u0065.com"]) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "secret-1", "token", "ana@example.com"]), inner),
    max_leaves=12,
)  # fmt: skip


@settings(deadline=None)
@given(JSON, st.booleans())
def test_what_a_reply_shows_is_what_its_text_and_its_tree_become(value: object, ascii_only: bool) -> None:
    redactor = Redactor({"secret-1": "****"}, {"ana@example.com": "a***"})
    text = json.dumps(value, ensure_ascii=ascii_only)
    view = redactor.reply(Reply(status=200, body=text.encode()))
    assert view.body == redactor.text(text)
    assert view.json_body == redactor.tree(orjson.loads(text))


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b'{"n":4670123456789.0}', {"n": "<id>.0"}),
        (b'{"n":4.670123456789E12}', {"n": "<id>.0"}),
        (b'{"n":"\\u0034670123456789"}', {"n": "<id>"}),
        (b'{"n":467012345678}', {"n": 467012345678}),
    ],
)
def test_numbers_and_escapes_hide_no_identifier_from_the_parsed_body(body: bytes, parsed: object) -> None:
    redactor = Redactor({}, {"4670123456789": "<id>"})
    assert redactor.reply(Reply(status=200, body=body)).json_body == parsed


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(["X-Id", "Authorization", "X-Of"]), st.sampled_from(
    ["Bearer secret-1", "secret-1", "id=secret-1", "to=bob@example.com", "of eve@example.com", "é", "plain"])), max_size=8))  # fmt: skip
def test_what_is_asked_again_is_answered_for_the_one_who_is_named(pairs: list[tuple[str, str]]) -> None:
    first = Redactor({"secret-1": "****"})
    for _ in range(2):
        for who in ("bob@example.com", "eve@example.com"):
            named, new = first.naming({who: "<who>"}), Redactor({"secret-1": "****"}, {who: "<who>"})
            assert named.headers(tuple(pairs)) == new.headers(tuple(pairs))
            for _, value in pairs:
                sentence = say("{what} in {where}", what=value, where=say("{x}", x=value))
                assert named.sentence(sentence) == new.sentence(sentence)
                assert named.url(f"https://x.example/{value}") == new.url(f"https://x.example/{value}")


def test_what_is_remembered_of_a_long_job_does_not_grow() -> None:
    redactor = Redactor({"secret-1": "****"})
    for number in range(3 * KEPT):
        assert redactor.headers((("X-Id", f"{number} secret-1"),)) == (("X-Id", f"{number} ****"),)
        assert redactor.url(f"https://x.example/{number}/secret-1") == f"https://x.example/{number}/****"
        assert redactor.url(f"https://u:p{number}@x.example/") == "https://****@x.example/"
        assert len(redactor._kept) <= KEPT
        assert len(redactor._kept_headers) <= KEPT
    long = "x" * (KEPT_LENGTH + 1)
    assert redactor.headers((("X-Id", long),)) == (("X-Id", long),)
    assert ("X-Id", long) not in redactor._kept_headers


def test_an_outcome_is_redacted_in_its_words() -> None:
    redactor = Redactor({"secret-1": "****"}, {"ana@example.com": "a***"})
    error = FieldError(message="no secret-1 for Ana@example.com", field="to.ana@example.com", code="7")
    outcome = Outcome(
        kind="refused", sentence=say("{x} said {words}", x="X", words=error.message), errors=(error,)
    )
    shown = redactor.outcome(outcome)
    assert str(shown.sentence) == "X said no **** for a***"
    assert shown.errors == (FieldError(message="no **** for a***", field="to.a***", code="7"),)
    fine = Outcome(kind="accepted", sentence=say("{x} took it.", x="X"), ids=("1",))
    assert redactor.outcome(fine) is fine


def test_a_token_that_a_reply_gives_out_is_masked_by_its_field() -> None:
    body = b'{"access_token": "new\\"one", "Refresh_Token":"r" , "idToken" : "i", "token_type": "Bearer", "n": 1}'
    view = Redactor({}).reply(Reply(status=200, body=body))
    assert view.json_body == {
        "access_token": "****",
        "Refresh_Token": "****",
        "idToken": "****",
        "token_type": "Bearer",
        "n": 1,
    }
    assert json.loads(view.body) == view.json_body
    cut = Redactor({}).reply(Reply(status=200, body=b'{"access_token": "never end'))
    assert cut.body == '{"access_token": "****'
    known = Redactor({"token-abcd": "**** abcd"}).reply(
        Reply(status=200, body=b'{"access_token":"token-abcd"}')
    )
    assert known.json_body == {"access_token": "**** abcd"}


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b"", None),
        (b"<html>no</html>", None),
        (b"{broken", None),
        (b"\xff\xfe\x00", None),
        (b"[1,2]", [1, 2]),
        (b"[" * 100_000, None),
        (b"[" * 900 + b"]" * 900, None),
        (b'{"a": NaN}', None),
    ],
)
def test_whatever_the_body_a_reply_can_be_shown(body: bytes, parsed: object) -> None:
    assert Redactor({SECRET: "****"}).reply(Reply(status=200, body=body)).json_body == parsed


def test_the_charset_of_the_reply_is_heeded() -> None:
    reply = Reply(
        status=200, headers=(("Content-Type", "text/plain; charset=utf-16"),), body=SECRET.encode("utf-16")
    )
    assert Redactor({SECRET: "****"}).reply(reply).body == "****"


@pytest.mark.parametrize("at", [BODY_LIMIT - 30, BODY_LIMIT - 7, BODY_LIMIT - 1, BODY_LIMIT])
def test_a_secret_across_the_cut_leaves_no_beginning(at: int) -> None:
    body = b"x" * at + b"secret-12345678" + b"y" * 100
    view = Redactor({"secret-12345678": "****"}).reply(Reply(status=200, body=body))
    assert view.cut
    assert view.json_body is None
    assert len(view.body.encode()) <= BODY_LIMIT
    assert "s" not in view.body


def test_the_cut_counts_bytes_and_splits_no_character() -> None:
    view = Redactor({}).reply(Reply(status=200, body=("x" + "ö" * BODY_LIMIT).encode()))
    assert len(view.body.encode()) == BODY_LIMIT - 1
    assert set(view.body) == {"x", "ö"}
    assert Redactor({}).reply(Reply(status=200, body=b"{}", truncated=True)).cut


def test_nothing_of_a_redactor_is_in_its_representation() -> None:
    assert repr(Redactor({SECRET: "****"}, {"bob@example.com": "b"})) == "<Redactor of 1 secrets>"


def test_pseudonyms_show_a_little_and_tell_persons_apart() -> None:
    salt = b"a salt of this home"
    anna = mask_identifier("anna@example.com", salt)
    assert anna.startswith("a***@example.com #")
    assert anna == mask_identifier(" anna@example.com ", salt)
    assert anna.split("#")[1] == mask_identifier("Anna@Example.com", salt).split("#")[1]
    assert anna != mask_identifier("anne@example.com", salt)
    assert anna != mask_identifier("anna@example.com", b"another salt")
    phone = mask_identifier("+46701234589", salt)
    assert phone.startswith("+46***89 #")
    assert phone == mask_identifier("+46 (70) 123-45 89", salt)
    assert mask_identifier("al@example.com", salt).startswith("***@example.com #")
    assert mask_identifier("customer-4711", salt).startswith("c*** #")
    assert mask_identifier("4711", salt).startswith("*** #")
    assert mask_identifier("", salt).startswith("*** #")


@settings(deadline=None)
@given(st.text(max_size=60), st.binary(min_size=1, max_size=32))
def test_a_pseudonym_ends_in_six_digits_and_holds_no_long_part(value: str, salt: bytes) -> None:
    shown, _, fingerprint = mask_identifier(value, salt).rpartition(" #")
    assert len(fingerprint) == 6
    assert set(fingerprint) <= set("0123456789abcdef")
    assert "***" in shown
    local = value.strip().rpartition("@")[0]
    assert len(local) < 4 or local not in shown


PLACED = {SECRET: "$SECRET_1", "sk_live_abcd": "$SECRET_2", "pw": "$SECRET_3"}


def test_a_request_for_a_snippet_names_secrets_by_form() -> None:
    request = Request(
        method="POST",
        url=f"https://me:pw@api.example/{quote(SECRET, safe='')}?a={quote_plus(SECRET)}&b=sk_live_abcd",
        headers=(
            ("Authorization", "Bearer sk_live_abcd"),
            ("Authorization", "Basic " + b64(f"me:{SECRET}")),
            ("Authorization", "Basic " + b64(f"id:{quote_plus(SECRET)}")),
            ("Authorization", "Basic " + b64("me:pw")),
            ("Authorization", "Basic " + b64("me:unknown")),
            ("Authorization", "HMAC-SHA256 Signature=abc"),
            ("Authorization", "Basic not base64!"),
            ("X-Mine", "pw"),
            ("X-Text", "pw sk_live_abcd"),
        ),
        body=json.dumps({"a": SECRET, "b": html.escape(SECRET), "c": b64(SECRET)}).encode() + b"\xff",
    )
    blank = Redactor(PLACED, {"api.example": "<host>"}).blank(request)
    assert blank.url == "https://****@api.example/$SECRET_1_URL?a=$SECRET_1_URL&b=$SECRET_2"
    assert blank.headers == (
        ("Authorization", "Bearer $SECRET_2"),
        ("Authorization", "Basic " + b64("me:$SECRET_1")),
        ("Authorization", "Basic " + b64("id:$SECRET_1_URL")),
        ("Authorization", "Basic " + b64("me:$SECRET_3")),
        ("Authorization", "Basic ****"),
        ("Authorization", "HMAC-SHA256 ****"),
        ("Authorization", "Basic ****"),
        ("X-Mine", "$SECRET_3"),
        ("X-Text", "pw $SECRET_2"),
    )
    assert blank.body == b'{"a": "$SECRET_1_JSON", "b": "$SECRET_1_ENCODED", "c": "$SECRET_1_ENCODED"}\xff'


def test_a_form_that_is_no_plain_encoding_is_called_encoded() -> None:
    twice = json.dumps(json.dumps(SECRET))[1:-1]
    request = Request(method="POST", url="https://x.example", headers=(), body=twice.encode())
    assert Redactor(PLACED).blank(request).body == b'\\"$SECRET_1_ENCODED\\"'
    lines = Redactor({"two\nlines": "$SECRET_1"}).blank(request.model_copy(update={"body": b"two&#10;lines"}))
    assert lines.body == b"$SECRET_1_HTML"
    half = request.model_copy(update={"body": SECRET.replace("/", "\\/").encode()})
    assert Redactor(PLACED).blank(half).body == b"$SECRET_1_ENCODED"


def test_html_alone_has_its_own_placeholder() -> None:
    request = Request(method="POST", url="https://x.example", headers=(), body=html.escape(SECRET).encode())
    assert Redactor(PLACED).blank(request).body == b"$SECRET_1_HTML"
