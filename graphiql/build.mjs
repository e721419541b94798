// Builds the page into dist/, for the program to carry: `dist/index.html`, and `dist/assets/` with everything that it
// names, each under a name that has a hash of its content, compressed by brotli and gzip.
//
// dist/.gitkeep is in git, so that the program also compiles where this never ran.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const assets = join(root, "dist/assets");

const WORKERS = [
  "monaco-editor/esm/vs/editor/editor.worker.js",
  "monaco-editor/esm/vs/language/json/json.worker.js",
  "monaco-graphql/esm/graphql.worker.js",
];
/** What goes with a program under MIT or Apache-2.0 (see deny.toml, which says the same of crates). */
const LICENCES = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0", "Unlicense"];

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  metafile: true,
  write: false,
  outdir: assets,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  target: "es2022",
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none", // Their licences are in a file of their own.
  logLevel: "warning",
};

/** GraphiQL's stylesheet has its fonts in it; as files they are loaded when a character asks for one. */
const fontsAsFiles = {
  name: "fonts",
  setup({ onLoad, onResolve }) {
    const fonts = new Map();
    onLoad({ filter: /graphiql\/dist\/style\.css$/ }, ({ path }) => {
      const css = readFileSync(path, "utf8").replaceAll(
        /url\(data:font\/(\w+);base64,([^)]*)\)/g,
        (_, kind, data) => {
          const name = `font-${fonts.size}.${kind}`;
          fonts.set(name, Buffer.from(data, "base64"));
          return `url("font:${name}")`;
        },
      );
      return { contents: css, loader: "css" };
    });
    onResolve({ filter: /^font:/ }, ({ path }) => ({ path: path.slice(5), namespace: "font" }));
    onLoad({ filter: /./, namespace: "font" }, ({ path }) => ({
      contents: fonts.get(path),
      loader: "file",
    }));
    // GraphiQL's stylesheet has Monaco's in it too.
    onLoad({ filter: /monaco-editor\/.*\.css$/ }, () => ({ contents: "", loader: "empty" }));
  },
};

const workers = await build({ ...common, entryPoints: WORKERS, format: "iife" });
const addressOf = new Map(
  Object.entries(workers.metafile.outputs).map(([path, output]) => [
    WORKERS.find((worker) => output.entryPoint?.endsWith(worker)),
    `./${basename(path)}`,
  ]),
);

const page = await build({
  ...common,
  entryPoints: ["src/main.tsx"],
  format: "esm",
  splitting: true,
  jsx: "automatic",
  loader: { ".graphql": "text" },
  plugins: [
    fontsAsFiles,
    {
      name: "workers",
      setup({ onLoad, onResolve }) {
        onResolve({ filter: /^worker:/ }, ({ path }) => ({
          path: path.slice(7),
          namespace: "worker",
        }));
        onLoad({ filter: /./, namespace: "worker" }, ({ path }) => ({
          contents: `export default ${JSON.stringify(addressOf.get(path))}`,
        }));
      },
    },
  ],
});

const outputs = page.metafile.outputs;
const [main] = Object.keys(outputs).filter((path) => outputs[path].entryPoint === "src/main.tsx");
// The editor is loaded when the page is there; its code is fetched at once. For other things one waits.
const early = new Set();
const needs = (path) => {
  if (early.has(path)) return;
  early.add(path);
  outputs[path].imports.filter(({ kind }) => kind === "import-statement").forEach(({ path }) => needs(path));
};
needs(main);
for (const [path, { entryPoint }] of Object.entries(outputs)) {
  if (/monaco-graphql\/esm\/(monaco-editor|lite)\.js$/.test(entryPoint ?? "")) needs(path);
}
early.delete(main);

const files = new Map(
  [...workers.outputFiles, ...page.outputFiles].map(({ path, contents }) => [
    basename(path),
    Buffer.from(contents),
  ]),
);
const notices = Buffer.from(licences([workers.metafile, page.metafile]));
const noticesName = `licences-${createHash("sha256").update(notices).digest("hex").slice(0, 8)}.txt`;
files.set(noticesName, notices);

const at = (name) => `graphiql/assets/${basename(name)}`;
const tags = [
  `<link rel="stylesheet" href="${at(outputs[main].cssBundle)}" />`,
  `<script type="module" src="${at(main)}"></script>`,
  ...[...early].map((path) => `<link rel="modulepreload" href="${at(path)}" />`),
  `<link rel="license" href="${at(noticesName)}" />`,
];
const html = readFileSync(join(root, "src/index.html"), "utf8").replace(
  "<!-- assets -->",
  tags.join("\n    "),
);

rmSync(assets, { recursive: true, force: true });
mkdirSync(assets, { recursive: true });
const sizes = new Map();
for (const [name, contents] of files) {
  const gzip = gzipSync(contents, { level: 9 });
  const brotli = brotliCompressSync(contents, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: contents.length,
    },
  });
  writeFileSync(join(assets, `${name}.gz`), gzip);
  writeFileSync(join(assets, `${name}.br`), brotli);
  sizes.set(name, { plain: contents.length, gzip: gzip.length, brotli: brotli.length });
}
// Last: it is what make looks at.
writeFileSync(join(root, "dist/index.html"), html);

const first = [main, outputs[main].cssBundle, ...early, ...Object.keys(workers.metafile.outputs)].map(
  (path) => sizes.get(basename(path)),
);
const sum = (form) => `${(first.reduce((total, size) => total + size[form], 0) / 1024).toFixed(0)} KiB`;
console.log(`graphiql: first load ${sum("plain")}, by gzip ${sum("gzip")}, by brotli ${sum("brotli")}`);

/** The licences of all packages that have code in the bundles. */
function licences(metafiles) {
  const packages = new Map();
  for (const input of metafiles.flatMap(({ inputs }) => Object.keys(inputs))) {
    const [folder] = /^(?:\w+:)?.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [];
    if (folder === undefined || packages.has(folder)) continue;
    packages.set(folder, JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")));
  }
  const parts = [...packages].map(([folder, { name, version, license }]) => {
    if (!LICENCES.includes(license)) throw new Error(`${name} ${version} is under ${license}`);
    return `${name} ${version}: ${license}\n\n${noticeOf(folder)}`;
  });
  return `What this page is made of.\n\n${parts.sort().join("\n\n----\n\n")}\n`;
}

function noticeOf(folder) {
  for (const name of ["LICENSE", "LICENSE.md", "LICENSE.txt", "license", "LICENCE", "license.md"]) {
    try {
      return readFileSync(join(root, folder, name), "utf8").trim();
    } catch {
      continue;
    }
  }
  return "(The package has no text of it.)";
}
