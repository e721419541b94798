// Variables may take values from earlier answers: "{{createTeam.team.id}}" is the id that the last createTeam gave. So
// the tabs of the main path run one after the other with nothing copied by hand.

const answered = new Map<string, unknown>();

/** Remembers what an answer gave, by the names of its root fields. */
export function remember(data: Record<string, unknown> | null | undefined) {
  for (const [name, value] of Object.entries(data ?? {})) {
    if (value !== null) answered.set(name, value);
  }
}

/** The variables with the values in place; an error names the first that is not there. */
export function fill(value: unknown): unknown {
  if (typeof value === "string") {
    const path = /^\{\{\s*([\w.]+)\s*\}\}$/.exec(value)?.[1];
    return path === undefined ? value : find(path);
  }
  if (Array.isArray(value)) return value.map(fill);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fill(inner)]));
  }
  return value;
}

function find(path: string): unknown {
  const [root = "", ...steps] = path.split(".");
  let value: unknown = answered.get(root);
  for (const step of steps) value = (value as Record<string, unknown> | null | undefined)?.[step];
  if (value === undefined || value === null) {
    throw new Error(
      `Request not sent. {{${path}}} stands for a value of an earlier answer, and there is none: ` +
        `ask for ${root} first, with ${steps.join(".")} selected, or put the value here yourself.`,
    );
  }
  return value;
}
