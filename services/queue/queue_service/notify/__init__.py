"""Notifications between the replicas of the queue."""
