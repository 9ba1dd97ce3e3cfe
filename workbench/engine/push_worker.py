"""PUSH WORKER: a service worker of our own and the page's lines that register it, to try web push with before the platform's are in place.

What the platform's own file is called and how it is set up is not documented where we could read it; this one does what the standards ask.
https://www.w3.org/TR/push-api/ and https://www.w3.org/TR/service-workers/
"""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import urlsplit

from workbench.models.push import PushKit, PushSettings

from .push_checks import check_push, folder

FILE: Final = "/service-worker.js"
HEADERS: Final = (("Content-Type", "text/javascript; charset=utf-8"), ("Cache-Control", "no-cache"))

_WORKER: Final = """\
// A service worker for web push, to try it with: it shows each push, and opens the address that a push names when it is clicked.
// Keep one worker per scope: where your platform brings its own file, use that one in place of this.
"use strict";

const TITLE = {title};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// A push is JSON or plain text; whatever it is, something must be shown, or browsers take the permission back.
function read(data) {{
  const text = data ? data.text() : "";
  try {{
    const value = JSON.parse(text);
    if (value && typeof value === "object" && !Array.isArray(value)) return value;
  }} catch {{
    // plain text
  }}
  return {{ body: text }};
}}

// Only the shop's own pages, and pages by HTTPS, are opened; anything else leads to the shop.
function target(value) {{
  try {{
    const url = new URL(String(value || ""), self.registration.scope);
    if (url.protocol === "https:" || url.origin === self.location.origin) return url.href;
  }} catch {{
    // no address
  }}
  return self.registration.scope;
}}

function words(value) {{
  return typeof value === "string" && value ? value : undefined;
}}

self.addEventListener("push", (event) => {{
  const message = read(event.data);
  const note = message.notification && typeof message.notification === "object" ? message.notification : message;
  const url = target(note.url ?? note.click_action ?? note.data?.url ?? message.url);
  event.waitUntil(
    self.registration.showNotification(words(note.title) ?? TITLE, {{
      body: words(note.body),
      icon: words(note.icon),
      tag: words(note.tag),
      data: {{ url }},
    }}),
  );
}});

async function show(url) {{
  const windows = await self.clients.matchAll({{ type: "window", includeUncontrolled: true }});
  const there = windows.find((one) => one.url === url);
  return there ? there.focus() : self.clients.openWindow(url);
}}

self.addEventListener("notificationclick", (event) => {{
  event.notification.close();
  event.waitUntil(show(target(event.notification.data?.url)));
}});

// The browser may renew a subscription by itself: the shop's pages are told, so that the platform hears of the new one.
self.addEventListener("pushsubscriptionchange", (event) => {{
  event.waitUntil(
    self.clients.matchAll({{ type: "window" }}).then((windows) => {{
      for (const one of windows) one.postMessage({{ type: "push-subscription-changed" }});
    }}),
  );
}});
"""

_PAGE: Final = """\
<script>
// Call webPush.subscribe() from a click: browsers ask a visitor only then. It gives a report that the workbench reads.
window.webPush = (() => {{
  "use strict";
  const KEY = {key};
  const WORKER = {worker};
  const SCOPE = {scope};

  function bytes(text) {{
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  }}

  function same(one, other) {{
    const left = new Uint8Array(one ?? []);
    return left.length === other.length && left.every((byte, at) => byte === other[at]);
  }}

  // Not serviceWorker.ready: that waits for ever on a page outside the worker's scope.
  function activated(registration) {{
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    return new Promise((resolve, reject) => {{
      const look = () => {{
        if (worker.state === "activated") resolve();
        if (worker.state === "redundant") reject(new Error("the worker was thrown away while it was set up"));
      }};
      worker.addEventListener("statechange", look);
      look();
    }});
  }}

  async function register(report) {{
    if (!window.isSecureContext) throw new Error("this page is not secure: open it by HTTPS");
    if (!("serviceWorker" in navigator)) throw new Error("this browser knows no service workers");
    const registration = await navigator.serviceWorker.register(WORKER, {{ scope: SCOPE }});
    await activated(registration);
    report.worker = registration.active.scriptURL;
    report.scope = registration.scope;
    report.state = registration.active.state;
    return registration;
  }}

  async function subscription(registration, report) {{
    if (!("PushManager" in window && "Notification" in window)) throw new Error("this browser knows no web push");
    report.permission = await Notification.requestPermission();
    if (report.permission !== "granted") throw new Error("the visitor did not allow notifications");
    const key = bytes(KEY);
    let found = await registration.pushManager.getSubscription();
    if (found && !same(found.options.applicationServerKey, key)) {{
      await found.unsubscribe(); // it was made with another key, so nobody could write to it
      found = null;
      report.renewed = true;
    }}
    found ??= await registration.pushManager.subscribe({{ userVisibleOnly: true, applicationServerKey: key }});
    return found.toJSON();
  }}

  async function told(work) {{
    const report = {{ report: "web-push", page: location.origin, permission: window.Notification?.permission ?? "", renewed: false }};
    try {{
      await work(report);
    }} catch (error) {{
      report.error = `${{error.name}}: ${{error.message}}`;
    }}
    return report;
  }}

  return {{
    register: () => told((report) => register(report)),
    subscribe: () =>
      told(async (report) => {{
        report.subscription = await subscription(await register(report), report);
      }}),
  }};
}})();
</script>
"""


def push_kit(settings: PushSettings) -> PushKit:
    """Return the files for these settings; what is missing in them is filled with what usually fits, and said in the verdict."""
    verdict = check_push(settings)
    path = urlsplit(verdict.worker).path or FILE
    scope = urlsplit(verdict.scope).path or folder(path)
    headers: tuple[tuple[str, str], ...] = HEADERS
    if not scope.startswith(folder(path)):
        headers = (*headers, ("Service-Worker-Allowed", scope))
    host = urlsplit(verdict.worker).hostname or ""
    return PushKit(
        worker=_WORKER.format(title=script_text(host or "News")),
        worker_file=path,
        registration=_PAGE.format(
            key=script_text(settings.vapid_public_key.strip()),
            worker=script_text(path),
            scope=script_text(scope),
        ),
        headers=headers,
        verdict=verdict,
    )


def script_text(value: str) -> str:
    """Return a text as JavaScript that may stand in a page: nothing in it can end the script or the line."""
    text = json.dumps(value, ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
