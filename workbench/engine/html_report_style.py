"""HTML REPORT, ITS STYLE: the style sheet of the page, light and dark, on screen and on paper."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --page: #f7f8fa; --card: #fff; --ink: #1b2433; --muted: #566072; --line: #dfe3ea;
  --ok: #1b5e20; --ok-soft: #e6f4e7; --bad: #a31515; --bad-soft: #fdeaea; --odd: #7a4a00; --odd-soft: #fff3dc; --link: #0d47a1; }
@media (prefers-color-scheme: dark) { :root { --page: #10141b; --card: #181e27; --ink: #e8ecf3; --muted: #a4aebd; --line: #2d3643;
  --ok: #8fd694; --ok-soft: #16301a; --bad: #ff9d9d; --bad-soft: #3a1a1c; --odd: #ffc46b; --odd-soft: #35270f; --link: #90c2ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 24px; margin: 0 0 8px; } h2 { font-size: 18px; margin: 0 0 4px; overflow-wrap: anywhere; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 16px; margin: 20px 0; }
.hint { color: var(--muted); margin: 4px 0 12px; } .note { border-left: 3px solid var(--odd); padding-left: 10px; }
.total { font-weight: 600; } .total.passed { color: var(--ok); } .total.failed { color: var(--bad); }
.scroll { overflow-x: auto; margin: 12px 0; } .scroll:focus { outline: 2px solid var(--link); }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; font-weight: 600; padding: 4px 0; }
th, td { text-align: left; vertical-align: top; padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); }
th { color: var(--muted); font-size: 13px; } td { overflow-wrap: anywhere; min-width: 64px; } a { color: var(--link); }
code { font: 13px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.badge { display: inline-block; white-space: nowrap; padding: 0 8px; border-radius: 10px; font-size: 13px; font-weight: 600; }
.badge.passed { color: var(--ok); background: var(--ok-soft); } .badge.failed { color: var(--bad); background: var(--bad-soft); }
.badge.broken { color: var(--odd); background: var(--odd-soft); } tr.volatile td { color: var(--muted); font-style: italic; }
@media print { body { background: #fff; } section { break-inside: avoid-page; border-color: #bbb; } .scroll { overflow: visible; } }
"""
"""The style sheet; colours keep a contrast of 4.5 to 1 on their grounds."""
