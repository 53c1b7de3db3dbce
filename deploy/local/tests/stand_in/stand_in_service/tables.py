"""The tables of the stand-in: those of the chassis are enough."""

import sqlalchemy as sa

metadata = sa.MetaData()
