"""Long work that a request starts: kept in the database, run by one replica, shown over HTTP."""
