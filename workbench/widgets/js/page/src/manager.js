// The widgets of a page: ipywidgets' own models and views, and anywidget's; other modules are not in this bundle.
import * as base from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager/lib/manager-base";
import * as controls from "@jupyter-widgets/controls";
import anywidget from "anywidget";

const MODULES = { "@jupyter-widgets/base": base, "@jupyter-widgets/controls": controls, anywidget: anywidget(base) };
const CONTROL = "jupyter.widget.control";
const WIDGET = "jupyter.widget";

export class Manager extends ManagerBase {
  #kernel;

  constructor(kernel) {
    super();
    this.#kernel = kernel;
  }

  loadClass(name, module, version) {
    const found = MODULES[module]?.[name];
    if (found) return Promise.resolve(found);
    return Promise.reject(new Error(`A published page shows ipywidgets and anywidget only, not ${name} of ${module} ${version}.`));
  }

  // Descriptions are text on our pages: no sanitizer of 200 kB for a few tags.
  inline_sanitize(source) {
    const node = document.createElement("span");
    node.textContent = source;
    return node.innerHTML;
  }

  async _create_comm(target, id, data, metadata, buffers) {
    const comm = this.#kernel.comm(target, id);
    if (data || metadata) comm.open(data, {}, metadata, buffers);
    return comm;
  }

  async _get_comm_info() {
    return {};
  }

  // Make a model of every widget that the kernel has, by one message to and fro; then take what it opens from now on.
  // As ManagerBase._loadFromKernel, which gives up after four seconds, and asks widget by widget then.
  async load() {
    const kernel = this.#kernel;
    const { content, buffers } = await new Promise((resolve) => {
      const control = kernel.comm(CONTROL, base.uuid());
      control.on_msg((message) => {
        kernel.opened = (comm, opened) => comm.target_name === WIDGET && this.handle_comm_open(comm, opened);
        resolve(message);
        setTimeout(() => control.close());
      });
      control.open({}, undefined, { version: "1.0.0" });
      control.send({ method: "request_states" });
    });
    const { states, buffer_paths: paths } = content.data;
    for (const [id, { state }] of Object.entries(states)) {
      const own = paths.flatMap(([widget, ...path], at) => (widget === id ? [[path, buffers[at]]] : []));
      base.put_buffers(state, own.map(([path]) => path), own.map(([, buffer]) => buffer));
    }
    // Every model is named before any waits for another.
    const made = Object.entries(states).map(([id, one]) =>
      this.new_model(
        {
          model_name: one.model_name,
          model_module: one.model_module,
          model_module_version: one.model_module_version,
          model_id: id,
          comm: kernel.comm(WIDGET, id),
        },
        one.state,
      ).catch((error) => console.error(error)),
    );
    await Promise.all(made);
  }
}
