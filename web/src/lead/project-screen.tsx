import { lazy, Suspense } from "react";
import type { Services } from "../api/services";
import styles from "./lead.module.css";
import { Overview } from "./overview/overview";
import { PauseButton } from "./overview/pause-button";
import { Loaded } from "./parts/loaded";
import { Pill } from "./parts/pill";
import { useActivity, useProject } from "./queries";
import { useLeadKeys } from "./use-lead-keys";
import { addressOfView, FIRST_VIEW, VIEWS, type ViewName } from "./views";

const Setup = lazy(() => import("./new-project/setup"));

/** What a view gets. */
export interface ViewProps {
  readonly services: Services;
  readonly project: string;
  /** What the address says behind the view. */
  readonly rest: string;
}

const SCREENS = {
  overview: Overview,
  people: lazy(() => import("./people/people")),
  annotators: lazy(() => import("./annotators/annotators")),
  agreement: lazy(() => import("./agreement/agreement")),
  models: lazy(() => import("./models/models")),
  datasets: lazy(() => import("./datasets/datasets")),
} satisfies Record<ViewName, unknown>;

/** One project: its name, its state, and one of its views. */
export function ProjectScreen({ services, project, rest }: ViewProps) {
  const [first = "", ...more] = rest.split("/");
  const name = VIEWS.find((view) => view.name === first)?.name ?? FIRST_VIEW;
  const found = useProject(services, project);
  const activity = useActivity(services, project, 1);
  const View = SCREENS[name];
  const view = { services, project, rest: more.join("/") };

  useLeadKeys((key) => {
    const chosen = VIEWS[Number(key) - 1];
    if (chosen) {
      location.hash = addressOfView(project, chosen.name);
    }
  });

  return (
    <main className={styles.page}>
      <div className={styles.heading}>
        <h1 className={styles.title}>{found.data?.title ?? project}</h1>
        {activity.data?.paused ? <Pill tone="warning">paused</Pill> : null}
        {found.data?.spec_version ? <Pill>spec version {found.data.spec_version}</Pill> : null}
        <span className={styles.push} />
        {activity.data ? (
          <PauseButton services={services} project={project} isPaused={activity.data.paused} />
        ) : null}
      </div>
      {first === "setup" ? null : <Views project={project} here={name} />}
      <Loaded query={found} what="the project">
        {() => (
          <Suspense fallback={<p className="muted">Opening …</p>}>
            {first === "setup" ? <Setup {...view} /> : <View {...view} />}
          </Suspense>
        )}
      </Loaded>
    </main>
  );
}

function Views({ project, here }: { readonly project: string; readonly here: ViewName }) {
  return (
    <nav aria-label="Views of the project" className={styles.views}>
      {VIEWS.map((view) => (
        <a
          key={view.name}
          href={addressOfView(project, view.name)}
          className={styles.view}
          aria-current={view.name === here ? "page" : undefined}
        >
          {view.title}
        </a>
      ))}
    </nav>
  );
}
