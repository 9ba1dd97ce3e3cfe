"""``make languages``: bring workbench/locale/*.po up to the code. What is translated stays; what is new waits, empty; what is gone goes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

import workbench
from workbench.adapters.language import LANGUAGES

PACKAGE = Path(workbench.__file__).parent


def update(code: str) -> int:
    """Rewrite one catalogue and return how many texts still wait for a translation."""
    path = PACKAGE / "locale" / f"{code}.po"
    known: dict[str, str] = {}
    if path.exists():
        with path.open("rb") as file:
            known = {
                str(message.id): str(message.string) for message in read_po(file, locale=code) if message.id
            }
    still = datetime(2026, 11, 21, tzinfo=UTC)  # a moving date would change the file at every run
    fresh = Catalog(
        locale=code,
        project="integration-workbench",
        header_comment=f"# {LANGUAGES[code]} wording of the integration workbench.",
        creation_date=still,
        revision_date=still,
        charset="utf-8",
        fuzzy=False,
    )
    found = extract_from_dir(
        str(PACKAGE), method_map=[("**.py", "python")], keywords={"say": None, "N_": None}, comment_tags=()
    )
    for name, _, text, _, _ in found:
        fresh.add(text, known.get(str(text), ""), locations=[(name, 0)])
    with path.open("wb") as file:
        write_po(file, fresh, width=0, sort_output=True, omit_header=False, include_lineno=False)
    return sum(1 for message in fresh if message.id and not message.string)


if __name__ == "__main__":
    for code in LANGUAGES:
        if code != "en":
            print(f"{LANGUAGES[code]}: {update(code)} texts wait for a translation")
