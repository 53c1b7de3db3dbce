import type { ViewProps } from "../project-screen";
import { LineageView } from "./lineage";
import { VersionView } from "./version";
import { VersionList } from "./version-list";

/** Datasets: all versions, one version (`version/<hash>`), or one label (`label/<item>`). */
export default function Datasets(props: ViewProps) {
  const [kind, id = ""] = props.rest.split("/");
  if (kind === "version" && id) {
    return <VersionView {...props} hash={id} />;
  }
  return kind === "label" && id ? <LineageView {...props} item={id} /> : <VersionList {...props} />;
}
