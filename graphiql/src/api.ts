// The one way to the API over HTTP.

export interface Answer {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions?: Record<string, unknown> }[];
}

/** Where the API is: beside this page, whatever path a proxy puts before the two. */
export const apiUrl = new URL("graphql", document.baseURI);
export const socketUrl = new URL("graphql/ws", document.baseURI);
socketUrl.protocol = socketUrl.protocol.replace("http", "ws");

/** Sends one request; answers the status and what the server said. */
export async function send(body: object, headers: Record<string, string>): Promise<[number, Answer]> {
  const response = await fetch(apiUrl, {
    method: "POST",
    // Who asks is what the line at the top says, and no cookie of the console's.
    credentials: "omit",
    headers: {
      Accept: "application/graphql-response+json, application/json",
      "Content-Type": "application/json",
      ...headers,
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  try {
    return [response.status, JSON.parse(text) as Answer];
  } catch {
    throw new Error(`The server answered ${response.status} with no JSON: ${text.slice(0, 200)}`);
  }
}
