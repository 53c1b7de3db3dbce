"""The history of the ingest service's own database."""

from chassis import migrations
from ingest_service.tables import metadata

migrations.run(metadata)
