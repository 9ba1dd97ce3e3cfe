"""KEYWORDS: whether a text is STOP, START, HELP, a journey's keyword, or only sounds like an opt-out. The whole text has to be the word.

``STOP``, ``stop.`` and `` Stop!`` opt out; ``please stop by`` does not, it is shown to a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, Literal

from workbench.models.base import JsonValue, Problem
from workbench.models.consent import ConsentSettings, KeywordVerdict
from workbench.models.sms_account import Keyword
from workbench.sentence import Sentence, say

from .strict_json import clip

__all__ = [
    "DEFAULT_SETTINGS",
    "STOP",
    "WORDS",
    "check_settings",
    "conflicts",
    "plain",
    "settings_of",
    "tidy_settings",
    "verdict",
]

STOP: Final = "STOP"
"""The word that no setting takes away."""

WORDS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "en": {
        "opt_out": (STOP, "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REMOVE", "OPTOUT", "OPT-OUT"),
        "opt_in": ("START", "YES", "UNSTOP"),
        "help": ("HELP", "INFO"),
    },
    "fr": {"opt_out": ("ARRET", "ARRÊT", "TD")},
    "pt": {"opt_out": ("PARAR", "SAIR", "CANCELAR")},
    "es": {"opt_out": ("BAJA", "CANCELAR")},
}
"""The words that count at first, by language. No vendor publishes the whole list; the neighbours' lists it is made of:
https://www.braze.com/docs/user_guide/message_building_by_channel/sms/keywords/optin_optout and
https://docs.aws.amazon.com/sms-voice/latest/userguide/keywords-required.html. Portuguese and Spanish words are our own addition.
"""

LONGEST: Final = 40
"""Letters of a keyword."""
READ: Final = 2000
"""Letters of a text that are looked at: the longest text message is 1,600."""

Meaning = Literal["stop", "start", "help", "keyword"]

_SOUNDS: Final = re.compile(
    r"\b(?:do\s?n[o']?t|never|stop|quit)\s+(?:text|contact|message|write|send)|\bleave me alone\b"
    r"|\btake me off\b|\bopt(?:ing)?\s+(?:me\s+)?out\b"
    r"|\bremove me\b|\bwrong number\b|\bno more (?:texts?|messages?)\b"
    r"|\bn[aã]o (?:quero|envie[mi]?|mande[mi]?)\b|\bpare[mi]? de\b|\bme (?:tire|remova)[mi]?\b"
    r"|\bno (?:quiero|me) (?:m[aá]s|recibir|escrib\w+|env[ií]\w+)|\bd[eé](?:jen|ja|je) de\b|\bdar(?:me)? de baja\b"
    r"|\bne plus (?:recevoir|[eê]tre)|\barr[eê]te[rz]?\b|\bd[eé]sabonn\w+|\bd[eé]sinscri\w+"
)
"""How people opt out in a sentence: English, Portuguese, Spanish, French."""


def _default(kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for words in WORDS.values() for word in words.get(kind, ())))


DEFAULT_SETTINGS: Final = ConsentSettings(
    opt_out=_default("opt_out"), opt_in=_default("opt_in"), help=_default("help")
)


def settings_of(document: Mapping[str, JsonValue] | None) -> ConsentSettings:
    """Return the consent settings that the catalogue keeps, or those of the first day where it keeps none."""
    return DEFAULT_SETTINGS if document is None else ConsentSettings.model_validate(document)


def plain(text: str) -> str:
    """Return what is compared of a text or a word: trimmed, NFKC, case folded, blanks as one, no punctuation at its end.

    Invisible characters are left out: some keyboards and carriers add them.
    """
    shown = unicodedata.normalize("NFKC", text[:READ])
    shown = "".join(
        sign for sign in shown if unicodedata.category(sign) not in ("Cf", "Cc") or sign in "\t\r\n"
    )
    shown = unicodedata.normalize("NFKC", shown.casefold())
    shown = " ".join(shown.split())
    while shown and unicodedata.category(shown[-1])[0] in "PZ":
        shown = shown[:-1]
    return shown


def verdict(text: str, settings: ConsentSettings, keywords: Sequence[Keyword] = ()) -> KeywordVerdict:
    """Return what a text means. STOP counts before START, that before HELP, and all of them before a journey's keyword.

    ``likely`` is set for a text that is no keyword and sounds like an opt-out: for a person to look at, never to act on.
    """
    said = plain(text)
    if not said:
        return KeywordVerdict(meaning="none")
    lists: tuple[tuple[Meaning, Iterable[str]], ...] = (
        ("stop", (STOP, *settings.opt_out)), ("start", settings.opt_in), ("help", settings.help),
        ("keyword", [keyword.word for keyword in keywords]),
    )  # fmt: skip
    if len(said) <= 2 * LONGEST:  # a ligature may be two letters once it is folded
        for meaning, words in lists:
            for word in words:
                if _word(word) == said:
                    return KeywordVerdict(meaning=meaning, word=word)
    return KeywordVerdict(meaning="none", likely=_sounds_like_stop(said, (STOP, *settings.opt_out)))


def conflicts(word: str, settings: ConsentSettings, others: Iterable[Keyword] = ()) -> Sentence | None:
    """Return why a word cannot be a journey's keyword, or None (R-SMS-24).

    It is refused where it means STOP, START or HELP already, and where another keyword differs from it only by capital letters, by
    punctuation at its end or by how its letters are encoded. ``others`` are the keywords there are, without the one that is edited.
    """
    said = plain(word)
    if not said:
        return say("The keyword is empty. Write the word that people text, such as PIZZA.")
    if len(word) > LONGEST:
        return say("The keyword is longer than {most} letters. Choose a shorter one.", most=LONGEST)
    if said == plain(STOP):
        return say("“{word}” always opts people out. Choose another word.", word=clip(word, LONGEST))
    if said in _plains(settings.opt_out):
        return say(
            "“{word}” opts people out, so no journey can use it. Choose another word, or take it off the opt-out words first.",
            word=clip(word, LONGEST),
        )
    if said in _plains(settings.opt_in):
        return say(
            "“{word}” opts people in again, so no journey can use it. Choose another word, or take it off the opt-in words first.",
            word=clip(word, LONGEST),
        )
    if said in _plains(settings.help):
        return say(
            "“{word}” asks for help, so no journey can use it. Choose another word, or take it off the help words first.",
            word=clip(word, LONGEST),
        )
    twin = next((one for one in others if plain(one.word) == said), None)
    if twin is None:
        return None
    if twin.word.strip() == word.strip():
        return say("There already is a keyword “{word}”. Edit that one.", word=clip(word, LONGEST))
    return say(
        "“{word}” and the keyword “{twin}” are the same for whoever texts them: capital letters do not count. Choose another word.",
        word=clip(word, LONGEST),
        twin=clip(twin.word, LONGEST),
    )


def tidy_settings(settings: ConsentSettings) -> ConsentSettings:
    """Return the settings with every word once and trimmed, and with STOP first among the opt-out words."""
    return settings.model_copy(
        update={
            "opt_out": _once((STOP, *settings.opt_out)),
            "opt_in": _once(settings.opt_in),
            "help": _once(settings.help),
        }
    )


def check_settings(settings: ConsentSettings, keywords: Sequence[Keyword] = ()) -> list[Problem]:
    """Return what is wrong with the word lists: a word in two of them, one without letters, one that a journey uses."""
    return list(_problems(settings, keywords))


def _problems(settings: ConsentSettings, keywords: Sequence[Keyword]) -> Iterator[Problem]:
    names = {
        "opt_out": say("opt-out words"),
        "opt_in": say("opt-in words"),
        "help": say("help words"),
    }
    seen: dict[str, str] = {plain(STOP): "opt_out"}
    journeys = {plain(keyword.word): keyword.word for keyword in keywords}
    for field, name in names.items():
        for word in getattr(settings, field):
            said = plain(word)
            if not said or len(word) > LONGEST:
                yield Problem(field=field, sentence=say(
                    "“{word}” in the {list} cannot be a word that people text: it needs a letter or a digit, and at most {most} of them.",
                    word=clip(word, LONGEST), list=name, most=LONGEST,
                ))  # fmt: skip
            elif seen.setdefault(said, field) != field:
                yield Problem(field=field, sentence=say(
                    "“{word}” is in the {one} and in the {other}. A word means one thing: take it off one of the lists.",
                    word=clip(word, LONGEST), one=names[seen[said]], other=name,
                ))  # fmt: skip
            elif said in journeys:
                yield Problem(field=field, sentence=say(
                    "“{word}” is a journey's keyword already. Delete that keyword first, or leave the word out of the {list}.",
                    word=clip(word, LONGEST), list=name,
                ))  # fmt: skip


def _sounds_like_stop(said: str, words: Sequence[str]) -> bool:
    known = _plains(words)
    parts = re.findall(r"[\w-]+", said)
    if any(part in known and len(part) > 3 for part in parts) or _SOUNDS.search(said):
        return True
    return len(parts) == 1 and any(_is_slip(parts[0], word) for word in known)


def _is_slip(typed: str, word: str) -> bool:
    """Return whether one slip of a finger makes the typed word of the other: two letters swapped, or one too many."""
    if len(word) < 4:
        return False
    if len(typed) == len(word) + 1:
        return any(typed[:at] + typed[at + 1 :] == word for at in range(len(typed)))
    swapped = (typed[:at] + typed[at + 1] + typed[at] + typed[at + 2 :] for at in range(len(typed) - 1))
    return len(typed) == len(word) and word in swapped


def _plains(words: Iterable[str]) -> set[str]:
    return {_word(word) for word in words} - {""}


@lru_cache(maxsize=4096)
def _word(word: str) -> str:
    return plain(word)


def _once(words: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for word in words:
        found.setdefault(plain(word), word.strip())
    return tuple(word for word in found.values() if word)
