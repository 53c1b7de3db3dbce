"""Groups of routes, which `api` includes."""
