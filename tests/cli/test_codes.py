from typing import get_args

import pytest

from workbench import errors
from workbench.cli.codes import MEANINGS, code_of, code_of_outcome
from workbench.models.base import Problem
from workbench.models.request import OutcomeKind
from workbench.sentence import say

CODES = {
    "WorkbenchError": 2,
    "Refused": 6,
    "Invalid": 2,
    "Forbidden": 6,
    "NotRehearsed": 6,
    "AddressRefused": 6,
    "NotFound": 3,
    "MissingSecret": 4,
    "MissingVariable": 2,
    "TokenRefused": 1,
    "StorageFault": 4,
    "CannotWrite": 4,
    "Damaged": 4,
    "TooNew": 4,
    "Unreachable": 5,
}
OUTCOMES = {
    "accepted": 0,
    "check_body": 1,
    "refused": 1,
    "throttled": 1,
    "redirected": 1,
    "server_error": 1,
    "unreachable": 5,
    "uncertain": 5,
    "unconfirmed": 5,
    "blocked": 6,
}


@pytest.mark.parametrize("name", errors.__all__)
def test_each_error_has_its_code(name):
    kind = getattr(errors, name)
    error = kind([Problem(field="x", sentence=say("x"))]) if name == "Invalid" else kind(say("x"))
    assert code_of(error) == CODES[name]


@pytest.mark.parametrize("kind", get_args(OutcomeKind))
def test_each_outcome_has_its_code(kind):
    assert code_of_outcome(kind) == OUTCOMES[kind]


def test_every_code_has_a_meaning_in_the_help(run):
    assert {*CODES.values(), *OUTCOMES.values(), 130} == set(MEANINGS)
    shown = run("--help").output
    for code, meaning in MEANINGS.items():
        assert f"{code}  {meaning}" in shown
