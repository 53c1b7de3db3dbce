"""The errors that the quality service raises; a docstring is the title of its problem."""


class UnknownAnnotator(Exception):
    """No such annotator is known in the projects that you may see."""


class UnknownIssue(Exception):
    """No such spec issue is known here."""


class UnreadableSpec(Exception):
    """The fields or the policy of this spec version cannot be read."""
