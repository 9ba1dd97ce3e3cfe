"""The address that messages are posted to: R-ESP-3, R-ESP-4, R-ESP-18."""

import pytest

from workbench.engine.urls import check_url, host_of, is_private

GOOD = [
    "https://api.example.com/v1/send",
    "https://api.example.com:8443/v1/send?list=a b",
    "https://api.example.com/campaign/${dyCampaignName}",
    "https://api.example.com/send?c=${dyCampaignName}",
    "https://api.mailgun.net/v3/{domain}/messages",
    "https://email.{region}.amazonaws.com/v2/email/outbound-emails",
    "https://münchen.example/send",
    "https://8.8.8.8/send",
]
BAD = {
    "": "empty",
    "   ": "empty",
    "ftp://example.com/": "https://",
    "example.com/send": "https://",
    "http://api.example.com/send": "must use https",
    "https:///send": "no host",
    "https://": "no host",
    "https://user:pw@api.example.com/": "before “@”",
    "https://api.example.com/#part": "“#”",
    "https://api.example.com/\nsend": "line break",
    "https://api.example.com/\x00": "invisible",
    "https://${dyCampaignName}.example.com/": "not in the host",
    "https://api.example.com:0/": "Port 0",
    "https://api.example.com:99999/": "cannot be read",
    "https://127.0.0.1/send": "private network",
    "https://[::1]/send": "private network",
    "https://localhost/send": "private network",
    "https://localhost./send": "private network",
    "https://10.0.0.5/send": "private network",
    "https://printer.local/send": "private network",
    "https://exa mple.com/": "not a possible host",
    "https://-bad-.example.com/": "not a possible host",
    "https://a..b/": "not a possible host",
    "https://example.com/" + "x" * 2000: "at most 2000",
}


@pytest.mark.parametrize("url", GOOD)
def test_good_addresses(url: str) -> None:
    assert check_url(url) is None


@pytest.mark.parametrize(("url", "words"), BAD.items())
def test_bad_addresses_name_the_fix(url: str, words: str) -> None:
    sentence = check_url(url)
    assert sentence is not None
    assert words in str(sentence)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/send", "https://localhost:9000/x", "http://[::1]:1/"])
def test_local_test_allows_this_machine_only_when_marked(url: str) -> None:
    assert check_url(url) is not None
    assert check_url(url, local_test=True) is None


def test_local_test_does_not_open_http_to_the_world() -> None:
    assert "must use https" in str(check_url("http://api.example.com/", local_test=True))


def test_a_password_in_the_address_is_never_repeated() -> None:
    assert "s3cretpass" not in str(check_url("https://user:s3cretpass@api.example.com/"))


def test_the_campaign_name_has_no_place_in_a_token_url() -> None:
    assert check_url("https://auth.example.com/${dyCampaignName}", campaign=False) is not None


@pytest.mark.parametrize(
    ("host", "private"),
    [("8.8.8.8", False), ("192.168.1.1", True), ("a.internal", True), ("example.com", False)],
)
def test_private_as_written(host: str, private: bool) -> None:
    assert is_private(host) is private


def test_host_of_anything() -> None:
    assert host_of("https://API.Example.com:1/x") == "api.example.com"
    assert host_of("https://[broken") == ""
