"""The tables of the stand-in: only those of the chassis."""

import sqlalchemy as sa

metadata = sa.MetaData()
