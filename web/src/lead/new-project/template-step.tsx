import { useState } from "react";
import type { Services } from "../../api/services";
import type { components } from "../../api/types/ingest";
import { Card } from "../parts/card";
import { Loaded } from "../parts/loaded";
import { cellOf } from "./column-table";
import { columnsWith, type Uses } from "./columns";
import {
  fillTemplate,
  type ShownColumn,
  type Template,
  type TemplateDocument,
  type TemplateField,
} from "./fill-template";
import { useTemplates } from "./intake-queries";
import styles from "./new-project.module.css";
import { TemplateFields } from "./template-fields";

interface Props {
  readonly services: Services;
  readonly understood: components["schemas"]["UnderstoodFile"];
  readonly uses: Uses;
  readonly onChange: (document: TemplateDocument) => void;
}

/** What people fill in: a template, whose fields can be changed here and its rules later. */
export function TemplateStep({ services, understood, uses, onChange }: Props) {
  const templates = useTemplates(services);
  const [chosen, setChosen] = useState("");
  const [document, setDocument] = useState<TemplateDocument | null>(null);

  function change(next: TemplateDocument) {
    setDocument(next);
    onChange(next);
  }

  function choose(template: Template) {
    setChosen(template.name);
    const columns = shownColumns(understood, uses);
    change(fillTemplate(template.document as unknown as TemplateDocument, columns));
  }

  function changeField(at: number, field: TemplateField) {
    if (document) {
      change({ ...document, fields: document.fields.with(at, field) });
    }
  }

  return (
    <Card title="What people fill in">
      <Loaded query={templates} what="the templates">
        {(found) => (
          <fieldset className={styles.templates}>
            <legend className="visually-hidden">Template</legend>
            {found.map((template) => (
              <label key={template.name} className={styles.template}>
                <input
                  type="radio"
                  name="template"
                  checked={chosen === template.name}
                  onChange={() => choose(template)}
                />
                <strong>{template.title}</strong>
                <span className="muted">{template.description}</span>
              </label>
            ))}
          </fieldset>
        )}
      </Loaded>
      {document ? <TemplateFields key={chosen} document={document} onChange={changeField} /> : null}
    </Card>
  );
}

function shownColumns(
  understood: components["schemas"]["UnderstoodFile"],
  uses: Uses,
): readonly ShownColumn[] {
  return columnsWith(uses, "payload").map((name) => ({
    name,
    values: understood.first_rows.map(({ item }) => cellOf(item, name, understood)),
  }));
}
