"""Events through Kafka: outbox and producer, consumer and inbox, dispatch to handlers."""
