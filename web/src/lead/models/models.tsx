import type { components } from "../../api/types/quality";
import { type Column, SortableTable } from "../../ui/sortable-table";
import { Card, Empty } from "../parts/card";
import { percent } from "../parts/figures";
import { Interval } from "../parts/interval";
import { Loaded } from "../parts/loaded";
import type { ViewProps } from "../project-screen";
import { useModels } from "../queries";

type Model = components["schemas"]["ModelView"];

const COLUMNS: readonly Column<Model>[] = [
  { key: "model", title: "Model", value: (row) => row.model },
  {
    key: "shown",
    title: "Agree, seeing it",
    value: (row) => row.accepted.value,
    cell: (row) => <Interval {...row.accepted} format={percent} />,
  },
  {
    key: "shown-n",
    title: "Answers",
    value: (row) => row.accepted.n,
    isNumber: true,
  },
  {
    key: "hidden",
    title: "Agree, not seeing it",
    value: (row) => row.agreed_blind.value,
    cell: (row) => <Interval {...row.agreed_blind} format={percent} />,
  },
  {
    key: "hidden-n",
    title: "Answers",
    value: (row) => row.agreed_blind.n,
    isNumber: true,
  },
  {
    key: "anchoring",
    title: "Anchoring, in points",
    value: (row) => row.anchoring.value,
    cell: (row) => <Interval {...row.anchoring} from={-1} to={1} format={points} />,
  },
];

/** What models suggest against what people answer, with the suggestion in sight and without. */
export default function Models({ services, project }: ViewProps) {
  const models = useModels(services, project);
  return (
    <Card title="Models">
      <Loaded query={models} what="the models">
        {(rows) =>
          rows.length > 0 ? (
            <>
              <SortableTable
                caption="Models"
                columns={COLUMNS}
                rows={rows}
                keyOf={(row) => row.model}
              />
              <p className="muted">
                People see a suggestion or not. Anchoring is how much more often they agree with one
                that they see. If its interval is above 0, people follow the model instead of
                judging for themselves.
              </p>
            </>
          ) : (
            <Empty>
              <p>
                No suggestion of a model was answered yet. Import items with <code>prelabels</code>:
                part of the people see them, part do not, and here is what that changes.
              </p>
            </Empty>
          )
        }
      </Loaded>
    </Card>
  );
}

function points(difference: number): string {
  const rounded = Math.round(difference * 100);
  return `${rounded > 0 ? "+" : ""}${rounded}`;
}
