"""The dataset-store service of Labelwright."""
