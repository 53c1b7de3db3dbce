"""`labelwright spec init|check|diff|preview`: write a spec document before it is published."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from labels.specs.check import check_spec
from labels.specs.diff import spec_changes
from labels.specs.json_schema import spec_json_schema
from labels.specs.templates import document_text, recipe_names, template_names, templates
from labels.specs.yaml_reader import read_yaml
from labelwright_client import consensus, ingest
from labelwright_client.cli.output import (
    ExitCode,
    HomeOption,
    InvalidInput,
    JsonOption,
    connect,
    show_facts,
    show_json,
    show_table,
)
from labelwright_client.cli.spec_files import (
    FileArgument,
    RelabelOption,
    SpecFile,
    one_line,
    read_spec_file,
    read_valid_spec,
    with_relabel,
    write_new,
)
from labelwright_client.transport import Client
from schemas.spec_checks import SpecCheck, SpecFinding
from schemas.spec_previews import AnnotationCost, LabelPreview, SpecChange, SpecPreview
from schemas.vocabulary import SpecDocument

ProjectOption = Annotated[
    str | None, typer.Option("--project", help="Name of the project.", show_default=False)
]


def init(
    template: Annotated[
        str | None, typer.Option(help="Template to begin with; without it, all are listed.")
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="Recipe whose policy replaces the template's, such as majority-of-three."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write; default: the standard output.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a spec document from a template, or list the templates."""
    if template is None:
        _list_templates(as_json)
        return
    _check_name("template", template, template_names())
    if recipe is not None:
        _check_name("recipe", recipe, recipe_names())
    text = document_text(template, recipe)
    if out is not None:
        write_new(out, text)
    if as_json:
        show_json(read_yaml(text).value)
    elif out is None:
        typer.echo(text, nl=False)
    else:
        typer.echo(f"{out} is written. Next step: labelwright spec check {out}")


def _check_name(kind: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise InvalidInput(f"There is no {kind} '{name}': use one of {', '.join(known)}.")


def schema() -> None:
    """Print the JSON Schema of spec documents, with which editors complete keys."""
    typer.echo(json.dumps(spec_json_schema(), ensure_ascii=False, indent=2))


def _list_templates(as_json: bool) -> None:
    if as_json:
        show_json([template.model_dump(mode="json") for template in templates()])
        return
    rows = [(template.name, template.title, template.description) for template in templates()]
    show_table(None, ("template", "title", "description"), rows)


def check(
    file: FileArgument,
    project: ProjectOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a spec document: all problems at once, and warnings. Nothing is published.

    Without --project no service is needed; with it the project's service checks the document.
    """
    content = read_spec_file(file)
    if project is None:
        found = check_spec(content.document)
    else:
        with connect(home) as client:
            found = client.send(ingest.check_spec(project, content.document))
    if as_json:
        show_json(found)
    else:
        _show_check(content, found)
    if found.problems:
        raise typer.Exit(ExitCode.USAGE)


def _show_check(content: SpecFile, found: SpecCheck) -> None:
    rows = [*_rows("problem", content, found.problems), *_rows("warning", content, found.warnings)]
    if rows:
        show_table(None, ("", "place", "message"), rows)
    counts = f"{len(found.problems)} problems, {len(found.warnings)} warnings"
    state = "cannot be published" if found.problems else "can be published"
    typer.echo(f"{content.path}: {counts}. It {state}.")


def _rows(kind: str, content: SpecFile, findings: Iterable[SpecFinding]) -> list[tuple[str, ...]]:
    return [
        (
            kind,
            content.place(finding.pointer),
            " ".join(filter(None, (finding.message, finding.hint))),
        )
        for finding in findings
    ]


def diff(
    files: Annotated[
        list[Path],
        typer.Argument(help="The older and the newer file; one file with --project."),
    ],
    project: ProjectOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what differs between two spec documents, or between a project's newest and a file."""
    if len(files) != (2 if project is None else 1):
        raise InvalidInput("Name two files, the older one first; or one file and --project.")
    documents = [read_valid_spec(file).document() for file in files]
    old: SpecDocument | None = documents[0]
    if project is not None:
        with connect(home) as client:
            old = _newest(client, project)
    changes = spec_changes(old, documents[-1])
    if as_json:
        show_json([change.model_dump(mode="json") for change in changes])
    else:
        _show_changes(changes)


def _newest(client: Client, project: str) -> SpecDocument | None:
    version = client.send(ingest.show_project(project)).spec_version
    return None if version is None else client.send(ingest.show_spec(project, version)).document


def _show_changes(changes: Sequence[SpecChange]) -> None:
    if not changes:
        typer.echo("Nothing differs.")
        return
    rows = [
        (
            change.change,
            change.part,
            f"{change.field}: {change.name}" if change.field else change.name,
            change.key,
            one_line(change.before),
            one_line(change.after),
        )
        for change in changes
    ]
    show_table(None, ("change", "part", "name", "key", "before", "after"), rows)


def preview(
    file: FileArgument,
    project: Annotated[str, typer.Option("--project", help="Name of the project.")],
    relabel: RelabelOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the effects of publishing a spec document: what stays valid, what it costs."""
    spec = with_relabel(read_valid_spec(file), relabel)
    with connect(home) as client:
        items = client.send(ingest.preview_spec(project, spec))
        labels = client.send(consensus.preview_spec(project, spec))
    if as_json:
        both = {"items": items, "labels": labels}
        show_json({name: part.model_dump(mode="json") for name, part in both.items()})
        return
    _show_changes(items.changes)
    show_facts(_facts(items, labels))


def _facts(items: SpecPreview, labels: LabelPreview) -> dict[str, object]:
    doubtful = [proof.field for proof in items.fields if not proof.stays_valid]
    proved = "yes, proved" if items.stays_valid else f"not proved for {', '.join(doubtful)}"
    facts: dict[str, object] = {
        "newest version": items.base_version,
        "all labels stay valid": proved,
        "decided labels": labels.labels,
        "refused by the new fields": _by_name(labels.refused, labels.refused_fields),
        "cite a changed rule": _by_name(labels.citing, labels.cited_rules),
        "gold that becomes invalid": f"{items.gold_refused:,} of {items.gold:,}",
        "undecided, asked again": _cost(labels.cost_open),
        "annotations lost by that": labels.annotations_lost,
    }
    costs = labels.cost_relabel
    return facts | {f"relabel {name}": _cost(cost) for name, cost in costs.items()}


def _by_name(total: int, counts: dict[str, int]) -> str:
    listed = ", ".join(f"{name}: {count:,}" for name, count in sorted(counts.items()))
    return f"{total:,} ({listed})" if listed else f"{total:,}"


def _cost(cost: AnnotationCost) -> str:
    expected = "" if cost.expected is None else f", about {cost.expected:,.0f} expected"
    return f"{cost.items:,} items, {cost.least:,} to {cost.most:,} annotations{expected}"
