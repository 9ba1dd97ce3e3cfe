// A published page's own front: it draws what the cells show, and joins the widgets to their kernel.
// It takes the place of Voila's, which brings JupyterLab's parts in 80 files of 4.4 MB.
import { MessageLoop } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import "@jupyter-widgets/controls/css/widgets-base.css";
import "@lumino/widgets/style/widget.css";

import { Kernel } from "./kernel.js";
import { Manager } from "./manager.js";
import { drawn } from "./outputs.js";

const OUTPUT = 'script[type="application/vnd.voila.cell-output+json"]';
const VIEW = "application/vnd.jupyter.widget-view+json";

const shown = async (manager, id, place) => {
  const view = await manager.create_view(await manager.get_model(id));
  Widget.attach(view.luminoWidget, place);
  addEventListener("resize", () => MessageLoop.postMessage(view.luminoWidget, Widget.ResizeMessage.UnknownSize));
};

const put = async (script, loaded, manager) => {
  const output = JSON.parse(script.textContent);
  const id = output.data?.[VIEW]?.model_id;
  if (!id) return void script.replaceWith(drawn(output));
  const place = document.createElement("div");
  place.className = "jp-OutputArea-output";
  script.replaceWith(place);
  await loaded;
  // A cell may show a widget that was closed since, or that another cell replaced.
  if (manager.has_model(id)) await shown(manager, id, place);
};

let kernel = null;

// The page calls these: the kernel's address is known before its cells have run, and the socket opens meanwhile.
window.wbFront = {
  connect(baseUrl, kernelId) {
    kernel ??= new Kernel(baseUrl, kernelId);
  },
  async draw(cells) {
    const manager = new Manager(kernel);
    const scripts = [...cells.querySelectorAll(OUTPUT)];
    const loaded = scripts.some((one) => one.textContent.includes(VIEW)) ? manager.load() : Promise.resolve();
    await Promise.all(scripts.map((script) => put(script, loaded, manager)));
  },
};
window.dispatchEvent(new Event("wb-front"));
