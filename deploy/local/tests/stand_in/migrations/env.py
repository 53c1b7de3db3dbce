"""The history of the stand-in's database."""

from stand_in_service.tables import metadata

from chassis import migrations

migrations.run(metadata)
