"""Kafka: the outbox, the inbox, the consumer and what becomes of events."""
