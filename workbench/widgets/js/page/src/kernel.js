// The way to a page's kernel: one websocket, and the comms on it. Nothing is run there; Voila lets comms through and no code.
// Wire format: https://jupyter-server.readthedocs.io/en/latest/developers/websocket-protocols.html (v1)

const PROTOCOL = "v1.kernel.websocket.jupyter.org";
const PATIENCE = [500, 1000, 2000, 4000, 8000];
const written = new TextEncoder();
const read = new TextDecoder();

const packed = (channel, message, buffers) => {
  const parts = [
    written.encode(channel),
    ...["header", "parent_header", "metadata", "content"].map((name) => written.encode(JSON.stringify(message[name]))),
    ...buffers.map((one) => (ArrayBuffer.isView(one) ? new Uint8Array(one.buffer, one.byteOffset, one.byteLength) : new Uint8Array(one))),
  ];
  const offsets = [8 * (parts.length + 2)];
  for (const part of parts) offsets.push(offsets.at(-1) + part.byteLength);
  const whole = new DataView(new ArrayBuffer(offsets.at(-1)));
  [offsets.length, ...offsets].forEach((number, at) => whole.setBigUint64(8 * at, BigInt(number), true));
  parts.forEach((part, at) => new Uint8Array(whole.buffer).set(part, offsets[at]));
  return whole.buffer;
};

const unpacked = (data) => {
  const view = new DataView(data);
  const offsets = Array.from({ length: Number(view.getBigUint64(0, true)) }, (_, at) => Number(view.getBigUint64(8 * (at + 1), true)));
  const part = (at) => data.slice(offsets[at], offsets[at + 1]);
  const json = (at) => JSON.parse(read.decode(part(at)));
  const buffers = [];
  for (let at = 5; at < offsets.length - 1; at += 1) buffers.push(new DataView(part(at)));
  return { header: json(1), parent_header: json(2), metadata: json(3), content: json(4), buffers };
};

// One comm. What arrives before somebody listens is kept: a model is made a moment after the kernel spoke of it.
class Comm {
  #kernel;
  #heard = null;
  #closed = null;
  #early = [];

  constructor(kernel, target, id) {
    this.#kernel = kernel;
    this.target_name = target;
    this.comm_id = id;
  }

  open(data, callbacks, metadata, buffers) {
    return this.#kernel.send("comm_open", { comm_id: this.comm_id, target_name: this.target_name, data: data ?? {} }, callbacks, metadata, buffers);
  }

  send(data, callbacks, metadata, buffers) {
    return this.#kernel.send("comm_msg", { comm_id: this.comm_id, data }, callbacks, metadata, buffers);
  }

  close(data, callbacks, metadata, buffers) {
    this.#kernel.comms.delete(this.comm_id);
    return this.#kernel.send("comm_close", { comm_id: this.comm_id, data: data ?? {} }, callbacks, metadata, buffers);
  }

  on_msg(callback) {
    this.#heard = callback;
    for (const message of this.#early.splice(0)) callback(message);
  }

  on_close(callback) {
    this.#closed = callback;
  }

  hear(message) {
    if (message.header.msg_type === "comm_close") this.#closed?.(message);
    else if (this.#heard) return this.#heard(message);
    else this.#early.push(message);
  }
}

export class Kernel {
  comms = new Map();
  opened = null; // what is called with a comm that the kernel opens, and its message; until then such comms are not taken
  #callbacks = new Map();
  #session = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  #count = 0;
  #waiting = [];
  #socket = null;
  #failures = 0;
  #turn = Promise.resolve();

  constructor(baseUrl, id) {
    const url = new URL(`${baseUrl}api/kernels/${encodeURIComponent(id)}/channels`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("session_id", this.#session);
    this.#connect(url);
  }

  comm(target, id) {
    const comm = new Comm(this, target, id);
    this.comms.set(id, comm);
    return comm;
  }

  // Send a message on the shell channel; returns its id. The callbacks are those of ipywidgets: {shell: {reply}, iopub: {status, ...}}.
  send(kind, content, callbacks, metadata, buffers) {
    const id = `${this.#session}_${(this.#count += 1)}`;
    const header = { msg_id: id, msg_type: kind, session: this.#session, username: "", date: new Date().toISOString(), version: "5.3" };
    if (callbacks) this.#callbacks.set(id, callbacks);
    const whole = packed("shell", { header, parent_header: {}, metadata: metadata ?? {}, content }, buffers ?? []);
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(whole);
    else this.#waiting.push(whole);
    return id;
  }

  #connect(url) {
    const socket = new WebSocket(url, [PROTOCOL]);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#failures = 0;
      for (const whole of this.#waiting.splice(0)) socket.send(whole);
    });
    // One after the other, as the kernel said it: an update may have to wait for a widget that it names.
    socket.addEventListener("message", ({ data }) => {
      const message = unpacked(data);
      this.#turn = this.#turn.then(() => this.#hear(message)).catch((error) => console.error(error));
    });
    socket.addEventListener("close", () => {
      const pause = PATIENCE[Math.min(this.#failures, PATIENCE.length - 1)];
      this.#failures += 1;
      if (this.#failures < 20) setTimeout(() => this.#connect(url), pause);
    });
  }

  #hear(message) {
    const kind = message.header.msg_type;
    if (kind === "comm_open") return this.#taken(message);
    if (kind === "comm_msg" || kind === "comm_close") {
      const comm = this.comms.get(message.content.comm_id);
      if (kind === "comm_close") this.comms.delete(message.content.comm_id);
      return comm?.hear(message);
    }
    const callbacks = this.#callbacks.get(message.parent_header?.msg_id);
    if (kind !== "status") return callbacks?.shell?.reply?.(message);
    callbacks?.iopub?.status?.(message);
    if (message.content.execution_state === "idle") this.#callbacks.delete(message.parent_header?.msg_id);
  }

  // Not awaited by what comes next: a model waits for those that it names, which may be opened after it.
  #taken(message) {
    if (!this.opened) return;
    const { comm_id: id, target_name: target } = message.content;
    this.opened(this.comm(target, id), message);
  }
}
