// Builds ../static/fields.js and ../static/editor.js, and writes ../static/LICENSES.txt of what is in them.
// Nothing is fetched here: `npm install` brought the sources, the result is committed and shipped.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const out = new URL("../static/", import.meta.url).pathname;
const bundled = new Set();

// The bundles say from which sources they were built; a test compares, so that neither is committed without the other.
const sources = ["package.json", ...readdirSync("src").sort().map((name) => `src/${name}`)];
const digest = createHash("sha256");
for (const name of sources) digest.update(readFileSync(name));
const banner = { js: `// built from js/src ${digest.digest("hex")}` };

for (const name of ["fields", "editor"]) {
  const { metafile } = await build({
    entryPoints: [`src/${name}.js`],
    outfile: `${out}${name}.js`,
    banner,
    bundle: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    minify: true,
    metafile: true,
  });
  for (const path of Object.keys(metafile.inputs)) {
    const found = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (found) bundled.add(found[1]);
  }
}

const notices = [...bundled].sort().map((name) => {
  const folder = new URL(`./node_modules/${name}/`, import.meta.url);
  const { version, license } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = readFileSync(new URL(file, folder), "utf8").trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
});
writeFileSync(
  `${out}LICENSES.txt`,
  ["editor.js contains these packages, bundled by esbuild and minified; fields.js contains none.\n", ...notices].join(
    `\n${"-".repeat(80)}\n\n`,
  ),
);
console.log(`built fields.js and editor.js with ${bundled.size} packages`);
