import { useSyncExternalStore } from "react";
import { getState, signOut, subscribe } from "./session";

/** The line that says who asks. */
export function Who() {
  const { person, note } = useSyncExternalStore(subscribe, getState);
  return (
    <header className="who" role="status">
      {person ? (
        <>
          <span>
            Signed in as <b>{person.name}</b> ({person.account}, {person.accountType})
          </span>
          <button type="button" onClick={() => void signOut()}>
            Sign out
          </button>
        </>
      ) : (
        <span>{note ?? "Not signed in. Run LogIn, and what follows is asked as that user."}</span>
      )}
      <a className="home" href="./">
        Rollcall
      </a>
    </header>
  );
}
