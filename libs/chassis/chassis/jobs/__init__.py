"""Jobs: long work that a request starts, stored in the database and run by one replica."""
