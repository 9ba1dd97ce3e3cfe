// Builds widgets.js and widgets.css of the published pages' template, and writes LICENSES.txt of what is in them.
// Nothing is fetched here: `npm install` brought the sources, the result is committed and shipped.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const out = new URL("../../voila/templates/wb/static/", import.meta.url).pathname;
const bundled = new Set();

const sources = ["package.json", ...readdirSync("src").sort().map((name) => `src/${name}`)];
const digest = createHash("sha256");
for (const name of sources) digest.update(readFileSync(name));
const banner = { js: `// built from js/page ${digest.digest("hex")}`, css: "/* of ipywidgets and lumino: see LICENSES.txt */" };

// anywidget comes as an AMD module; the sanitizer is replaced in manager.js, and is a third of the bundle.
const tailored = {
  name: "tailored",
  setup(given) {
    given.onLoad({ filter: /anywidget\/dist\/index\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const amd = 'define(["@jupyter-widgets/base"], widget_default);';
      if (!text.includes(amd)) throw new Error("anywidget has another shape now");
      return { contents: text.replace(amd, "export default widget_default;") };
    });
    given.onResolve({ filter: /^sanitize-html$/ }, () => ({ path: "sanitize-html", namespace: "left-out" }));
    given.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: "export default (text) => text;" }));
  },
};

const { metafile } = await build({
  entryPoints: { widgets: "src/page.js" },
  outdir: out,
  banner,
  plugins: [tailored],
  bundle: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  minify: true,
  metafile: true,
  loader: { ".svg": "dataurl" },
});
for (const [path, { bytes }] of Object.entries(metafile.inputs)) {
  const found = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  if (found && bytes) bundled.add(found[1]);
}

const notices = [...bundled].sort().map((name) => {
  const folder = new URL(`./node_modules/${name}/`, import.meta.url);
  const { version, license } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(new URL(file, folder), "utf8").trim() : "The package brings no text of its licence.";
  return `${name} ${version} (${license})\n\n${text}\n`;
});
writeFileSync(
  `${out}LICENSES.txt`,
  ["widgets.js and widgets.css contain these packages, bundled by esbuild and minified.\n", ...notices].join(`\n${"-".repeat(80)}\n\n`),
);
const sizes = Object.values(metafile.outputs).map(({ bytes }) => bytes);
console.log(`built widgets.js and widgets.css (${sizes.join(" and ")} bytes) with ${bundled.size} packages`);
