"""What every service runs on. Knows no word of the business."""
