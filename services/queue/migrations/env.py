"""The history of the queue service's own database."""

from chassis import migrations
from queue_service.tables import metadata

migrations.run(metadata)
