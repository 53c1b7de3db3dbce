"""PostgreSQL: transactions, retries, advisory locks."""
