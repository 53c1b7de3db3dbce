"""Files and formats of other tools, read and written without a network or a database."""
