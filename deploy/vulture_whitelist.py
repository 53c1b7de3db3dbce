"""Names that vulture finds unused, each group with the reason why they are used all the same.

vulture reads this file as code that uses the names. Functions that a framework calls by a decorator
are in `ignore_decorators` of pyproject.toml.
"""

# uvicorn imports the factory of each service, and its HTTP protocol, by name.
create_app
BoundedHttpProtocol

# aiokafka calls the listener of a rebalance; joserfc reads the attribute of an algorithm.
_.on_partitions_revoked
_.on_partitions_assigned
_.security_warning

# The buffer of a stream calls it.
_.readinto

# Tests use them; vulture does not read tests.
SPAN
_.reread
serving
take_published
_.is_paired
_.stays_valid

# Fields of the login in `/config.json`, which the page reads.
client_id
prompt
resource

# Fields of responses, which clients read.
_.base_version
_.open_items
_.decided_items
_.annotations_lost
_.cost_open
_.cost_relabel

# Importing the modules of these tables adds them to the metadata.
OWN_TABLES

# Alembic reads these tables from the metadata; statements name them in SQL.
_.agreements
_.contributions
_.drafts
item_withdrawals
_.expiries
_.history
_.publications
_.relabeled
_.repair_reports
_.resolutions
_.reviews_decided
_.reviews_requested
_.rollouts
_.uses
_.withdrawals

# Routes that are added without a decorator.
lease_tasks
submit_annotation

# Functions of the Python client that only its users call.
heartbeat

# Rows that are sent to a statement as JSON, which names their fields.
_.excluded_items
_.takes_slot

# Values of an option of the command line.
_.BAYES

# Fields that only clients read: of responses, events and labels.
_.circle
_.held_until
_.accepted_before
_.adjudicator
_.anchoring
_.closed_by
_.labels_changed
_.last_at
_.precedents
_.reopened
_.reviewer
_.skip_notes
_.skip_pairs
_.skip_reasons
_.superseded_by
_.used_at
_.would_get

# Fields of requests and documents that are read as JSON, not as attributes.
_.acknowledge
_.counter_examples
_.in_
_.required_if

# Fields that reports and statements read by `asdict` or `fields`.
_.shown_max
_.undisputed
_.with_expert

# Members of enumerations, which a command line or an exit code selects by value.
_.DAWID_SKENE
_.DONE
_.GLAD
_.MACE
_.MAJORITY
_.ONE_COIN
_.WEIGHTED

# Public functions of the libraries, for programs of users.
_.add_many
_.describe_me
_.keep_draft
_.record_use
_.send_signals
_.show_spec_issue
_.update_annotator

# Columns of people that are passed on by name: from rows to HTTP models, and to JSON and tables.
_.invited_at
_.first_seen_at
_.last_seen_at
_.done_today
_.done_last_hour

# Starlette sends these headers of a response.
_.raw_headers
