"""The publish check, by itself: each unsafe way is found where it stands, and what is safe is left alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.engine.publish_files import check_file, command_rules
from workbench.engine.publish_notebooks import check_notebook
from workbench.engine.publish_probes import judge, page_in
from workbench.engine.redact import Redactor
from workbench.models.publish import Probe

SAFE_VOILA = (
    "voila pages --token=abcdefgh --VoilaConfiguration.allow_template_override=NO --VoilaConfiguration.allow_theme_override=NO "
    "--MappingKernelManager.cull_idle_timeout=600 --VoilaConfiguration.multi_kernel_manager_class=x.Limited"
)


def rules(name: str, text: str) -> set[str]:
    return {one.rule for one in check_file(name, text)}


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("jupyter_server_config.json", '{"ServerApp": {"jpserver_extensions": {"voila.server_extension": true}}}', "server_extension"),
        ("config.py", 'c.ServerApp.jpserver_extensions = {"voila.server_extension": True}', "server_extension"),
        ("start.sh", "jupyter server extension enable voila", "server_extension"),
        ("jupyterhub_config.py", 'c.Spawner.default_url = "/voila/render/home.ipynb"', "server_extension"),
        ("config.py", "c.ServerApp.token = ''", "open_door"),
        ("start.sh", 'jupyter server --ServerApp.token=""', "open_door"),
        ("config.json", '{"ServerApp": {"token": "", "password": ""}}', "open_door"),
        ("hub.py", 'c.JupyterHub.authenticator_class = "dummy"', "open_door"),
        ("voila.service", "ExecStart=/opt/bin/voila /srv/pages", "open_door"),
        ("voila.py", "c.VoilaConfiguration.show_tracebacks = True", "tracebacks"),
        ("voila.json", '{"VoilaConfiguration": {"show_tracebacks": true}}', "tracebacks"),
        ("start.sh", f"exec {SAFE_VOILA} --debug", "tracebacks"),
        ("start.sh", f"exec {SAFE_VOILA} --show_tracebacks=True", "tracebacks"),
        ("voila.py", "c.VoilaConfiguration.strip_sources = False", "sources"),
        ("config.py", "c.ServerApp.allow_remote_access = True", "any_host"),
        ("wb.service", "ExecStart=workbench server --host-name '*'", "any_host"),
        ("voila.py", 'c.VoilaConfiguration.allow_template_override = "YES"', "override"),
        ("voila.json", '{"VoilaConfiguration": {"allow_theme_override": "NOTEBOOK"}}', "override"),
        ("Containerfile", 'CMD ["voila", "/srv", "--token=x"]', "override"),
        ("compose.yaml", "    command: voila /srv --token=abc", "kernels"),
        ("voila.py", "c.MappingKernelManager.cull_idle_timeout = 0", "kernels"),
        ("wb.service", "ExecStart=workbench server --public-url http://hooks.example.com", "plain_http"),
        ("compose.yaml", "    ports:\n      - \"8867:8867\"", "plain_http"),
        ("nginx.conf", "server { listen 80; server_name a; location / { proxy_pass http://127.0.0.1:8866; } }", "plain_http"),
        ("nginx.conf", "server { listen 443 ssl; location / { proxy_pass http://127.0.0.1:8866; } }", "any_host"),
        ("wb.env", "WORKBENCH_KEY=kJ8xq0VbT3mYw5ZrL1nPd7HcS9gAfU2eRiOtB4vX6oQ=", "prefilled_secret"),
        ("wb.env", "WORKBENCH_DATABASE=postgresql://wb:hunter2@db/wb", "prefilled_secret"),
        ("wb.env", "WORKBENCH_TOKEN=wbk_abcdefghijklmnopqrstuvwx", "prefilled_secret"),
    ],
)  # fmt: skip
def test_each_unsafe_setting_is_found_with_its_line(name: str, text: str, rule: str) -> None:
    found = [one for one in check_file(name, f"\n{text}\n") if one.rule == rule]
    assert found, check_file(name, text)
    assert found[0].field == name
    assert "." in str(found[0].sentence)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "jupyter_server_config.json",
            '{"ServerApp": {"token": "kJ8xq0VbT3", "jpserver_extensions": {"voila.server_extension": false}}}',
        ),
        ("start.sh", f"exec {SAFE_VOILA}"),
        ("start.sh", "exec voila pages \\\n" + SAFE_VOILA.removeprefix("voila pages")),
        ("voila.py", "# c.VoilaConfiguration.show_tracebacks = True"),
        ("voila.py", "c.VoilaConfiguration.show_tracebacks = False"),
        ("wb.service", "ExecStart=workbench server --public-url https://hooks.example.com"),
        ("wb.env", "WORKBENCH_KEY=${WORKBENCH_KEY}\nWORKBENCH_DATABASE=postgresql://wb:${PASSWORD}@db/wb"),
        ("compose.yaml", '    ports:\n      - "127.0.0.1:8866:8866"\n      - "443:443"'),
        (
            "nginx.conf",
            "server { listen 443 ssl default_server; ssl_reject_handshake on; }\n"
            "server { listen 80 default_server; return 421; }\n"
            "server { listen 443 ssl; server_name a; location / { proxy_pass http://127.0.0.1:8866; } }",
        ),
    ],
)
def test_what_is_safe_is_left_alone(name: str, text: str) -> None:
    assert rules(name, text) == set()


def test_a_line_is_named_once_a_rule_and_in_order() -> None:
    found = check_file(
        "x.py", "a = 1\nshow_tracebacks = True  # show_tracebacks = True\nstrip_sources = False\n"
    )
    assert [(one.rule, one.line) for one in found] == [("tracebacks", 2), ("sources", 3)]


def test_voila_by_itself_is_unsafe_in_all_that_is_not_set() -> None:
    assert set(command_rules("voila pages")) == {"open_door", "override", "kernels"}
    assert command_rules(SAFE_VOILA) == []


@given(st.text())
def test_any_text_can_be_checked(text: str) -> None:
    check_file("any", text)
    check_notebook("any.ipynb", text)


def notebook(source: str = "", output: str = "", **metadata: object) -> str:
    outputs = [{"output_type": "stream", "name": "stdout", "text": [output]}]
    cell = {
        "cell_type": "code",
        "source": source.splitlines(keepends=True),
        "outputs": outputs,
        "metadata": {},
    }
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "# Page"}, cell], "metadata": metadata})


@pytest.mark.parametrize(
    "source",
    [
        "field = widgets.Password(value='hunter22')",
        "API_KEY = 'k-1234567890'",
        'settings = {"client_secret": "abcdefgh"}',
        "key = 'SG.abcdefghijklmnopqrstuv'",
        "headers = {'X': 'Bearer abcdefghijklmnopqrstuvwx'}",
        "url = 'https://api.example.com/?api_key=abcdef123'",
        "db = 'postgresql://u:hunter2@host/db'",
    ],
)
def test_a_secret_in_a_cell_or_its_output_is_found(source: str) -> None:
    for text in (notebook(source), notebook(output=source)):
        (found,) = check_notebook("page.ipynb", text)
        assert (found.rule, found.field) == ("prefilled_secret", "page.ipynb, cell 2")
        assert source not in str(found.sentence)


@pytest.mark.parametrize(
    "source",
    [
        "token = os.environ['WORKBENCH_TOKEN']",
        "api_key = ''",
        "secret: '**** 4711'",
        "Password(description='Key')",
    ],
)
def test_what_only_speaks_of_a_secret_is_none(source: str) -> None:
    assert check_notebook("page.ipynb", notebook(source)) == []


@pytest.mark.parametrize(
    "model",
    [{"state": {"_model_name": "PasswordModel", "value": "x"}}, {"model_name": "PasswordModel", "state": {"value": "x"}}],
    ids=["whole", "without its defaults"],
)  # fmt: skip
def test_the_saved_state_of_a_password_field_is_found(model: dict[str, object]) -> None:
    state = {"application/vnd.jupyter.widget-state+json": {"state": {"a": model}}}
    (found,) = check_notebook("page.ipynb", notebook(widgets=state))
    assert "saved widgets" in found.field


@pytest.mark.parametrize("shown", ["opensesame-4711", "b3BlbnNlc2FtZS00NzEx", "opensesame%2D4711"])
def test_a_secret_of_the_vault_is_found_in_any_spelling(shown: str) -> None:
    known = Redactor({"opensesame-4711": "****"})
    assert check_notebook("page.ipynb", notebook(output=f"it is {shown}"), known)
    assert check_notebook("page.ipynb", notebook(output="nothing here"), known) == []


# -- addresses -----------------------------------------------------------------------------------------------------------

PAGE = Probe(status=200, content_type="text/html", body='<body data-jp-theme-light="true">' + "x" * 4000)
LOGIN = Probe(status=302, location="/login?next=%2F")
NOTHING = Probe(status=404, content_type="text/html", body="<html>404</html>")


def broken(address: str = "https://pages.example.com/", **told: Probe) -> set[str]:
    before = {
        "own": PAGE,
        "door": LOGIN,
        "foreign": Probe(status=403),
        "jupyter": NOTHING,
        "contents": NOTHING,
        "page": PAGE,
    }
    return {one.rule for one in judge(address, {**before, **told})}


def test_a_safe_address_breaks_nothing() -> None:
    assert broken() == set()
    assert (
        broken(template=PAGE, theme=PAGE, http=Probe(status=301, location="https://pages.example.com/"))
        == set()
    )


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        (
            {"jupyter": Probe(status=200, content_type="application/json", body='{"version": "2.1"}')},
            "server_extension",
        ),
        (
            {"contents": Probe(status=403, content_type="application/json", body='{"message": "Forbidden"}')},
            "server_extension",
        ),
        ({"door": Probe(status=200, body="<a href='/voila/render/a.ipynb'>")}, "open_door"),
        ({"operation": Probe(status=200, content_type="application/json", body="{}")}, "open_door"),
        ({"page": Probe(status=200, body="<b>Traceback</b> (most recent call last)")}, "tracebacks"),
        ({"page": Probe(status=200, body='<div class="highlight hl-ipython3">')}, "sources"),
        ({"foreign": PAGE}, "any_host"),
        ({"template": Probe(status=200, body="No template")}, "override"),
        ({"theme": Probe(status=200, body='<body data-jp-theme-light="false">' + "x" * 4000)}, "override"),
        ({"http": PAGE}, "plain_http"),
    ],
)
def test_each_answer_that_gives_an_unsafe_way_away(told: dict[str, Probe], rule: str) -> None:
    assert broken(**told) == {rule}


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("http://pages.example.com/", True),
        ("http://10.0.0.5:8866/", True),
        ("http://127.0.0.1:8866/", False),
        ("http://localhost/", False),
    ],
)
def test_http_is_for_this_machine_alone(address: str, plain: bool) -> None:
    assert ("plain_http" in broken(address)) is plain


def test_the_first_page_of_a_list_is_found() -> None:
    assert page_in('<a href="/base/voila/render/home.ipynb">Home</a>') == "/base/voila/render/home.ipynb"
    assert page_in("<p>none</p>") is None
