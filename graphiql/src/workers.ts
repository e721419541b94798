// Monaco checks and completes what is typed in workers of its own, which it asks for by name.
import editor from "worker:monaco-editor/esm/vs/editor/editor.worker.js";
import json from "worker:monaco-editor/esm/vs/language/json/json.worker.js";
import graphql from "worker:monaco-graphql/esm/graphql.worker.js";

const addresses: Record<string, string> = { json, graphql };

Object.assign(globalThis, {
  MonacoEnvironment: {
    getWorker: (_: string, label: string) =>
      new Worker(new URL(addresses[label] ?? editor, import.meta.url), { name: label }),
  },
});
