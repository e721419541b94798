// Who is signed in. The access token is kept for this browser tab, so that a reload does not sign out; the refresh
// token is kept in memory alone: it is worth more, and a copy of the tab that used it too would end the session.
import { send, type Answer } from "./api";

export interface Person {
  name: string;
  account: string;
  accountType: string;
}

export interface State {
  person: Person | null;
  /** Why nobody is signed in any more. */
  note: string | null;
}

const KEY = "rollcall:accessToken";
const OVER = "The session is over: log in again.";

let accessToken = sessionStorage.getItem(KEY);
let refreshToken: string | null = null;
let renewing: Promise<boolean> | null = null;
let state: State = { person: null, note: null };
const listeners = new Set<() => void>();

export const getState = () => state;

export function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function show(next: State) {
  state = next;
  listeners.forEach((listener) => listener());
}

function keep(access: string, refresh: unknown) {
  accessToken = access;
  refreshToken = typeof refresh === "string" ? refresh : null;
  sessionStorage.setItem(KEY, access);
}

function forget(note: string | null) {
  accessToken = refreshToken = null;
  sessionStorage.removeItem(KEY);
  show({ person: null, note });
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/**
 * Asks as whoever is signed in, and goes on with the refresh token when the access token is not good any more. One
 * that is no good would fail every request, the next login too: then it is forgotten.
 */
export async function ask(body: object, headers: Record<string, string> = {}): Promise<Answer> {
  const own = Object.keys(headers).some((name) => name.toLowerCase() === "authorization");
  const token = own ? null : accessToken;
  let [status, answer] = await send(body, token === null ? headers : { ...bearer(token), ...headers });
  if (status === 401 && token !== null) {
    if (await renew(token)) {
      [, answer] = await send(body, { ...bearer(accessToken!), ...headers });
    } else {
      forget(OVER);
    }
  }
  return answer;
}

/** Gets the next tokens, once for all who wait for them. */
async function renew(old: string): Promise<boolean> {
  if (accessToken !== old) return accessToken !== null;
  if (refreshToken === null) return false;
  const query = `mutation ($input: RefreshSessionInput!) {
    refreshSession(input: $input) { tokens { accessToken refreshToken } }
  }`;
  renewing ??= send({ query, variables: { input: { refreshToken } } }, {})
    .then(([, answer]) => keepTokensOf(answer))
    .finally(() => (renewing = null));
  return renewing;
}

/** Keeps the tokens that a login, a registration or a refresh gave. */
function keepTokensOf(answer: Answer): boolean {
  for (const value of Object.values(answer.data ?? {})) {
    const tokens = (value as { tokens?: Record<string, unknown> } | null)?.tokens;
    if (typeof tokens?.accessToken === "string") {
      keep(tokens.accessToken, tokens.refreshToken);
      return true;
    }
  }
  return false;
}

/** Looks at the answer to a mutation: it may sign somebody in, out, or give them another name. */
export async function noticed(answer: Answer) {
  keepTokensOf(answer);
  await whoAmI();
}

/** Asks the server who is signed in, and shows it. */
export async function whoAmI() {
  if (accessToken === null) return;
  const answer = await ask({ query: "{ viewer { user { name account accountType } } }" });
  const viewer = answer.data?.viewer as { user: Person } | null | undefined;
  if (viewer) show({ person: viewer.user, note: null });
}

export async function signOut() {
  try {
    await ask({ query: "mutation { logout { userErrors { message } } }" });
  } finally {
    forget(null);
  }
}

/** What a socket says of who opens it. */
export async function socketAuthorization(): Promise<string | null> {
  await whoAmI(); // which gets a fresh token where one is needed
  return accessToken === null ? null : `Bearer ${accessToken}`;
}
