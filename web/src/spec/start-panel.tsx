import { useQuery } from "@tanstack/react-query";
import type { Services } from "../api/services";
import { readDocument, type SpecDocument } from "./document";
import { listTemplates, type SpecTemplate } from "./spec-api";
import styles from "./start-panel.module.css";

interface Props {
  readonly services: Services;
  readonly onChoose: (document: SpecDocument) => void;
}

/** The first choice of a project without a specification: a template, which can then be changed. */
export function StartPanel({ services, onChoose }: Props) {
  const templates = useQuery({
    queryKey: ["spec-templates"],
    queryFn: () => listTemplates(services),
  });
  function choose(template: SpecTemplate) {
    const parsed = readDocument(template.document);
    if ("document" in parsed) {
      onChoose(parsed.document);
    }
  }
  return (
    <section aria-label="Templates" className={styles.start}>
      <h2 className={styles.title}>Begin with a template</h2>
      <p className="muted">
        Each has a field, rules with examples and a policy. Everything can be changed before it is
        published. Or add a field below and begin with nothing.
      </p>
      {templates.isError ? (
        <p className="error">The templates did not load: {templates.error.message}</p>
      ) : null}
      <ul className={styles.templates}>
        {templates.data?.map((template) => (
          <li key={template.name}>
            <button type="button" className={styles.template} onClick={() => choose(template)}>
              <strong>{template.title}</strong>
              <span className={styles.about}>{template.description}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
