"""Roles that several services must agree on."""

LABEL_READERS = ("trainer", "spec_owner", "pipeline", "sre", "admin")
"""Roles that may see labels and counts of labels.

Annotators, reviewers and adjudicators are left out: a count that changes for work and not for
honeypots shows its reader which task was a honeypot. Honeypot rates are for the same roles.
"""
