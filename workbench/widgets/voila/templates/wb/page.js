// anywidget leaves a widget empty that has not begun within two seconds, which a busy machine exceeds while a page of many fields is built.
{
  const limited = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => limited(Math.max(ms, 30_000));
}

// What the page does around the widgets: say what is loading, take the skeleton away, say when the workspace is gone.
(() => {
  const lost = { socket: null, ended: false };
  let words = {};

  const show = (kind) => {
    const box = document.getElementById("wb-lost");
    document.getElementById("wb-lost-words").textContent = words[kind];
    box.hidden = false;
  };
  const hide = () => {
    if (!lost.ended) document.getElementById("wb-lost").hidden = true;
  };
  const ended = () => {
    lost.ended = true;
    show("ended");
  };

  // The kernel's socket is watched from before anything opens it; a closed one is tried again by the page itself.
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      if (!/\/api\/kernels\/[^/]+\/channels/.test(String(given[0]))) return;
      this.addEventListener("open", hide);
      this.addEventListener("close", () => setTimeout(check, 800));
      this.addEventListener("message", ({ data }) => {
        // Only the server's short notes on the kernel's state are of interest: a restarted kernel has lost the page.
        const size = data.byteLength ?? data.length;
        if (size > 3000) return;
        const text = typeof data === "string" ? data : new TextDecoder().decode(data);
        if (/"execution_state":\s*"(dead|restarting|autorestarting)"/.test(text)) ended();
      });
    }
  };

  let leaving = false;
  addEventListener("beforeunload", () => (leaving = true));
  const kernel = () => {
    const config = document.getElementById("jupyter-config-data");
    return config && JSON.parse(config.textContent);
  };
  const check = async () => {
    const config = kernel();
    if (leaving || lost.ended || !config || document.visibilityState === "hidden") return;
    try {
      const answer = await fetch(`${config.baseUrl}api/kernels/${config.kernelId}`, { cache: "no-store" });
      if (answer.status === 404) ended();
      else if (answer.ok) hide();
      else show("away");
    } catch {
      if (!leaving) show("away");
    }
  };
  setInterval(check, 20000);

  // A closed tab ends its kernel. Voila's own message to that end carries no XSRF token and is refused
  // (https://github.com/voila-dashboards/voila/issues/1458); this one does: a page may write its own cookie, and the
  // server compares cookie and header. A page kept for the way back goes on living.
  addEventListener("pagehide", (event) => {
    const config = kernel();
    if (event.persisted || !config || lost.ended) return;
    const mine = () => document.cookie.match(/(?:^|; )_xsrf=([^;]+)/)?.[1];
    if (!mine()) {
      const token = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
      document.cookie = `_xsrf=${token}; path=${config.baseUrl}; SameSite=Strict`;
    }
    const address = `${config.baseUrl}voila/api/shutdown/${config.kernelId}`;
    fetch(address, { method: "POST", keepalive: true, headers: { "X-XSRFToken": mine() ?? "" } }).catch(() => {});
  });
  document.addEventListener("visibilitychange", () => setTimeout(check, 300));

  // The handle of an ipywidgets slider has no name of its own; it takes the label beside it.
  const nameSliders = () => {
    for (const handle of document.querySelectorAll('.noUi-handle[role="slider"]:not([aria-label])')) {
      const label = handle.closest(".widget-slider")?.querySelector(".widget-label")?.textContent;
      if (label) handle.setAttribute("aria-label", label);
    }
  };

  // The front (widgets.js) comes while the workspace starts; who is here first waits for the other.
  const front = new Promise((done) => {
    if (window.wbFront) done(window.wbFront);
    else addEventListener("wb-front", () => done(window.wbFront), { once: true });
  });
  // A widget's own code may arrive a moment after the widget.
  const waiting = (cells) => cells.querySelector('.lm-Widget:empty:not([class*="widget-"]):not([style*="none"])');

  window.wbPage = (given) => {
    words = given.words;
    const text = document.getElementById("loading_text");
    document.getElementById("wb-reload").addEventListener("click", () => location.reload());
    setTimeout(() => (text.textContent = text.isConnected ? words.slow : ""), 12000);

    const finish = async () => {
      text.textContent = words.drawing;
      const cells = document.getElementById("rendered_cells");
      const loading = document.getElementById("loading");
      cells.style.display = "";
      await (await front).draw(cells);
      let patience = 0;
      const look = () => {
        if (!waiting(cells)) return done();
        // A widget may be empty on purpose: what is still empty after a second is not waited for.
        patience ||= setTimeout(() => done(), 1000);
      };
      const watch = new MutationObserver(look);
      const done = () => {
        if (!loading.isConnected) return;
        clearTimeout(patience);
        watch.disconnect();
        loading.remove();
        document.body.dataset.wbReady = "true";
        nameSliders();
        new MutationObserver(nameSliders).observe(cells, { childList: true, subtree: true });
      };
      watch.observe(document.getElementById("content"), { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });
      look();
    };
    window.voila_heartbeat = () => {};
    window.voila_process = window.update_loading_text = (at, all) => {
      text.textContent = words.cell.replace("{at}", at).replace("{all}", all);
    };
    window.voila_finish = finish;
    window.wbStarted = async () => {
      const { baseUrl, kernelId } = kernel();
      (await front).connect(baseUrl, kernelId);
    };
  };
})();
