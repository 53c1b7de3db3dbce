"""The history of the consensus service's own database."""

from chassis import migrations
from consensus_service.tables import metadata

migrations.run(metadata)
