"""Imports: cURL commands as people write them, and as browsers copy them for three kinds of shells."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest

from tests.engine.imports.carried import composed, only, read, said

BODY = {"to": "ana@example.com", "q": 'it\'s "50%" & more', "u": "é🙂"}

CHROME_BASH = r"""curl 'https://api.example.com/v1/send?x=1&y=2' \
  -H 'accept: */*' \
  -H 'accept-language: en-GB,en;q=0.9' \
  -H 'authorization: Bearer abc.def.ghi12345' \
  -H 'content-type: application/json' \
  -b 'sid=s3cretcookie' \
  -H 'sec-ch-ua: "Chromium";v="130"' \
  -H 'user-agent: Mozilla/5.0 (X11; Linux)' \
  --data-raw $'{"to":"ana@example.com","q":"it\'s \\"50%\\" & more","u":"\u00e9\ud83d\ude42"}' ;
"""
CHROME_CMD = (
    'curl ^"https://api.example.com/v1/send?x=1^&y=2^" ^\r\n'
    '  -H ^"accept: */*^" ^\r\n'
    '  -H ^"accept-language: en-GB,en;q=0.9^" ^\r\n'
    '  -H ^"authorization: Bearer abc.def.ghi12345^" ^\r\n'
    '  -H ^"content-type: application/json^" ^\r\n'
    '  -b ^"sid=s3cretcookie^" ^\r\n'
    '  -H ^"sec-ch-ua: ^\\^"Chromium^\\^";v=^\\^"130^\\^"^" ^\r\n'
    '  -H ^"user-agent: Mozilla/5.0 (Windows NT 10.0)^" ^\r\n'
    '  --data-raw ^"^{^\\^"to^\\^":^\\^"ana@example.com^\\^",^\\^"q^\\^":^\\^"it\'s ^\\^\\^\\^"50^%^\\^\\^\\^" ^& more^\\^",'
    '^\\^"u^\\^":^\\^"é🙂^\\^"^}^"\r\n'
)
POWERSHELL = """PS C:\\> curl.exe 'https://api.example.com/v1/send?x=1&y=2' `
  -H 'accept: */*' `
  -H "authorization: Bearer abc.def.ghi12345" `
  -H 'accept-language: en-GB,en;q=0.9' -H 'sec-fetch-mode: cors' -b 'sid=s3cretcookie' `
  -H 'content-type: application/json' `
  -d @'
{"to":"ana@example.com","q":"it's \\u005c"50%\\u005c" & more","u":"é🙂"}
'@
""".replace("\\u005c", "\\\\")


@pytest.mark.parametrize("command", [CHROME_BASH, CHROME_CMD, POWERSHELL], ids=["bash", "cmd", "powershell"])
def test_what_a_browser_copies_is_the_same_in_every_shell(command: str) -> None:
    found = read(command)
    (request,) = found.requests
    assert not found.problems
    assert request.settings.url == "https://api.example.com/v1/send?x=1&y=2"
    sent = composed(found, request, {"s1": "abc.def.ghi12345"})
    assert json.loads(sent.body) == BODY
    assert sent.header("authorization") == "Bearer abc.def.ghi12345"
    assert request.settings.credential_kind == "bearer"
    assert request.recipient == "ana@example.com"
    assert [fill.place for fill in request.fills] == ["credential.token"]
    assert len(said(request, "cookie")) == 1
    shown = found.model_dump_json()
    assert "abc.def.ghi12345" not in shown
    assert "s3cretcookie" not in shown
    assert request.settings.headers == ()


@pytest.mark.parametrize(
    ("options", "kind", "word"),
    [
        ("-k", "insecure", "--insecure"),
        ("-sSLk", "redirect", "--location"),
        ("-x http://proxy:3128", "proxy", "--proxy"),
        ("--cert me.pem", "certificate", "--cert"),
        ("-b sid=1", "cookie", "--cookie"),
        ("--retry 5", "retry", "--retry"),
        ("--digest -u a:bcdefgh", "auth", "--digest"),
        ("-T file.bin", "file", "--upload-file"),
        ("--resolve a:443:127.0.0.1", "option", "--resolve"),
        ("--shiny-new", "option", "--shiny-new"),
        ("-d @body.json", "file", "body.json"),
        ("-F f=@/etc/passwd", "file", "/etc/passwd"),
        ("-H 'no colon here'", "header", "no colon here"),
    ],
)
def test_what_cannot_be_carried_over_is_said(options: str, kind: str, word: str) -> None:
    request = only(f"curl {options} https://api.example.com/send -X POST --json '{{\"a\":1}}'")
    assert any(word in sentence for sentence in said(request, kind))
    assert request.usable


def test_what_changes_nothing_is_left_out_without_a_word() -> None:
    request = only(
        "curl -sS -v -i -f --compressed --http2 -o out.json -w '%{http_code}' https://api.example.com/send --json '{}'"
    )
    assert request.left_out == ()
    assert {header.name: header.value for header in request.settings.headers} == {
        "Accept": "application/json"
    }


def test_times_are_carried_over_within_their_bounds() -> None:
    request = only("curl -m 30 --connect-timeout 0.2 https://api.example.com/send --json '{}'")
    assert (request.settings.total_s, request.settings.connect_s) == (30, 1)


def test_several_commands_with_prose_and_variables_around_them() -> None:
    text = """Here is how (don't forget the key):
# curl https://ignored.example.com --json '{}'
export API_KEY=k-0123456789abcdef
$ curl https://api.example.com/one -H "X-Api-Key: $API_KEY" --json "{\\"name\\": \\"$NAME\\"}"
```
curl https://api.example.com/two -H "X-Api-Key: ${API_KEY}" --json '{"a": 1}' --next https://api.example.com/three --json '{"b": 2}'
"""
    found = read(text)
    assert [request.settings.url[-3:] for request in found.requests] == ["one", "two", "ree"]
    assert [request.line for request in found.requests] == [4, 6, 6]
    (secret,) = found.secrets
    assert secret.hint == "**** cdef"
    assert [fill.secret for request in found.requests for fill in request.fills] == ["s1", "s1"]
    assert found.requests[0].settings.payload == '{\n  "name": "{{ NAME }}"\n}'
    assert "k-0123456789abcdef" not in found.model_dump_json()


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("cat <<EOF | curl -d @- {url} -H 'content-type: application/json'\n{{\"a\": 1}}\nEOF\n", {"a": 1}),
        ('curl {url} --json @- <<\'X\'\n{{"a": "$HOME"}}\nX\n', {"a": "$HOME"}),
        ("echo '{{\"a\": 1}}' | curl {url} -H 'content-type: application/json' -d @-", {"a": 1}),
        (
            'curl {url} -H "content-type: application/json" -d "$(cat <<EOF\n{{"a": "b"}}\nEOF\n)"',
            {"a": "b"},
        ),
        ("curl {url} --json '{{\"a\":' --json '1}}'", {"a": 1}),
        ("curl {url} -H 'Content-Type: application/json' -d '{{\"a\":1,}}'", {"a": 1}),
    ],
    ids=["cat", "here", "echo", "substituted", "json twice", "a comma too many"],
)
def test_bodies_that_come_from_elsewhere(command: str, body: dict[str, object]) -> None:
    found = read(command.format(url="https://api.example.com/send"))
    (request,) = found.requests
    assert json.loads(composed(found, request, {}).body) == body


def test_a_form_goes_to_the_query_with_get_and_reading_is_no_integration() -> None:
    request = only("curl -G https://api.example.com/find -d a=1 --data-urlencode 'q=x y&z'")
    assert request.settings.url == "https://api.example.com/find?a=1&q=x+y%26z"
    assert not request.usable
    assert "GET" in str(request.reason)


def test_a_user_and_password_become_basic_auth() -> None:
    found = read("curl -u reconnect:passw0rd-99 https://api.example.com/send --json '{}'")
    (request,) = found.requests
    assert request.settings.credential_kind == "basic"
    assert request.settings.credential == {"username": "reconnect"}
    assert [fill.place for fill in request.fills] == ["credential.password"]
    assert "passw0rd-99" not in found.model_dump_json()


def test_a_user_and_password_in_the_address_leave_it() -> None:
    found = read("curl https://me:passw0rd-99@api.example.com/send --json '{}'")
    (request,) = found.requests
    assert request.settings.url == "https://api.example.com/send"
    assert request.settings.credential == {"username": "me"}
    assert "passw0rd-99" not in found.model_dump_json()


def test_a_secret_in_the_address_is_taken_out_and_said() -> None:
    found = read(
        "curl 'https://api.example.com/send?api_key=0123456789abcdef&mode=fast' --json '{\"a\": \"0123456789abcdef\"}'"
    )
    (request,) = found.requests
    assert request.settings.url == "https://api.example.com/send?api_key={key}&mode=fast"
    assert request.settings.credential_kind == "address_key"
    assert [fill.place for fill in request.fills] == ["credential.key"]
    assert request.left_out == ()
    assert "0123456789abcdef" not in found.model_dump_json()
    sent = composed(found, request, {"s1": "0123 456"})
    assert sent.url == "https://api.example.com/send?api_key=0123%20456&mode=fast"


def test_a_second_secret_in_the_address_is_taken_out_and_said() -> None:
    request = only(
        "curl 'https://api.example.com/send?api_key=0123456789abcdef&token=fedcba9876543210' --json '{}'"
    )
    assert request.settings.url == "https://api.example.com/send?api_key={key}"
    assert "token" in said(request, "secret")[0]


def test_a_user_name_and_password_go_before_a_key_in_the_address() -> None:
    request = only(
        "curl 'https://api.example.com/send?api_key=0123456789abcdef' -u me:secret-4711 --json '{}'"
    )
    assert request.settings.credential_kind == "basic"
    assert request.settings.url == "https://api.example.com/send"
    assert "api_key" in said(request, "secret")[0]


def test_a_key_in_a_header_is_locked_beside_one_in_the_address() -> None:
    text = "curl 'https://api.example.com/send?api_key=0123456789abcdef' -H 'X-Api-Key: fedcba9876543210' --json '{}'"
    found = read(text)
    (request,) = found.requests
    assert [fill.place for fill in request.fills] == ["credential.key", "headers.0.value"]
    sent = composed(found, request, {"s1": "one", "s2": "two"})
    assert (sent.url, sent.header("X-Api-Key")) == ("https://api.example.com/send?api_key=one", "two")


def test_a_secret_in_the_host_is_no_key_in_the_address() -> None:
    request = only("curl 'https://$API_TOKEN.example.com/send' --json '{}'")
    assert request.settings.credential_kind == "none"
    assert "{key}" not in request.settings.url


@pytest.mark.parametrize(
    ("options", "endpoint"),
    [
        ("--json '{\"a\": 1}'", ""),
        ("-X PUT --json '{\"a\": 1}'", "put"),
        ("-X PATCH --json '{\"a\": 1}'", "patch"),
        ("-d a=1 -d b=2 -d b=3", "form"),
        ("-d 'a[]=1' -d 'a[]=2'", "form"),
        ("-d 'a[b]=1' -d 'c[0]=2' -d 'c[1]=3'", "nested_form"),
        ("-F a=1 -F b=2", "multipart"),
    ],
)
def test_method_and_body_choose_the_endpoint(options: str, endpoint: str) -> None:
    found = read(f"curl https://api.example.com/send {options}")
    (request,) = found.requests
    assert (request.settings.provider, request.settings.endpoint) == ("custom", endpoint)
    assert request.left_out == ()
    sent = composed(found, request, {})
    assert sent.method == request.method
    if endpoint.endswith("form"):
        pairs = [word.split("=") for word in options.replace("'", "").split() if word != "-d"]
        assert parse_qsl(sent.body.decode()) == [(name, value) for name, value in pairs]


def test_a_field_of_a_form_in_parts_that_comes_again_is_numbered_and_it_is_said() -> None:
    found = read("curl https://api.example.com/send -F tag=a -F tag=b -F 'to[]=c' -F x=1")
    (request,) = found.requests
    assert said(request, "body") == [
        "Fields that come more than once go out with numbers here, as in tag[0]: tag, to."
    ]
    body = composed(found, request, {}).body
    assert b'name="tag[1]"\r\n\r\nb' in body
    assert b'name="to[0]"\r\n\r\nc' in body


@pytest.mark.parametrize("body", ['{"a": "^"}', '{"^": " ^"}'])
def test_a_caret_in_a_body_makes_no_command_of_windows(body: str) -> None:
    found = read(f"{{ printf '{body}'; }} | curl https://api.example.com/send --json @-")
    (request,) = found.requests
    assert json.loads(composed(found, request, {}).body) == json.loads(body)


def test_a_form_by_put_goes_out_as_json_and_it_is_said() -> None:
    request = only("curl -X PUT https://api.example.com/send -d a=1")
    assert request.settings.endpoint == "put"
    assert request.usable
    assert "JSON" in said(request, "body")[0]


def test_a_delete_is_no_integration() -> None:
    request = only("curl -X DELETE https://api.example.com/send")
    assert "PATCH / POST / PUT" in str(request.reason)


def test_the_address_of_an_event_is_a_secret_as_a_whole() -> None:
    url = "https://events.sendpulse.com/events/id/0123456789abcdef0123456789abcdef/7043663"
    found = read(
        f'curl {url} -H \'Content-Type: application/json\' -d \'{{"email": "a@b.example", "n": 1}}\''
    )
    (request,) = found.requests
    assert request.settings.provider == "sendpulse"
    assert request.settings.endpoint == "raw"
    assert request.settings.url == "{event_url}"
    assert [fill.place for fill in request.fills] == ["credential.event_url"]
    assert request.variables == {"event": {"email": "a@b.example", "n": 1}}
    assert "0123456789abcdef0123456789abcdef" not in found.model_dump_json()


def test_variables_of_postman_that_were_not_filled_become_slots() -> None:
    request = only(
        "curl 'https://{{host}}/send' -H 'X-Api-Key: {{key}}' --json '{\"name\": \"{{name}}\", \"age\": {{age}}}'"
    )
    assert request.settings.payload == '{\n  "name": "{{ name }}",\n  "age": "{{ age }}"\n}'
    assert any("host" in sentence for sentence in said(request, "variable"))


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("curl https://api.example.com/a --json '{}'\ncurl -d 'open", 2, "never closed"),
        ('curl "https://api.example.com', 1, "never closed"),
        ("curl -X POST", 1, "no address"),
        ("the curl command", None, "no cURL command"),
        ("Invoke-WebRequest -Uri https://x", None, "Copy as cURL"),
        ('await fetch("https://x")', None, "Copy as cURL"),
        ("", None, "Nothing is pasted"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(text: str, line: int | None, word: str) -> None:
    found = read(text)
    assert word in str(found.problems[0].sentence)
    assert found.problems[0].line == line


def test_the_same_header_twice_and_impossible_ones_are_said() -> None:
    request = only(
        "curl https://api.example.com/send -H 'X-A: 1' -H 'X-A: 2' -H 'X B: 3' -H 'X-C: é' --json '{}'"
    )
    assert [header.name for header in request.settings.headers if header.name != "Accept"] == ["X-A"]
    assert len(said(request, "header")) == 3


def test_the_id_of_a_message_is_filled_by_the_workbench() -> None:
    request = only("curl https://api.example.com/send -H 'Idempotency-Key: 123' --json '{}'")
    assert request.settings.idempotency_header == "Idempotency-Key"
    assert all(header.name != "Idempotency-Key" for header in request.settings.headers)


def test_a_body_with_several_recipients_is_kept_and_told() -> None:
    request = only('curl https://api.example.com/send --json \'{"to": ["a@b.example", "c@d.example"]}\'')
    assert request.recipient == ""
    assert "2 recipients" in said(request, "parameter")[0]


def test_a_key_in_the_path_is_taken_out_and_asked_for() -> None:
    key = "sk_live_0123456789abcdef"
    found = read(f"curl https://api.example.com/{key}/send --json '{{}}'")
    (request,) = found.requests
    assert key not in found.model_dump_json()
    assert request.settings.url == "https://api.example.com/{key}/send"
    assert request.left_out == ()
    assert request.problems == ()
