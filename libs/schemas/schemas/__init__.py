"""Everything that crosses a boundary of Labelwright: events, HTTP models, canonical JSON."""
