// Builds the page into one file: `node build.mjs OUTPUT`. Scripts and styles stand in it, with their hashes in its
// content security policy, so that nothing else can run; so do the licences of the libraries that went into it.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const output = process.argv[2];
if (!output) throw new Error("usage: node build.mjs OUTPUT");

const common = { bundle: true, minify: true, write: false, metafile: true, target: "es2022", legalComments: "none" };
const script = await build({ ...common, entryPoints: ["src/main.js"], format: "iife", charset: "utf8" });
const style = await build({ ...common, entryPoints: ["src/style/all.css"], charset: "utf8" });

const textOf = (result) => result.outputFiles[0].text.trim();
const hashOf = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

// The packages that went in; each has its licence in THIRD_PARTY_LICENSES.
const inputs = [...Object.keys(script.metafile.inputs), ...Object.keys(style.metafile.inputs)];
const packages = new Set(inputs.map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]).filter(Boolean));
const licences = await readFile("THIRD_PARTY_LICENSES", "utf8");
for (const name of packages) {
  const licence = await readFile(`node_modules/${name}/LICENSE`, "utf8");
  if (!licences.includes(licence.trim())) throw new Error(`THIRD_PARTY_LICENSES lacks the licence of ${name}`);
}

const js = textOf(script);
const css = textOf(style);
if (/<\/script/i.test(js) || /<\/style/i.test(css)) throw new Error("the bundle would end its own element");
const policy = [
  "default-src 'none'",
  `script-src ${hashOf(js)}`,
  `style-src ${hashOf(css)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const shell = await readFile("src/page.html", "utf8");
const parts = { policy, licences: licences.replaceAll("--", "- -"), style: css, script: js };
const page = shell.replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
await writeFile(output, page);
