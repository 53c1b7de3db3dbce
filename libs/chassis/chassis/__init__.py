"""The parts that all services share. They know nothing of the business."""
