"""The kinds of field. To add one, write its module and name its class here."""

from labels.field import Field
from labels.kinds.boxes import Boxes
from labels.kinds.choice import Choice
from labels.kinds.choices import Choices
from labels.kinds.number import Number
from labels.kinds.pairwise import Pairwise
from labels.kinds.ranking import Ranking
from labels.kinds.rating import Rating
from labels.kinds.spans import Spans
from labels.kinds.text import Text

KINDS: dict[str, type[Field]] = {
    kind.kind: kind
    for kind in (Choice, Choices, Rating, Number, Text, Spans, Boxes, Ranking, Pairwise)
}
