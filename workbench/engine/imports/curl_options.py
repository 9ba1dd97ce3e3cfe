"""CURL OPTIONS: which options of curl there are, which take an argument, and why some cannot be carried over (https://curl.se/docs/manpage.html)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workbench.models.imported import LeftOutKind
from workbench.sentence import N_

SHORT: Final[Mapping[str, str]] = {
    "0": "http1.0", "1": "tlsv1", "2": "sslv2", "3": "sslv3", "4": "ipv4", "6": "ipv6", "#": "progress-bar", ":": "next", "a": "append",
    "A": "user-agent", "b": "cookie", "B": "use-ascii", "c": "cookie-jar", "C": "continue-at", "d": "data", "D": "dump-header",
    "e": "referer", "E": "cert", "f": "fail", "F": "form", "g": "globoff", "G": "get", "h": "help", "H": "header", "i": "include",
    "I": "head", "j": "junk-session-cookies", "J": "remote-header-name", "k": "insecure", "K": "config", "l": "list-only",
    "L": "location", "m": "max-time", "M": "manual", "n": "netrc", "N": "no-buffer", "o": "output", "O": "remote-name",
    "p": "proxytunnel", "P": "ftp-port", "q": "disable", "Q": "quote", "r": "range", "R": "remote-time", "s": "silent",
    "S": "show-error", "t": "telnet-option", "T": "upload-file", "u": "user", "U": "proxy-user", "v": "verbose", "V": "version",
    "w": "write-out", "x": "proxy", "X": "request", "y": "speed-time", "Y": "speed-limit", "z": "time-cond", "Z": "parallel",
}  # fmt: skip

WITH_ARGUMENT: Final = frozenset(
    {
        "abstract-unix-socket", "alt-svc", "aws-sigv4", "cacert", "capath", "cert", "cert-type", "ciphers", "config",
        "connect-timeout", "connect-to", "continue-at", "cookie", "cookie-jar", "create-file-mode", "crlfile", "curves", "data",
        "data-ascii", "data-binary", "data-raw", "data-urlencode", "delegation", "dns-interface", "dns-ipv4-addr", "dns-ipv6-addr",
        "dns-servers", "doh-url", "dump-header", "ech", "egd-file", "engine", "etag-compare", "etag-save", "expect100-timeout",
        "form", "form-string", "ftp-account", "ftp-method", "ftp-port", "happy-eyeballs-timeout-ms", "haproxy-clientip", "header",
        "help", "hostpubmd5", "hostpubsha256", "hsts", "interface", "ip-tos", "ipfs-gateway", "json", "keepalive-cnt",
        "keepalive-time", "key", "key-type", "krb", "libcurl", "limit-rate", "local-port", "login-options", "mail-auth",
        "mail-from", "mail-rcpt", "max-filesize", "max-redirs", "max-time", "netrc-file", "noproxy", "oauth2-bearer", "output",
        "output-dir", "parallel-max", "pass", "pinnedpubkey", "preproxy", "proto", "proto-default", "proto-redir", "proxy",
        "proxy-cacert", "proxy-cert", "proxy-ciphers", "proxy-header", "proxy-key", "proxy-pass", "proxy-user", "proxy1.0",
        "pubkey", "quote", "random-file", "range", "rate", "referer", "request", "request-target", "resolve", "retry",
        "retry-delay", "retry-max-time", "sasl-authzid", "service-name", "socks4", "socks4a", "socks5", "socks5-gssapi-service",
        "socks5-hostname", "speed-limit", "speed-time", "stderr", "telnet-option", "tftp-blksize", "time-cond", "tls-max",
        "tls13-ciphers", "tlsauthtype", "tlspassword", "tlsuser", "trace", "trace-ascii", "trace-config", "unix-socket",
        "upload-file", "url", "url-query", "user", "user-agent", "variable", "vlan-priority", "write-out",
    }
)  # fmt: skip

HARMLESS: Final = frozenset(
    {
        "append", "buffer", "compressed", "compressed-ssh", "create-dirs", "disable", "dump-header", "expect100-timeout", "fail",
        "fail-early", "fail-with-body", "globoff", "help", "http0.9", "http1.0", "http1.1", "http2", "http2-prior-knowledge",
        "http3", "http3-only", "include", "ipv4", "ipv6", "keepalive", "keepalive-time", "libcurl", "list-only", "manual", "next",
        "no-buffer", "no-keepalive", "no-progress-meter", "no-sessionid", "output", "output-dir", "parallel", "parallel-immediate",
        "parallel-max", "path-as-is", "progress-bar", "progress-meter", "proto", "proto-default", "proto-redir",
        "remote-header-name", "remote-name", "remote-name-all", "remote-time", "remove-on-error", "sessionid", "show-error",
        "show-headers", "silent", "ssl", "ssl-reqd", "stderr", "styled-output", "tcp-fastopen", "tcp-nodelay", "tlsv1", "tlsv1.0",
        "tlsv1.1", "tlsv1.2", "tlsv1.3", "tls-max", "tr-encoding", "trace", "trace-ascii", "trace-config", "trace-ids",
        "trace-time", "use-ascii", "verbose", "version", "write-out", "happy-eyeballs-timeout-ms", "max-filesize",
        "no-styled-output", "no-compressed", "disallow-username-in-url", "no-location", "junk-session-cookies",
    }
)  # fmt: skip
"""What changes nothing of what is sent, or is the way the workbench does it anyway."""

_FILE: Final = N_("The option {option} reads a file of another machine, which an import does not have.")
_CERTIFICATE: Final = N_(
    "The option {option} names a certificate or a key file. The workbench checks every server against the certificates of this machine."
)
_PROXY: Final = N_(
    "The option {option} goes through a proxy. The workbench asks no proxy but the one its server is set up with."
)
_COOKIE: Final = N_("Cookies ({option}) belong to one person's browser or session, and are not kept.")
_REDIRECT: Final = N_(
    "{option} follows redirects; the workbench never does, so that no credential goes to another host."
)
_RETRY: Final = N_(
    "{option} is left out: how often a message is tried again is set with the job that sends it."
)
_AUTH: Final = N_("{option} is a way to be let in that the workbench does not have. Choose one in step 2.")
_CONNECTION: Final = N_(
    "{option} changes how the server is reached. The workbench goes to the host that the address names."
)
_OTHER: Final = N_("{option} has no counterpart in an integration.")


def _all(kind: LeftOutKind, why: str, names: str) -> dict[str, tuple[LeftOutKind, str]]:
    return dict.fromkeys(names.split(), (kind, why))


LEFT_OUT: Final[Mapping[str, tuple[LeftOutKind, str]]] = {
    "insecure": (
        "insecure",
        N_("{option} switches the check of the server's certificate off. The workbench always checks it."),
    ),
    **_all("insecure", N_("{option} switches the check of the server's certificate off. The workbench always checks it."), "doh-insecure"),
    **_all("certificate", _CERTIFICATE, "cert cert-type key key-type pass cacert capath crlfile pinnedpubkey ciphers curves tls13-ciphers "
           "cert-status ca-native engine ech tlsuser tlspassword tlsauthtype"),
    **_all("proxy", _PROXY, "proxy proxy-user proxy-header proxy-insecure proxy-cacert proxy-cert proxy-key proxy-pass proxy-anyauth "
           "proxy-basic proxy-digest proxy-ntlm proxy-negotiate proxy-ciphers proxytunnel preproxy proxy1.0 noproxy socks4 socks4a socks5 "
           "socks5-hostname socks5-basic socks5-gssapi socks5-gssapi-service proxy-http2 proxy-ssl-allow-beast suppress-connect-headers"),
    **_all("cookie", _COOKIE, "cookie cookie-jar"),
    **_all("redirect", _REDIRECT, "location location-trusted max-redirs post301 post302 post303 follow"),
    **_all("retry", _RETRY, "retry retry-delay retry-max-time retry-all-errors retry-connrefused"),
    **_all("auth", _AUTH, "digest ntlm ntlm-wb negotiate anyauth aws-sigv4 krb delegation sasl-authzid sasl-ir login-options service-name"),
    **_all("file", _FILE, "config netrc netrc-file netrc-optional upload-file etag-compare etag-save alt-svc hsts continue-at quote"),
    **_all("option", _CONNECTION, "resolve connect-to unix-socket abstract-unix-socket interface local-port dns-servers dns-interface "
           "dns-ipv4-addr dns-ipv6-addr doh-url haproxy-protocol haproxy-clientip request-target"),
    **_all("option", _OTHER, "limit-rate rate speed-limit speed-time range time-cond keepalive-cnt ip-tos vlan-priority ftp-port "
           "telnet-option mail-from mail-rcpt crlf ignore-content-length raw false-start variable"),
}  # fmt: skip
"""Options that change something and are not carried over, with the reason."""
