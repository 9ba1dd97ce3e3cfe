// What a cell shows beside widgets: HTML, pictures and text. The notebook is the publisher's own, so its HTML is taken as it is.

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const text = (value) => (Array.isArray(value) ? value.join("") : String(value));
// eslint-disable-next-line no-control-regex
const plain = (value) => text(value).replace(/\u001b\[[0-9;]*m/g, "");

const box = (name, ...children) => {
  const node = document.createElement("div");
  node.className = `${name} jp-OutputArea-output`;
  node.append(...children);
  return node;
};

const preformatted = (value, name = "jp-RenderedText") => {
  const node = document.createElement("pre");
  node.textContent = plain(value);
  return box(name, node);
};

const markup = (value, name) => {
  const node = box(name);
  // Not innerHTML: scripts in it shall run, as they do in a notebook.
  node.append(document.createRange().createContextualFragment(text(value)));
  return node;
};

const picture = (kind, value) => {
  const node = document.createElement("img");
  node.src = `data:${kind};base64,${text(value).trim()}`;
  node.alt = "";
  return box("jp-RenderedImage", node);
};

export const drawn = (output) => {
  if (output.output_type === "stream") return preformatted(output.text);
  if (output.output_type === "error") return preformatted((output.traceback ?? [output.evalue]).join("\n"), "jp-RenderedText wb-error");
  const data = output.data ?? {};
  if (data["text/html"] !== undefined) return markup(data["text/html"], "jp-RenderedHTMLCommon jp-RenderedHTML");
  if (data["image/svg+xml"] !== undefined) return markup(data["image/svg+xml"], "jp-RenderedSVG");
  const kind = PICTURES.find((one) => data[one] !== undefined);
  if (kind) return picture(kind, data[kind]);
  return data["text/plain"] === undefined ? box("jp-RenderedText") : preformatted(data["text/plain"]);
};
