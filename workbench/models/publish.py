"""Publish: what would be unsafe about pages or a server that others can reach, found in files or at an address."""

from __future__ import annotations

from typing import Literal

from .base import Noun, Problem

PublishRule = Literal[
    "server_extension",  # pages shown by a Jupyter server: visitors can run code of their own
    "open_door",  # nobody is asked who comes
    "prefilled_secret",  # a secret in a notebook, its outputs or a settings file
    "tracebacks",  # errors show values and paths
    "sources",  # the page holds its own code
    "any_host",  # any name is answered to
    "override",  # visitors choose the template or the theme
    "kernels",  # no limit of kernels, or none is ended
    "plain_http",  # http in public
]


class PublishFinding(Problem):
    """One unsafe thing: the rule, where it was found (a file or an address), and what to do."""

    rule: PublishRule


class Probe(Noun):
    """What an address answered to one question; a redirect is not followed."""

    status: int
    location: str = ""
    content_type: str = ""
    body: str = ""
