"""SNIPPETS: a frozen request as a program in other languages, with variables where the secrets stand, and what it has to send."""

from .curl_command import EXPECT_LIMIT, curl
from .dialects import EMITTERS, dialects_for, snippet
from .kept import kept_request
from .names import SecretName, secret_names, token_name
from .notes import MADE_ANEW, SET_ENVIRONMENT, SET_FIRST
from .pieces import FORMS
from .shell import ARGUMENT_LIMIT
from .trials import TOKEN_PATH, Arrived, Trial, compared, trial

__all__ = [
    "ARGUMENT_LIMIT", "EMITTERS", "EXPECT_LIMIT", "FORMS", "MADE_ANEW", "SET_ENVIRONMENT", "SET_FIRST",
    "TOKEN_PATH", "Arrived", "SecretName", "Trial", "compared", "curl", "dialects_for", "kept_request", "secret_names", "snippet",
    "token_name", "trial",
]  # fmt: skip
