"""The history of the dataset-store service's own database."""

from chassis import migrations
from dataset_store_service.tables import metadata

migrations.run(metadata)
