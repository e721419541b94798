// Adds a passkey and logs in with it, in a real browser against a real server, with an authenticator that the browser
// plays. The page's part is what README.md shows.
//
//   node test/passkeys.mjs URL DATA_DIR
//
// The data directory has the super admin's first password. CHROMIUM names the browser. It ends with 1 and says why when
// anything is amiss.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { launch } from "./chromium.mjs";

const [url, dataDir] = process.argv.slice(2);
const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const [, section] = readme.split("\n## Passkeys\n");
const [, example] = /```js\n(.*?)```/s.exec(section);
// No browser makes a passkey for an address.
const named = url.replace("127.0.0.1", "localhost");

const browser = await launch("localhost");
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${named}/graphiql`);
  const call = (name, ...given) =>
    page.evaluate(`(async () => { ${example}; return ${name}(...${JSON.stringify(given)}); })()`);
  const login = (selection) => `mutation ($input: LoginInput!) {
    login(input: $input) { ${selection} userErrors { message } } }`;
  const complete = (selection) => `mutation ($input: CompleteLoginInput!) {
    completeLogin(input: $input) { ${selection} userErrors { message } } }`;

  const password = "Red-Panda-42";
  const first = readFileSync(join(dataDir, "super-admin-password"), "utf8").trim();
  const { challenge } = await call("ask", login("challenge"), { login: "admin", password: first });
  const change = { challenge, newPassword: password, newPasswordConfirmation: password };
  const { tokens } = await call("ask", complete("tokens { accessToken }"), change);

  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      ctap2Version: "ctap2_1",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const added = await call("addPasskey", tokens.accessToken, password, "The browser's own");
  assert.equal(added.passkey.name, "The browser's own");
  const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
  assert.equal(credentials.length, 1);
  assert.equal(credentials[0].rpId, "localhost");
  assert.equal(credentials[0].isResidentCredential, true);
  // The authenticator that has one makes no second.
  await assert.rejects(call("addPasskey", tokens.accessToken, password, "Again"), /InvalidStateError/);

  for (let time = 1; time <= 2; time += 1) {
    const done = await call("logInByPasskey");
    assert.equal(done.step, "DONE", JSON.stringify(done));
    const { viewer } = await page.evaluate(async (token) => {
      const answer = await fetch("/graphql", {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: "{ viewer { user { account } } }" }),
      });
      return (await answer.json()).data;
    }, done.tokens.accessToken);
    assert.equal(viewer.user.account, "admin");
  }

  // As the second factor.
  const waits = await call("ask", login("step challenge passkeyOptions"), { login: "admin", password });
  assert.equal(waits.step, "PASSKEY_REQUIRED");
  const passkey = await page.evaluate(async (options) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    return (await navigator.credentials.get({ publicKey })).toJSON();
  }, waits.passkeyOptions);
  const done = await call("ask", complete("step"), { challenge: waits.challenge, passkey });
  assert.equal(done.step, "DONE");

  // Who cannot be verified, is not.
  await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await assert.rejects(call("logInByPasskey"), /NotAllowedError/);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await browser.close();
}
