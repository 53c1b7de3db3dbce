"""The HTTP API of quality: who sees what, and how bad requests are refused."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from schemas.events import ItemsRestored, ItemsWithdrawn, SpecIssueOpened
from schemas.quality import (
    AnnotatorView,
    Models,
    ProjectAnnotators,
    SpecIssueDetail,
    SpecIssues,
)

PROJECT = "/v1/projects/p"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_a_spec_owner_sees_how_far_an_annotator_can_be_trusted(
    quality: Any, make: Any
) -> None:
    golds = [make.gold(f"h{n}") for n in range(10)]
    answers = [
        make.honeypot("ada", f"h{n}", "good" if n < 8 else "bad", minute=n) for n in range(10)
    ]
    await quality.deliver(make.spec(), *golds, *answers)
    await quality.put(make.pseudonym("ada"), {"project": "p", "skills": {"latin": 3, "greek": 0}})

    answer = await quality.get(f"/v1/annotators/{make.pseudonym('ada')}", "owner", "spec_owner")

    view = AnnotatorView.model_validate_json(answer.content)
    (standing,) = view.standings
    assert standing.accuracy is not None
    assert standing.accuracy.n == 10
    assert standing.accuracy.value == 0.8
    assert standing.accuracy.low is not None
    assert 0.4 < standing.accuracy.low < 0.8
    assert standing.last_good_at is not None
    assert standing.last_good_at.minute == 7
    assert standing.skills == {"latin": 3}


@pytest.mark.parametrize("role", ["annotator", "reviewer"])
async def test_callers_see_no_figure_of_their_own_that_changes_with_a_honeypot(
    quality: Any, make: Any, role: str
) -> None:
    me = quality.tokens.pseudonym("ada")
    await quality.deliver(make.spec(), make.gold("h"), make.gold("h2"))
    await quality.deliver(make.answer("x", "t", annotator=me))
    before = await quality.get(f"/v1/annotators/{me}", "ada", role)

    await quality.deliver(
        make.honeypot("x", "h", annotator=me), make.honeypot("x", "h2", "bad", annotator=me)
    )

    after = await quality.get(f"/v1/annotators/{me}", "ada", role)
    assert before.json() == after.json()
    (standing,) = AnnotatorView.model_validate_json(after.content).standings
    assert standing.standing == "good"
    assert (standing.accuracy, standing.last_good_at, standing.reason) == (None, None, None)


async def test_another_annotator_is_shown_only_to_callers_with_a_role_for_it(
    quality: Any, make: Any
) -> None:
    await quality.deliver(make.spec(), make.answer("ada", "t"))

    answer = await quality.get(f"/v1/annotators/{make.pseudonym('ada')}", "bob", "annotator")

    assert answer.status_code == 403


async def test_only_standings_in_the_callers_projects_are_shown(quality: Any, make: Any) -> None:
    await quality.deliver(make.spec(), make.answer("ada", "t"))
    path = f"/v1/annotators/{make.pseudonym('ada')}"

    elsewhere = await quality.get(path, "owner", "spec_owner", projects=["q"])
    itself = await quality.get(
        f"/v1/annotators/{quality.tokens.pseudonym('new')}", "new", "annotator"
    )

    assert elsewhere.status_code == 404
    assert elsewhere.json()["type"] == "urn:problem:unknown-annotator"
    assert itself.json()["standings"] == []


async def test_a_decision_about_an_annotator_is_shown_at_once_and_done_once(
    quality: Any, make: Any
) -> None:
    await quality.deliver(make.spec())
    body = {"project": "p", "standing": "suspended", "reason": "Copies from a neighbour."}

    first = await quality.put(make.pseudonym("bob"), body, "spec_owner")
    again = await quality.put(make.pseudonym("bob"), body, "spec_owner")

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert first.json()["standings"][0]["reason"] == "Copies from a neighbour."
    assert len(await quality.published()) == 1


async def test_only_owners_of_the_project_decide_about_annotators(quality: Any, make: Any) -> None:
    await quality.deliver(make.spec())
    body = {"project": "p", "standing": "good"}

    assert (await quality.put(make.pseudonym("bob"), body, "reviewer")).status_code == 403
    assert (
        await quality.put(make.pseudonym("bob"), body, "admin", projects=["q"])
    ).status_code == 404
    assert await quality.published() == []


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"project": "p", "standing": "great"}, 422, "/standing"),
        ({"project": "p", "skills": {"x": -1}}, 422, "/skills/x"),
        ({"project": "p", "skills": {"x": 2**40}}, 422, "/skills/x"),
        ({"project": "p", "skills": {"x": 2**63}}, 422, "/skills/x"),
        ({"project": "p", "skills": {"x": "2"}}, 422, "/skills/x"),
        ({"project": "p", "skills": {"": 2}}, 422, "/skills//[key]"),
        ({"project": "p", "reason": "a\x00b"}, 422, "/reason"),
        ({"project": "p", "more": 1}, 422, "/more"),
        ({"standing": "good"}, 422, "/project"),
        ([], 422, ""),
        ({"project": "P!"}, 422, "/project"),
    ],
)
async def test_a_bad_decision_is_refused_with_its_place(
    quality: Any, make: Any, body: Any, status: int, pointer: str
) -> None:
    await quality.deliver(make.spec())

    answer = await quality.put(make.pseudonym("bob"), body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [entry["pointer"] for entry in answer.json()["errors"]]
    assert await quality.published() == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"project": NaN}', b'{"project": "p", "reason": "\\ud800"}', b"\xff\xfe"],
)
async def test_a_body_that_is_not_json_is_refused(quality: Any, make: Any, content: bytes) -> None:
    await quality.deliver(make.spec())
    headers = quality.tokens.bearer("boss", "admin") | {"content-type": "application/json"}

    answer = await quality.http.put(
        f"/v1/annotators/{make.pseudonym('bob')}", content=content, headers=headers
    )

    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/projects/nowhere/annotators", 404),
        ("/v1/projects/nowhere/spec-issues", 404),
        ("/v1/projects/nowhere/models", 404),
        (f"/v1/spec-issues/{uuid4()}", 404),
        (f"/v1/annotators/{'0' * 32}", 404),
        ("/v1/projects/%00/models", 422),
        ("/v1/projects/%ed%a0%80/models", 422),
        ("/v1/annotators/ada", 422),
        ("/v1/spec-issues/7", 422),
        (f"{PROJECT}/annotators?limit=0", 422),
        (f"{PROJECT}/annotators?limit=9223372036854775808", 422),
        (f"{PROJECT}/annotators?after=x", 422),
        (f"{PROJECT}/spec-issues?after=x", 422),
    ],
)
async def test_unknown_ids_and_invalid_parameters_are_refused(
    quality: Any, path: str, status: int
) -> None:
    answer = await quality.get(path, "boss", "admin")

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_no_report_is_shown_without_a_token_or_for_another_project(
    quality: Any, make: Any
) -> None:
    await quality.deliver(make.spec(), make.agreement(0.4))
    issue = (await quality.published(SpecIssueOpened))[0].issue_id
    paths = [
        f"{PROJECT}/annotators",
        f"{PROJECT}/spec-issues",
        f"{PROJECT}/models",
        f"/v1/spec-issues/{issue}",
    ]

    for path in paths:
        assert (await quality.http.get(path)).status_code == 401
        elsewhere = await quality.get(path, "owner", "spec_owner", projects=["q"])
        assert elsewhere.status_code == 404
        assert (await quality.get(path, "ada", "annotator")).status_code == 403


async def test_annotators_are_listed_in_pages_with_the_counts_of_their_actions(
    quality: Any, make: Any
) -> None:
    names = [f"a{n}" for n in range(5)]
    await quality.deliver(
        make.spec(),
        make.gold("h"),
        *(make.answer(name, "t") for name in names),
        make.honeypot("a0", "h"),
        make.skipped("a0", "t2", "other"),
    )

    found, path = [], f"{PROJECT}/annotators?limit=2"
    pages = 0
    while path:
        answer = await quality.get(path, "boss", "admin")
        page = ProjectAnnotators.model_validate_json(answer.content)
        found += page.annotators
        pages += 1
        path = f"{PROJECT}/annotators?limit=2&after={page.next}" if page.next else ""

    assert pages == 3
    assert [entry.annotator for entry in found] == sorted(make.pseudonym(name) for name in names)
    first = next(entry for entry in found if entry.annotator == make.pseudonym("a0"))
    assert (first.annotations, first.honeypots, first.skips) == (1, 1, 1)
    assert (first.accuracy.value, first.accuracy.n) == (1.0, 1)


async def test_an_issue_shows_its_evidence(quality: Any, make: Any) -> None:
    three = {"mood": {"good": 0.4, "bad": 0.4, "mixed": 0.2}}
    people = ["a", "b", "c", "d"]
    await quality.deliver(
        make.spec(agreement={"floor": 0.8}),
        make.agreement(0.4, without=0.5),
        make.conflict("one"),
        make.conflict("two", scores=three),
        make.conflict("elsewhere", fields=["tone"], scores={"tone": {"x": 0.5, "y": 0.5}}),
        make.adjudicated("one", rules=["R1"]),
        make.adjudicated("two", "slip", "No rule, for irony"),
        make.adjudicated("elsewhere", "perspective", "Never mind"),
        make.skipped("a", "three", "two_labels_fit"),
        make.skipped("b", "three", "bad_data"),
        make.skipped("b", "trap", "bad_data", purpose="honeypot"),
        make.gold("trap", "good", rules=["R2"]),
        make.gold("easy", "good"),
        *(make.honeypot(name, "trap", "bad" if name != "d" else "good") for name in people),
        *(make.honeypot(name, "easy", "good" if name != "d" else "bad") for name in people),
    )
    issue = (await quality.published(SpecIssueOpened))[0].issue_id

    answer = await quality.get(f"/v1/spec-issues/{issue}", "owner", "spec_owner")

    shown = SpecIssueDetail.model_validate_json(answer.content)
    assert (shown.state, shown.value, shown.floor, shown.items) == ("open", 0.4, 0.8, 3)
    assert shown.causes == {"spec_gap": 1, "slip": 1}
    items = {entry.item_id: entry for entry in shown.evidence.items}
    assert set(items) == {make.id(f"item {name}") for name in ("one", "two", "three")}
    assert items[make.id("item one")].sources == ["adjudication", "conflict"]
    assert items[make.id("item one")].causes == ["spec_gap"]
    assert items[make.id("item three")].sources == ["skip"]
    pairs = [(entry.first, entry.second, entry.items) for entry in shown.evidence.confusions]
    assert pairs == [("bad", "good", 2), ("bad", "mixed", 1), ("good", "mixed", 1)]
    assert shown.evidence.skips == {"bad_data": 2, "two_labels_fit": 1}
    listed = SpecIssues.model_validate_json(
        (await quality.get(f"{PROJECT}/spec-issues", "pipe", "pipeline")).content
    )
    assert [
        (entry.spec_version, entry.reason, entry.skips, entry.items) for entry in listed.skips
    ] == [
        (1, "bad_data", 2, 2),
        (1, "two_labels_fit", 1, 1),
    ]
    (group,) = shown.evidence.rationales
    assert (group.count, group.rules) == (2, ["R1"])
    (missed,) = shown.evidence.gold_missed
    assert (missed.item_id, missed.expected) == (make.id("item trap"), "good")
    assert (missed.missed, missed.answered, missed.given) == (3, 4, {"bad": 3})
    assert missed.rules == ["R2"]


async def test_items_that_are_withdrawn_are_no_evidence(quality: Any, make: Any) -> None:
    await quality.deliver(
        make.spec(agreement={"floor": 0.8}),
        make.agreement(0.4),
        make.conflict("one"),
        make.conflict("two"),
        make.skipped("a", "three", "two_labels_fit"),
    )
    issue = (await quality.published(SpecIssueOpened))[0].issue_id
    ids = [make.id(f"item {name}") for name in ("one", "three")]
    head: dict[str, Any] = {"occurred_at": NOW, "project": "p", "item_ids": ids}

    await quality.deliver(ItemsWithdrawn(**head, reason="sent twice", number=1))
    during = await quality.get(f"/v1/spec-issues/{issue}", "owner", "spec_owner")
    await quality.deliver(ItemsRestored(**head, number=2))
    after = await quality.get(f"/v1/spec-issues/{issue}", "owner", "spec_owner")

    shown = [
        {entry["item_id"] for entry in answer.json()["evidence"]["items"]}
        for answer in (during, after)
    ]
    assert shown[0] == {str(make.id("item two"))}
    assert shown[1] == {str(make.id(f"item {name}")) for name in ("one", "two", "three")}


async def test_two_labels_that_fit_are_a_confusion_of_the_fields_in_which_they_differ(
    quality: Any, make: Any
) -> None:
    fields = [
        {"name": "mood", "kind": "choice", "options": ["good", "bad", "odd"]},
        {"name": "tone", "kind": "choice", "options": ["a", "b"], "required": False},
    ]

    def both(*labels: Any) -> Any:
        return {"labels": [{"mood": mood, "tone": tone} for mood, tone in labels]}

    moods = both(("good", "a"), ("bad", "a"))
    tones = both(("odd", "a"), ("odd", "b"))
    await quality.deliver(
        make.spec(fields=fields),
        make.agreement(0.4),
        make.agreement(0.4, field="tone"),
        make.conflict("split"),
        *(make.skipped(name, "split", "two_labels_fit", **moods) for name in ("a", "b")),
        make.skipped("c", "split", "two_labels_fit", **both(("odd", "a"), ("bad", "a"))),
        make.skipped("a", "mood", "two_labels_fit", **moods),
        make.skipped("a", "tone", "two_labels_fit", **tones),
        make.skipped("a", "trap", "two_labels_fit", purpose="honeypot", **moods),
        make.skipped("a", "unnamed", "two_labels_fit"),
        make.skipped("a", "odd", "two_labels_fit", **both(("good", "a"), ("none", "a"))),
    )
    issues = {entry.field: entry.issue_id for entry in await quality.published(SpecIssueOpened)}

    found = {}
    for field, issue in issues.items():
        answer = await quality.get(f"/v1/spec-issues/{issue}", "owner", "spec_owner")
        shown = SpecIssueDetail.model_validate_json(answer.content)
        pairs = [(entry.first, entry.second, entry.items) for entry in shown.evidence.confusions]
        found[field] = (pairs, {entry.item_id for entry in shown.evidence.items}, shown.items)

    named = {name: make.id(f"item {name}") for name in ("split", "mood", "tone", "unnamed", "odd")}
    assert found == {
        "mood": (
            [("bad", "good", 2), ("bad", "odd", 1)],
            {named[name] for name in ("split", "mood", "unnamed", "odd")},
            4,
        ),
        "tone": ([("a", "b", 1)], {named["tone"], named["unnamed"]}, 2),
    }


async def test_gold_that_only_the_distrusted_miss_is_not_suspect(quality: Any, make: Any) -> None:
    people = ["a", "b", "c"]
    await quality.deliver(
        make.spec(),
        make.agreement(0.4),
        make.gold("trap"),
        *(make.honeypot(name, "trap", "bad") for name in people),
    )
    for name in people:
        await quality.put(make.pseudonym(name), {"project": "p", "standing": "flagged"})
    issue = (await quality.published(SpecIssueOpened))[0].issue_id

    answer = await quality.get(f"/v1/spec-issues/{issue}", "owner", "spec_owner")

    assert answer.json()["evidence"]["gold_missed"] == []


async def test_issues_are_listed_with_a_finding_on_each_agreement(quality: Any, make: Any) -> None:
    fields = [
        {"name": name, "kind": "choice", "options": ["good", "bad"]}
        for name in ("mood", "tone", "style")
    ]
    await quality.deliver(
        make.spec(fields=fields),
        make.agreement(0.4),
        make.agreement(0.4, field="tone", without=0.9),
        make.agreement(0.5, field="style"),
    )
    issues = {event.field: event.issue_id for event in await quality.published(SpecIssueOpened)}
    await quality.deliver(make.spec(2, fields=fields, resolves=[issues["mood"]]))
    await quality.deliver(make.agreement(0.9, spec_version=2))

    answer = await quality.get(f"{PROJECT}/spec-issues", "pipe", "pipeline")

    listed = SpecIssues.model_validate_json(answer.content)
    assert [(entry.field, entry.state) for entry in listed.issues] == [
        ("mood", "resolved"),
        ("style", "open"),
    ]
    mended = listed.issues[0]
    assert mended.resolved_by == 2
    assert mended.after is not None
    assert mended.after.value == 0.9
    verdicts = {(entry.spec_version, entry.field): entry.verdict for entry in listed.findings}
    assert verdicts == {
        (2, "mood"): "fine",
        (1, "mood"): "spec",
        (1, "style"): "spec",
        (1, "tone"): "people",
    }
    first = await quality.get(f"{PROJECT}/spec-issues?limit=1", "owner", "spec_owner")
    rest = await quality.get(
        f"{PROJECT}/spec-issues?limit=1&after={first.json()['next']}", "owner", "spec_owner"
    )
    assert [first.json()["issues"][0]["field"], rest.json()["issues"][0]["field"]] == [
        "mood",
        "style",
    ]
    assert rest.json()["next"] is None


async def test_models_are_compared_with_annotations_made_without_them(
    quality: Any, make: Any
) -> None:
    suggested = {"model": "m1", "value": {"mood": "bad"}, "score": 0.9}

    def beside(n: int, arm: str, label: str) -> Any:
        return make.answer(f"a{n}", "t", label, prelabel=arm, prelabel_given=suggested)

    await quality.deliver(
        make.spec(),
        *(beside(n, "shown", "bad" if n < 9 else "good") for n in range(10)),
        *(beside(n, "hidden", "bad" if n < 16 else "good") for n in range(10, 20)),
        make.answer("plain", "t"),
    )

    answer = await quality.get(f"{PROJECT}/models", "owner", "spec_owner")

    (model,) = Models.model_validate_json(answer.content).models
    assert (model.model, model.accepted.value, model.accepted.n) == ("m1", 0.9, 10)
    assert (model.agreed_blind.value, model.agreed_blind.n) == (0.6, 10)
    assert model.anchoring.value is not None
    assert abs(model.anchoring.value - 0.3) < 1e-9
    assert model.anchoring.low is not None
    assert model.anchoring.low < 0.3


async def test_a_model_that_was_never_hidden_has_no_blind_arm(quality: Any, make: Any) -> None:
    suggested = {"model": "m1", "value": {"mood": "bad"}, "score": None}
    await quality.deliver(
        make.spec(), make.answer("ada", "t", prelabel="shown", prelabel_given=suggested)
    )

    answer = await quality.get(f"{PROJECT}/models", "owner", "spec_owner")

    (model,) = Models.model_validate_json(answer.content).models
    assert (model.agreed_blind.value, model.anchoring.value) == (None, None)
