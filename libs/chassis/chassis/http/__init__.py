"""HTTP: authentication, problem documents, health, limits, metrics of requests."""
