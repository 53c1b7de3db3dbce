"""Problems of files and rows, in plain words; equal ones are counted."""

from collections.abc import Iterable
from dataclasses import dataclass, field

LINES_SHOWN = 5
"""The number of lines that a counted problem names."""
KINDS_MAX = 100
"""The most different problems that are kept; later ones are only counted."""


class UnreadableFile(Exception):
    """The file cannot be read."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault of one row. `line`: the number of its line (or row), counted from 1."""

    line: int
    message: str
    column: str | None = None
    source: bytes | tuple[str, ...] | None = None
    """The row as it was read: its JSON text, or its cells."""

    def sentence(self) -> str:
        """Return the problem with its place, for example "Line 3, 'id': The id is empty."."""
        return CountedProblem(self.message, self.column, (self.line,), 1).sentence()


@dataclass(frozen=True, slots=True)
class CountedProblem:
    """Equal faults of several rows: the first of their lines, and the number of all."""

    message: str
    column: str | None
    lines: tuple[int, ...]
    count: int

    def sentence(self) -> str:
        """Return the problem with its places, for example "Line 3, 'id': It is empty."."""
        named = ", ".join(map(str, self.lines))
        others = self.count - len(self.lines)
        rest = f" and {others:,} more" if others else ""
        place = f"{'Line' if self.count == 1 else 'Lines'} {named}{rest}"
        return f"{place}{f', {self.column!r}' if self.column else ''}: {self.message}"


@dataclass(slots=True)
class ProblemCounts:
    """Counts problems by message and column, in the order of the first of each."""

    total: int = 0
    _lines: dict[tuple[str, str | None], list[int]] = field(default_factory=dict)
    _counts: dict[tuple[str, str | None], int] = field(default_factory=dict)

    def add(self, problem: Problem) -> None:
        """Count one problem."""
        self.total += 1
        key = (problem.message, problem.column)
        if key not in self._counts and len(self._counts) == KINDS_MAX:
            return
        self._counts[key] = self._counts.get(key, 0) + 1
        lines = self._lines.setdefault(key, [])
        if len(lines) < LINES_SHOWN:
            lines.append(problem.line)

    def counted(self) -> tuple[CountedProblem, ...]:
        """Return the problems, equal ones as one; at most `KINDS_MAX`."""
        return tuple(
            CountedProblem(message, column, tuple(self._lines[message, column]), count)
            for (message, column), count in self._counts.items()
        )


def count_problems(problems: Iterable[Problem]) -> tuple[CountedProblem, ...]:
    """Return the problems, equal ones as one; at most `KINDS_MAX`."""
    counts = ProblemCounts()
    for problem in problems:
        counts.add(problem)
    return counts.counted()
