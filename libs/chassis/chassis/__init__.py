"""What every Labelwright service runs on."""
