// Runs the README's example of a console whose tokens are in cookies, in a real browser against a real server; and what a
// page of another origin would try.
//
//   node test/console.mjs URL DATA_DIR EXAMPLE
//
// EXAMPLE is a file with the example's script, which defines `ask(query, variables)`. It ends with 1 and says why when
// anything is amiss.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { launch } from "./chromium.mjs";

const [url, dataDir, example] = process.argv.slice(2);
const PATIENCE = 60_000; // On a busy machine; everything is waited for, and nothing for a time.
const script = readFileSync(example, "utf8");
const browser = await launch("127.0.0.1");
// Our own first page asks the API nothing, and its policy says so: it stands in for the console's.
const context = await browser.newContext({ bypassCSP: true });
context.setDefaultTimeout(PATIENCE);

/** A page of the server's own origin, in which the example stands. */
async function open() {
  const page = await context.newPage();
  await page.goto(`${url}/`);
  await page.evaluate(`(() => {\n${script}\nglobalThis.ask = ask;\n})()`);
  return (query, variables) =>
    page.evaluate(([query, variables]) => globalThis.ask(query, variables), [query, variables]);
}

const LOGIN = `mutation ($input: LoginInput!) {
  login(input: $input) { step challenge deviceToken tokens { accessToken } userErrors { code } }
}`;
const COMPLETE = `mutation ($input: CompleteLoginInput!) {
  completeLogin(input: $input) { step deviceToken tokens { accessToken refreshToken } userErrors { code } }
}`;
const USERS = "{ users { totalCount } }";

async function walk() {
  const ask = await open();
  const password = readFileSync(join(dataDir, "super-admin-password"), "utf8").trim();
  const { login } = (await ask(LOGIN, { input: { login: "admin", password } })).data;
  assert.equal(login.step, "PASSWORD_CHANGE_REQUIRED");
  assert.deepEqual(await context.cookies(), []);
  const fresh = { newPassword: "Red-Panda-42", newPasswordConfirmation: "Red-Panda-42" };
  const { completeLogin } = (await ask(COMPLETE, { input: { challenge: login.challenge, ...fresh } })).data;
  assert.deepEqual(completeLogin, { step: "DONE", deviceToken: null, tokens: null, userErrors: [] });

  // No script sees them.
  const cookies = await context.cookies(`${url}/graphql`);
  assert.deepEqual(cookies.map(({ name }) => name).sort(), [
    "rollcall-access",
    "rollcall-device",
    "rollcall-refresh",
  ]);
  for (const { name, httpOnly, sameSite } of cookies)
    assert.deepEqual([httpOnly, sameSite], [true, "Strict"], name);
  const [page] = context.pages();
  assert.equal(await page.evaluate(() => document.cookie), "");
  assert.equal((await ask(USERS)).data.users.totalCount, 1);

  // The access token comes to its end, in two tabs at once: the example goes on in both.
  const other = await open();
  await context.clearCookies({ name: "rollcall-access" });
  const answers = await Promise.all([ask(USERS), other(USERS)]);
  for (const answer of answers) assert.equal(answer.data?.users.totalCount, 1, JSON.stringify(answer));

  // A WebSocket says in its first word that it is to be known by the cookie.
  assert.deepEqual(await page.evaluate(connect, [url, { session: "cookie" }]), { type: "connection_ack" });
  assert.equal(await page.evaluate(connect, [url, {}]), 4401);

  await triesFromElsewhere();
  assert.equal((await ask(USERS)).data.users.totalCount, 1);

  // After the sign-out neither tab goes on.
  assert.deepEqual((await ask("mutation { logout { userErrors { code } } }")).data.logout.userErrors, []);
  assert.deepEqual(
    (await context.cookies(`${url}/graphql`)).map(({ name }) => name),
    ["rollcall-device"],
  );
  for (const one of [ask, other]) {
    assert.equal((await one(USERS)).errors[0].extensions.code, "UNAUTHENTICATED");
  }
}

/** Another port of this machine is the same site: the browser sends the cookies, and tells the server from where. */
async function triesFromElsewhere() {
  const server = createServer((_, response) =>
    response.setHeader("content-type", "text/html").end("<!doctype html>"),
  );
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const page = await context.newPage();
  const sent = [];
  const network = await context.newCDPSession(page);
  network.on("Network.requestWillBeSentExtraInfo", ({ headers }) => sent.push(headers));
  await network.send("Network.enable");
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const rename = 'mutation { updateProfile(input: { name: "Eve" }) { user { name } } }';
  const tries = await page.evaluate(
    async ([url, query]) => {
      const body = JSON.stringify({ query });
      const json = { "Content-Type": "application/json" };
      const own = { ...json, "X-Rollcall-Session": "cookie" };
      const tried = async (options, search = "") => {
        try {
          const response = await fetch(`${url}/graphql${search}`, { credentials: "include", ...options });
          return response.type;
        } catch (error) {
          return error.name;
        }
      };
      return [
        await tried({ method: "POST", body, headers: own }),
        await tried({ method: "POST", body, headers: json }),
        await tried({ headers: own }, `?query=${encodeURIComponent("{ viewer { user { id } } }")}`),
        // Nothing is asked for before these two: they arrive, and change nothing.
        await tried({ method: "POST", body, mode: "no-cors", headers: { "Content-Type": "text/plain" } }),
        await tried({ mode: "no-cors" }, `?query=${encodeURIComponent("{ viewer { user { id } } }")}`),
      ];
    },
    [url, rename],
  );
  assert.deepEqual(tries, ["TypeError", "TypeError", "TypeError", "opaque", "opaque"]);
  assert.equal(await page.evaluate(connect, [url, { session: "cookie" }]), 1006);
  // That the cookies went with them is what makes this a test.
  const toApi = sent.filter(
    (headers) => `http://${headers.Host}` === url && headers["Sec-Fetch-Mode"] === "no-cors",
  );
  const told = toApi.map((headers) => [
    headers["Sec-Fetch-Site"],
    headers.Cookie?.includes("rollcall-access="),
  ]);
  assert.deepEqual(
    told,
    [
      ["same-site", true],
      ["same-site", true],
    ],
    JSON.stringify(sent),
  );
  await page.close();
}

/** Shakes hands and says the first word; answers what the server says, or the code of the end. */
function connect([url, payload]) {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/graphql/ws`, "graphql-transport-ws");
    socket.onopen = () => socket.send(JSON.stringify({ type: "connection_init", payload }));
    socket.onmessage = ({ data }) => resolve(JSON.parse(data));
    socket.onclose = ({ code }) => resolve(code);
  });
}

try {
  await walk();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
process.exit(); // The server of the other page still listens.
