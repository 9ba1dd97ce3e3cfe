"""Snippet: a saved integration's request as code, without secrets; and the proof that the code sends the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from workbench.models.snippet import DIALECTS, Dialect, Proof, Snippet
from workbench.sentence import N_, say

from .codes import OK, REFUSED_THERE
from .contacts import contact_of, read_text
from .frame import command
from .send import ContactFile, Name, PayloadFile, To, Var
from .session import Session
from .steering import invalid

Wanted = Annotated[
    list[str] | None,
    typer.Option(
        "--dialect", metavar="NAME", help=N_("Such as curl or php_curl; without it all. May be repeated."), show_default=False
    ),
]  # fmt: skip


@command("snippet", N_("Give a request as code in other languages, and prove that it sends the same bytes."))
async def snippet(
    session: Session,
    integration: Name,
    to: To = None,
    var: Var = None,
    contact: ContactFile = None,
    payload: PayloadFile = None,
    dialect: Wanted = None,
    prove: Annotated[
        bool, typer.Option("--prove", help=N_("Run each one against a recorder on this machine, with dummies for secrets."))
    ] = False,
) -> int:  # fmt: skip
    """Print the request as code; with ``--prove`` the code is 1 where one sends something else."""
    text = read_text(payload) if payload else None
    wanted = dialects(dialect) if dialect else None
    async with session.bench() as bench:
        saved = await bench.integrations.get(integration)
        person = contact_of(saved.settings.identifier, to, var or (), contact)
        found = await bench.snippets.of(saved.id, person, text, wanted)
        proofs = (
            {one.dialect: await bench.snippets.prove(saved.id, person, one.dialect, text) for one in found}
            if prove
            else {}
        )
    session.show([_document(session, one, proofs.get(one.dialect)) for one in found], _lines(session, found))
    for one in found:
        if one.dialect in proofs:
            _tell(session, one, proofs[one.dialect])
    return REFUSED_THERE if any(proof.ran and not proof.same for proof in proofs.values()) else OK


def dialects(names: Sequence[str]) -> list[Dialect]:
    """Return the dialects that a person typed, each once."""
    for name in names:
        if name not in DIALECTS:
            raise invalid(
                "dialect",
                say(
                    "“{name}” is no dialect. Choose among: {known}.",
                    name=name[:40],
                    known=", ".join(DIALECTS),
                ),
            )
    return [one for one in DIALECTS if one in names]


def _document(session: Session, one: Snippet, proof: Proof | None) -> dict[str, object]:
    return {
        "dialect": one.dialect, "file": one.file, "text": one.text, "needs": list(one.needs),
        "placeholders": [placeholder.model_dump() for placeholder in one.placeholders],
        "differences": [session.text(sentence) for sentence in one.differences],
        "proof": None if proof is None else {
            "ran": proof.ran, "same": proof.same, "reason": session.text(proof.reason) if proof.reason else "",
            "differences": [session.text(sentence) for sentence in proof.differences],
        },
    }  # fmt: skip


def _lines(session: Session, found: Sequence[Snippet]) -> Iterator[str]:
    for one in found:
        if len(found) > 1:
            yield typer.style(f"== {session.text(one.title)} ({one.file})", bold=True)
        yield one.text.rstrip("\n")
        yield from (f"! {session.text(sentence)}" for sentence in one.differences)


def _tell(session: Session, one: Snippet, proof: Proof) -> None:
    if not proof.ran:
        session.tell(
            say("{dialect}: not run here. {reason}", dialect=one.title, reason=proof.reason or ""),
            fg="yellow",
        )
    elif proof.same:
        session.tell(say("{dialect}: the same bytes.", dialect=one.title), fg="green")
    else:
        session.tell(say("{dialect}: not the same.", dialect=one.title), fg="red")
        for sentence in proof.differences:
            session.tell(say("  {difference}", difference=sentence))
