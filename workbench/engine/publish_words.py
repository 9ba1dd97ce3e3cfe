"""PUBLISH WORDS: what is said of each unsafe way to publish, with the fix. One sentence a rule, wherever it was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workbench.models.publish import PublishFinding, PublishRule
from workbench.sentence import Sentence, say

WORDS: Final[Mapping[PublishRule, Sentence]] = {
    "server_extension": say(
        "Pages are shown by a Jupyter server (/voila/render): a visitor can run code of his own there. Publish with “workbench up” or "
        "“workbench pages”, which run Voila by itself, and switch its server extension off."
    ),
    "open_door": say(
        "Nobody is asked who comes in. Set a token, or put a proxy in front that knows people; “workbench up” makes a token by itself."
    ),
    "prefilled_secret": say(
        "A secret stands here, and every visitor or reader gets it. Take it out, save it in the vault, and replace it where it came from: "
        "it is known now."
    ),
    "tracebacks": say(
        "Errors are shown with their traceback, which holds values and paths. Switch show_tracebacks off, and do not start with --debug."
    ),
    "sources": say("The page holds the code of its notebook. Switch strip_sources on."),
    "any_host": say(
        "Calls under any name are answered, so that a foreign page can reach this one (DNS rebinding). Name the hosts: --host-name for "
        "the server, a default server that refuses in the proxy, and allow_remote_access off."
    ),
    "override": say(
        "A visitor can choose the template or the theme in the address, and with them what the page shows. Set allow_template_override "
        "and allow_theme_override to NO."
    ),
    "kernels": say(
        "Kernels are not limited, or those that nobody looks at are not ended: a few visitors fill the machine. Publish with "
        "“workbench up” or “workbench pages”, or set cull_idle_timeout and a limit."
    ),
    "plain_http": say(
        "This is reached over http: whoever is on the way reads tokens and pages. Let a proxy speak https, and http only lead there."
    ),
}  # fmt: skip


def finding(rule: PublishRule, where: str, line: int | None = None) -> PublishFinding:
    """Return what is to be said of something unsafe, found at ``where`` (a file or an address) in this line."""
    return PublishFinding(rule=rule, field=where, sentence=WORDS[rule], line=line)
