// How GraphiQL asks: over HTTP, and for a subscription over a WebSocket (graphql-transport-ws).
import type { Fetcher } from "@graphiql/toolkit";
import { Kind, parse, type ExecutionResult, type OperationDefinitionNode } from "graphql";
import { createClient } from "graphql-ws";
import { send, socketUrl } from "./api";
import { fill, remember } from "./placeholders";
import { ask, noticed, socketAuthorization } from "./session";

type Answered = Awaited<ReturnType<Fetcher>>;

export const fetcher: Fetcher = async ({ query, variables, operationName }, options) => {
  const operation = find(query, operationName);
  const kind = operation?.operation;
  const headers = (options?.headers ?? {}) as Record<string, string>;
  const body = {
    query,
    operationName: operation?.name?.value ?? operationName,
    variables: fill(variables) as Record<string, unknown> | undefined,
  };
  if (kind === "subscription") return listen(body, headers);
  // The schema is everybody's: it does not hang on a session that may be over.
  if (operationName === "IntrospectionQuery") return (await send(body, headers))[1] as Answered;
  const answer = await ask(body, headers);
  remember(answer.data);
  if (kind === "mutation") await noticed(answer);
  return answer as Answered;
};

/**
 * The operation that is meant. Where there is one it is that: GraphiQL may still tell the name of the last tab's, when
 * somebody is quick.
 */
function find(query: string, name?: string | null): OperationDefinitionNode | undefined {
  try {
    const operations = parse(query).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    const all = operations as OperationDefinitionNode[];
    return all.length === 1 ? all[0] : all.find((operation) => operation.name?.value === name);
  } catch {
    return undefined; // The server says better what is wrong.
  }
}

/** A connection of its own, so that it says who is signed in now. */
function listen(
  body: { query: string; operationName?: string | null; variables?: Record<string, unknown> },
  headers: Record<string, string>,
): ReturnType<Fetcher> {
  const own = Object.entries(headers).find(([name]) => name.toLowerCase() === "authorization")?.[1];
  const client = createClient({
    url: socketUrl.href,
    retryAttempts: 0,
    connectionParams: async () => {
      const authorization = own ?? (await socketAuthorization());
      return authorization === null ? {} : { authorization };
    },
  });
  return {
    subscribe(observer) {
      const { next, error, complete } = typeof observer === "object" ? observer : { next: observer };
      const stop = client.subscribe(body, {
        next: (answer) => next?.(answer as ExecutionResult),
        error: (cause) => error?.(told(cause)),
        complete: () => complete?.(),
      });
      return {
        unsubscribe: () => {
          stop();
          void client.dispose();
        },
      };
    },
  };
}

/** A closed socket says why by a number and perhaps a word. */
function told(cause: unknown) {
  if (!(cause instanceof CloseEvent)) return cause;
  return new Error(`The connection was closed: ${cause.code} ${cause.reason}`.trim());
}
