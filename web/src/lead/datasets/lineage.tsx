import { Card, Empty } from "../parts/card";
import { Loaded } from "../parts/loaded";
import { Pill } from "../parts/pill";
import { useNames } from "../people/use-names";
import type { ViewProps } from "../project-screen";
import { addressOfView } from "../views";
import { useLineage } from "./dataset-queries";
import styles from "./datasets.module.css";
import { type GraphNode, layout, NODE, nodesOf, type Placed } from "./lineage-graph";

const TITLE_CHARACTERS = 19;
const TEXT_CHARACTERS = 20;

/** Where the label of an item comes from, and which versions have it: a picture, and in words. */
export function LineageView({ services, project, item }: ViewProps & { readonly item: string }) {
  const lineage = useLineage(services, item);
  const nameOf = useNames(services, project);
  return (
    <>
      <p>
        <a href={addressOfView(project, "datasets")}>All versions</a>
      </p>
      <Loaded query={lineage} what="the lineage">
        {(found) =>
          found ? (
            <Card
              title={`Lineage of ${found.external_id ?? found.item_id}`}
              controls={<Pill>{found.state.replace("_", " ")}</Pill>}
            >
              <Lineage nodes={nodesOf(found, nameOf)} />
            </Card>
          ) : (
            <Empty>
              <p>The ledger has no such item, or your link is not for its project.</p>
            </Empty>
          )
        }
      </Loaded>
    </>
  );
}

function Lineage({ nodes }: { readonly nodes: readonly GraphNode[] }) {
  const { nodes: placed, edges, width, height } = layout(nodes);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <section className={styles.picture} aria-label="Picture of the lineage" tabIndex={0}>
        <svg
          className={styles.graph}
          width={width + 2}
          height={height + 2}
          viewBox={`-1 -1 ${width + 2} ${height + 2}`}
          aria-hidden="true"
        >
          {edges.map(([source, target]) => (
            <path
              key={`${source.id} ${target.id}`}
              d={curve(source, target)}
              className={styles.edge}
            />
          ))}
          {placed.map((node) => (
            <Node key={node.id} node={node} />
          ))}
        </svg>
      </section>
      <details>
        <summary>In words</summary>
        <ol className={styles.history}>
          {nodes.map((node) => (
            <li key={node.id}>
              <strong>{node.title}</strong>: {node.text}
            </li>
          ))}
        </ol>
      </details>
    </>
  );
}

function Node({ node }: { readonly node: Placed }) {
  return (
    <g className={styles.node} data-kind={node.kind} transform={`translate(${node.x} ${node.y})`}>
      <title>{`${node.title}: ${node.text}`}</title>
      <rect className={styles.box} width={NODE.width} height={NODE.height} rx="8" />
      <text className={styles.nodeTitle} x="10" y="20">
        {shortened(node.title, TITLE_CHARACTERS)}
      </text>
      <text className={styles.nodeText} x="10" y="37">
        {shortened(node.text, TEXT_CHARACTERS)}
      </text>
    </g>
  );
}

function curve(source: Placed, target: Placed): string {
  const [x1, y1] = [source.x + NODE.width, source.y + NODE.height / 2];
  const [x2, y2] = [target.x, target.y + NODE.height / 2];
  const middle = (x1 + x2) / 2;
  return `M ${x1} ${y1} C ${middle} ${y1}, ${middle} ${y2}, ${x2} ${y2}`;
}

function shortened(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters - 1)}…` : text;
}
