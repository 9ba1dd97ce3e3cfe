"""WORDING OF TEXTS: what a commercial text has to hold, and what carriers stop: opt-out words in several languages, links, short links."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

OPT_OUT_WORDS: Final = frozenset(
    {
        *(
            "stop",
            "stopp",
            "stopall",
            "unsubscribe",
            "unsub",
            "optout",
            "opt-out",
            "quit",
            "cancel",
            "remove",
        ),  # English
        *("sair", "parar", "cancelar", "descadastrar", "remover"),  # Portuguese
        *("baja", "alto", "desuscribir", "desuscribirse"),  # Spanish
        *("arret", "desabonner", "desabonnement", "desinscription", "desinscrire"),  # French
        *("abmelden", "abmeldung", "abbestellen"),  # German
        *("afmelden", "afmeld", "uitschrijven"),  # Dutch
        *("avregistrera", "avanmal", "avsluta"),  # Swedish
        *("avmeld", "avslutt", "frameld", "framelding", "afmelding"),  # Norwegian and Danish
        *("lopeta", "peru", "peruuta"),  # Finnish
        *("annulla", "cancella", "disiscriviti", "disiscrizione"),  # Italian
        *("wypisz", "rezygnuje"),  # Polish
    }
)
"""Words that tell how to end it, in small letters without accents: in a text that goes out. For answers: ``engine.keywords``."""
REPLIES: Final = frozenset(
    {
        *("reply", "text", "txt", "send", "responda", "envie", "responde", "envia", "repondez", "envoyez"),
        *("antworten", "antworte", "svara", "svar", "vastaa", "rispondi", "odpisz"),
    }
)
"""Words by which a text asks for an answer."""

SHORT_LINKS: Final = frozenset(
    {
        *(
            "bit.ly",
            "bitly.com",
            "bitly.ws",
            "bit.do",
            "j.mp",
            "tinyurl.com",
            "t.co",
            "goo.gl",
            "ow.ly",
            "is.gd",
            "v.gd",
        ),
        *(
            "buff.ly",
            "cutt.ly",
            "rb.gy",
            "rebrand.ly",
            "tiny.cc",
            "shorturl.at",
            "t.ly",
            "bl.ink",
            "lnkd.in",
            "s.id",
        ),
        *(
            "adf.ly",
            "soo.gd",
            "tr.im",
            "u.to",
            "clck.ru",
            "qr.ae",
            "trib.al",
            "snip.ly",
            "shorte.st",
            "dub.sh",
            "po.st",
        ),
        *(
            "surl.li",
            "n9.cl",
            "acortar.link",
            "encurtador.com.br",
            "l.ead.me",
            "tny.im",
            "dlvr.it",
            "alturl.com",
            "bc.vc",
        ),
    }
)
"""Hosts of public short links. Carriers stop texts with them, as anybody can hide anything behind one: the CTIA's Messaging Principles,
https://www.ctia.org/the-wireless-industry/industry-commitments/messaging-interoperability-sms-mms"""

_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_NAME = r"(?<![\w@.-])(?:[a-z0-9-]++\.)+[a-z]{2,}+"
_LINK: Final = re.compile(rf"(?:https?://|www\.)[^\s<>\"]+|{_NAME}/[^\s<>\"]*", re.IGNORECASE)
_HOST: Final = re.compile(r"(?:https?://)?(?:[^/@\s]*@)?(?:www\.)?([^/:?#\s]+)", re.IGNORECASE)
_BARE: Final = re.compile(rf"{_NAME}(?![\w-])", re.IGNORECASE)


def words_of(text: str) -> set[str]:
    """Return a text's words without accents and in small letters."""
    plain = unicodedata.normalize("NFKD", text)
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return {word.casefold() for word in _WORD.findall(bare)}


def tells_how_to_stop(text: str) -> bool:
    """Return whether a text holds a word that tells how to opt out, in any of the languages known here."""
    return not OPT_OUT_WORDS.isdisjoint(words_of(text))


def asks_for_a_reply(text: str) -> bool:
    """Return whether a text asks the recipient to answer with a word that opts out."""
    found = words_of(text)
    return not REPLIES.isdisjoint(found) and not OPT_OUT_WORDS.isdisjoint(found)


def links(text: str) -> list[str]:
    """Return the links in a text, in their order; an address without ``https://`` counts when a path follows it."""
    return [found.rstrip(".,;:!?)]}'") for found in _LINK.findall(text)]


def short_links(text: str) -> list[str]:
    """Return the public short links in a text by their hosts, each once, in their order."""
    hosts = [host[1] for link in links(text) if (host := _HOST.match(link))]
    hosts += _BARE.findall(text)
    return [
        host for host in dict.fromkeys(host.casefold().rstrip(".") for host in hosts) if host in SHORT_LINKS
    ]
