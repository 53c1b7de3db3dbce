"""Spec documents: reading them from YAML or JSON, checking them, and templates for new ones."""
