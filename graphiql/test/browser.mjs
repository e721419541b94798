// Walks the main path through the tabs of /graphiql, in a real browser against a real server, as somebody would who has
// just started it.
//
//   node test/browser.mjs URL DATA_DIR [SCREENSHOT]
//
// The data directory has the super admin's first password and the letters. CHROMIUM names the browser. It ends with 1
// and says why when anything is amiss: a request to another place, an error in the browser's console, a wrong answer.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { launch } from "./chromium.mjs";

const [url, dataDir, screenshot] = process.argv.slice(2);
const PATIENCE = 60_000; // On a busy machine; everything is waited for, and nothing for a time.
const origin = new URL(url).origin;

const browser = await launch("127.0.0.1");
const context = await browser.newContext({ viewport: { width: 1360, height: 800 } });
context.setDefaultTimeout(PATIENCE);
const page = await context.newPage();

const wrong = [];
let asked = 0;
context.on("request", (request) => {
  const address = new URL(request.url());
  asked += 1;
  if (address.origin !== origin && address.protocol !== "data:") wrong.push(`asked ${address}`);
});
context.on("requestfailed", (request) => {
  const why = request.failure()?.errorText;
  // What the page was still loading when it was left, as it is on a slow machine: nothing has refused it.
  const isLeft = why === "net::ERR_ABORTED" && request.url().startsWith(`${url}/graphiql/assets/`);
  if (!isLeft) wrong.push(`failed: ${request.url()} ${why}`);
});
context.on("response", (response) => {
  if (response.status() >= 400) wrong.push(`${response.status()} ${response.url()}`);
});
page.on("websocket", (socket) => {
  if (new URL(socket.url()).host !== new URL(url).host) wrong.push(`opened ${socket.url()}`);
});
const workers = [];
page.on("worker", (worker) => workers.push(worker.url()));
page.on("console", (message) => {
  if (message.type() === "error") wrong.push(`the console says: ${message.text()}`);
});
page.on("pageerror", (error) => wrong.push(`uncaught: ${error.stack ?? error}`));

try {
  await walk();
  assert.deepEqual(wrong, []);
  assert(asked > 10, `only ${asked} requests were seen`);
} catch (error) {
  console.error(error);
  console.error("What was amiss until then:", wrong);
  console.error("What the page showed:", await page.locator("body").innerText().catch(String));
  process.exitCode = 1;
} finally {
  await browser.close();
}

async function walk() {
  const heard = await playSocket();
  await page.goto(`${url}/graphiql`);
  const who = page.locator(".who");
  await who.getByText("Not signed in").waitFor();

  await open("LogIn");
  const password = readFileSync(join(dataDir, "super-admin-password"), "utf8").trim();
  const login = await run((variables) => (variables.input.password = password));
  assert.equal(login.login.step, "PASSWORD_CHANGE_REQUIRED");
  assert.equal(login.login.tokens, null);

  await open("ChangePassword");
  const changed = await run(choosePassword("Red-Panda-42"));
  assert.equal(changed.completeLogin.step, "DONE");
  await who.getByText("Signed in as admin (admin, SUPER_ADMIN)").waitFor();

  await open("Viewer");
  const { viewer } = await run();
  assert.equal(viewer.user.account, "admin");
  await shows('"PLATFORM_MANAGEMENT"');

  await open("CreateUser");
  const made = await run();
  assert.equal(made.createUser.user.account, "mia");
  assert.equal(made.createUser.generatedPassword.length, 16);
  await shows('"account": "mia"');

  await open("CreateTeam");
  const { createTeam } = await run();
  assert.deepEqual(createTeam.userErrors, []);

  await open("Users");
  const { users } = await run();
  assert.deepEqual(users.nodes.map(({ account }) => account).sort(), ["admin", "max", "mia"]);
  if (screenshot) await page.screenshot({ path: screenshot });

  await listensToSubscriptions(heard);
  await worksWithSchema();
  await keepsNothingForOthers();

  // An access token holds for 15 minutes, and is changed for the next one without a word.
  await refuseOnce();
  await open("Viewer");
  assert.equal((await run()).viewer.user.account, "admin");
  onlyRefused();

  // A reload keeps who is signed in, and what was typed.
  const tabs = await page.locator(".graphiql-tab-button").count();
  await page.reload();
  await who.getByText("Signed in as admin").waitFor();
  await open("Users");
  assert.equal((await run()).users.totalCount, 3);
  assert.equal(await page.locator(".graphiql-tab-button").count(), tabs);

  // A session that ended elsewhere is forgotten, or nobody could log in again.
  await page.evaluate(() => sessionStorage.setItem("rollcall:accessToken", "nonsense"));
  await page.reload();
  await who.getByText("The session is over").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem("rollcall:accessToken")), null);
  onlyRefused();

  // Values of earlier answers are gone with the page: the request is not sent, and it says why.
  await open("Invite");
  await page.getByRole("button", { name: "Execute query" }).click();
  await shows("ask for createTeam first");
  await open("LogInAsMax");
  const loginAsMax = await run((variables) => (variables.input.password = createTeam.generatedPassword));
  assert.equal(loginAsMax.login.step, "PASSWORD_CHANGE_REQUIRED");
  await open("ChangePassword");
  await run(choosePassword("Gray-Heron-42"));
  await who.getByText("Signed in as Max (max, MEMBER)").waitFor();
  await open("Invite");
  const { createInvitation } = await run((variables) => (variables.input.teamId = createTeam.team.id));
  assert.match(createInvitation.code, /^\d{8}$/);
  assert.equal(createInvitation.invitation.role.name, "Developer");

  await who.getByRole("button", { name: "Sign out" }).click();
  await who.getByText("Not signed in").waitFor();
  await open("Viewer");
  assert.equal((await run()).viewer, null);

  await open("SendCode");
  assert.deepEqual((await run()).sendVerificationCode.userErrors, []);
  await open("Register");
  const verificationCode = await mailedCode();
  const registered = await run((variables) => {
    const password = "Lime-Gecko-42";
    Object.assign(variables.input, { verificationCode, password, passwordConfirmation: password });
  });
  assert.equal(registered.register.user.account, "noa");
  await who.getByText("Signed in as Noa (noa, MEMBER)").waitFor();
  await open("JoinTeam");
  const { joinTeam } = await run();
  assert.equal(joinTeam.membership.team.name, "Blue Whale");
  await open("Viewer");
  assert.deepEqual((await run()).viewer.menus, ["ACCOUNT", "SUPERAPP_MANAGEMENT", "OPERATIONS_MANAGEMENT"]);
}

function choosePassword(password) {
  return (variables) =>
    Object.assign(variables.input, { newPassword: password, newPasswordConfirmation: password });
}

/** The text in one of the editors, by the name of its model. */
function textOf(model) {
  return page.evaluate((model) => {
    const models = globalThis.__MONACO?.editor.getModels() ?? [];
    return models.find(({ uri }) => uri.path.endsWith(model))?.getValue() ?? "";
  }, model);
}

/** Waits until something holds; no time is too long but PATIENCE. */
async function until(what, holds) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await holds();
    if (found) return found;
    if (Date.now() > end) throw new Error(`This was waited for in vain: ${what}`);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  }
}

/** Chooses a tab, and waits until the editors have it. */
async function open(name) {
  await page.locator(".graphiql-tab-button").getByText(name, { exact: true }).click();
  await until(`the tab ${name}`, async () =>
    new RegExp(`^(query|mutation) ${name}\\b`, "m").test(await textOf("operation.graphql")),
  );
}

/** Puts a text into an editor by pasting it, as what is typed gets brackets and indents of the editor's own. */
async function paste(editor, model, text) {
  await page.locator(editor).locator(".monaco-editor").first().click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.activeElement.dispatchEvent(event);
  }, text);
  await until(`the text of ${model}`, async () => (await textOf(model)) === text);
}

/** Runs the open tab, its variables changed first where one is asked to; answers the data. */
async function run(change) {
  if (change) {
    const variables = JSON.parse(await textOf("variables.json"));
    change(variables);
    await paste(".graphiql-editor-tool", "variables.json", JSON.stringify(variables, null, 2));
  }
  const [, name] = /^(?:query|mutation) (\w+)/m.exec(await textOf("operation.graphql"));
  const answered = page.waitForResponse(
    (response) => operationOf(response.request()) === name && response.status() !== 401,
  );
  await page.getByRole("button", { name: "Execute query" }).click();
  const { data, errors } = await (await answered).json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  await until("the answer in its pane", async () => {
    const shown = await textOf("response.json");
    return shown.startsWith("{") && isDeepStrictEqual(JSON.parse(shown).data, data);
  });
  await shows(`"${Object.keys(data)[0]}":`);
  return data;
}

function operationOf(request) {
  return request.method() === "POST" ? request.postDataJSON()?.operationName : undefined;
}

/** Waits until a text can be seen in the answer's pane. */
async function shows(text) {
  const pane = page.locator(".graphiql-response .view-lines");
  await until(`${text} in the answer's pane`, async () =>
    (await pane.innerText()).replaceAll("\u00a0", " ").includes(text),
  );
}

/** The editor's workers know the schema: a field that is not there is marked, and the tabs have no such mark. */
async function worksWithSchema() {
  const marks = () =>
    page.evaluate(() => globalThis.__MONACO.editor.getModelMarkers({}).map(({ message }) => message));
  for (const kind of ["editor", "graphql", "json"]) {
    await until(`the worker for ${kind}`, () => workers.some((url) => url.includes(`/${kind}.worker-`)));
  }
  await page.getByRole("button", { name: "New tab" }).click();
  await paste(".graphiql-query-editor", "operation.graphql", "query Nonsense { viewer { shoeSize } }");
  await until("a mark at a wrong field", async () =>
    (await marks()).some((mark) => mark.includes("shoeSize")),
  );
  await paste(".graphiql-query-editor", "operation.graphql", "query Nonsense { viewer { menus } }");
  await until("no mark", async () => (await marks()).length === 0);
}

/** Answers the next request as the server does when the access token is over. */
async function refuseOnce() {
  const errors = [{ message: "Over.", extensions: { code: "UNAUTHENTICATED" } }];
  await page.route(`${url}/graphql`, (route) => route.fulfill({ status: 401, json: { errors } }), {
    times: 1,
  });
}

/** The one thing amiss is that: seen by us, and told by the browser. */
function onlyRefused() {
  const refused = wrong.splice(0);
  assert.equal(refused.length, 2, String(refused));
  assert(
    refused.every((text) => text.includes("401")),
    String(refused),
  );
}

/** Plays the server's part of graphql-transport-ws; answers the list of what it hears. */
async function playSocket() {
  const heard = [];
  await page.routeWebSocket(/\/graphql\/ws$/, (socket) => {
    socket.onMessage((text) => {
      const message = JSON.parse(text);
      heard.push(message);
      const answers = {
        connection_init: [{ type: "connection_ack" }],
        subscribe: [
          { type: "next", id: message.id, payload: { data: { ticks: 1 } } },
          { type: "next", id: message.id, payload: { data: { ticks: 2 } } },
          { type: "complete", id: message.id },
        ],
      };
      for (const answer of answers[message.type] ?? []) socket.send(JSON.stringify(answer));
    });
  });
  return heard;
}

/** A subscription goes over a socket, which says first who asks. */
async function listensToSubscriptions(heard) {
  await page.getByRole("button", { name: "New tab" }).click();
  await paste(".graphiql-query-editor", "operation.graphql", "subscription Ticks { ticks }");
  await page.getByRole("button", { name: "Execute query" }).click();
  await shows('"ticks": 2');
  const [init, subscribe] = heard;
  assert.match(init.payload.authorization, /^Bearer ey/);
  assert.equal(subscribe.payload.query, "subscription Ticks { ticks }");
  await page.getByRole("button", { name: "Execute query" }).waitFor(); // and no longer "Stop query"
}

/** Tokens and passwords stay in this browser tab. */
async function keepsNothingForOthers() {
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
  assert.deepEqual(await context.cookies(), []);
}

/** The code of the letter to Noa, which becomes a file. */
async function mailedCode() {
  const folder = join(dataDir, "mail");
  const letters = () => readdirSync(folder).filter((name) => name.endsWith(".eml"));
  return until("the letter", () => {
    const texts = letters().map((name) => readFileSync(join(folder, name), "utf8"));
    return texts.map((text) => /^\d{6}\r?$/m.exec(text)?.[0].trim()).find(Boolean);
  });
}
