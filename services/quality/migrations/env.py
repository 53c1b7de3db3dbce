"""The history of the quality service's own database."""

from chassis import migrations
from quality_service.tables import metadata

migrations.run(metadata)
