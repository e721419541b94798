// The browser of the tests, with nothing around it but the server that is tested.
import assert from "node:assert/strict";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

function browserPath() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const paths = (process.env.PATH ?? "").split(delimiter);
  const candidates = names.flatMap((name) => paths.map((path) => join(path, name)));
  const runs = (path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  const found = process.env.CHROMIUM ?? candidates.find(runs);
  assert(found, "Chromium is missing: scripts/setup test installs it, and CHROMIUM names one elsewhere");
  return found;
}

/** Starts it; whatever is not on this host is not there. */
export function launch(host) {
  return chromium.launch({
    executablePath: browserPath(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE ${host}`,
    ],
  });
}
