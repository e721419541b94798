import "./workers";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { createRoot } from "react-dom/client";
import { fetcher } from "./fetcher";
import "./page.css";
import { whoAmI } from "./session";
import { tabs } from "./tabs";
import { Who } from "./who";

/**
 * The tab to begin with: the one that was open before a reload, or the first. GraphiQL keeps an editor's text and the
 * list of tabs at different moments, and takes texts that differ from all tabs for one tab more.
 */
function opened(): { query?: string | null; variables?: string | null } | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem("graphiql:tabState") ?? "null");
    return kept?.tabs[kept.activeTabIndex] ?? tabs[0];
  } catch {
    return tabs[0];
  }
}

const first = opened();

createRoot(document.getElementById("page")!).render(
  <>
    <Who />
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={tabs}
      initialQuery={first?.query ?? ""}
      initialVariables={first?.variables ?? ""}
      defaultEditorToolsVisibility="variables"
      // What is typed here can be a password: it goes with the browser tab.
      storage={sessionStorage}
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
    >
      <GraphiQL.Logo>Rollcall</GraphiQL.Logo>
    </GraphiQL>
  </>,
);
void whoAmI();
