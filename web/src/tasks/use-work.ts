import { useEffect, useState, useSyncExternalStore } from "react";
import type { Services } from "../api/services";
import type { Session } from "../api/session";
import type { StageWork } from "./stage";
import { NO_WORK, type Work } from "./work";
import { Workbench } from "./workbench";

const ACTIVITY = ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"] as const;

interface Started {
  readonly bench: Workbench;
  readonly work: Work;
}

const nothing = () => () => undefined;

/** Run a workbench for as long as the screen is there. Null until it has begun. */
export function useWork(
  services: Services,
  session: Session,
  project: string | undefined,
  stage: StageWork,
): Started | null {
  const [bench, setBench] = useState<Workbench | null>(null);

  useEffect(() => {
    const started = new Workbench(services, session, project, stage);
    const stop = started.start();
    const note = () => started.noteActivity();
    for (const name of ACTIVITY) {
      window.addEventListener(name, note, { passive: true });
    }
    setBench(started);
    return () => {
      for (const name of ACTIVITY) {
        window.removeEventListener(name, note);
      }
      stop();
    };
  }, [services, session, project, stage]);

  const work = useSyncExternalStore(
    bench?.store.subscribe ?? nothing,
    bench?.store.get ?? (() => NO_WORK),
  );
  return bench && { bench, work };
}
