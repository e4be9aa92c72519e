"""What the history tells of a run, and the hash that ties it to the run before it.

Runs that are there already get neither: what nobody has sealed, nobody can vouch for now.
MariaDB and MySQL commit at every ALTER: what a run that was killed has left there is kept, and the rest is added.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FAMILY = ("mysql", "mariadb")
MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), *FAMILY)
LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), *FAMILY)
TABLE, INDEX = "provision_run", "uq_provision_run_seq"


def upgrade() -> None:
    """Add the columns, and the index that keeps two runs of a project from having one number."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(TABLE)}
    for column in _columns():
        if column.name not in there:
            op.add_column(TABLE, column)
    if INDEX not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(TABLE)}:
        op.create_index(INDEX, TABLE, ["project", "seq"], unique=True)


def downgrade() -> None:
    """Drop them; the runs that are left have no chain any more."""
    op.drop_index(INDEX, TABLE)
    for column in _columns():
        op.drop_column(TABLE, str(column.name))


def _columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("seq", sa.Integer),
        sa.Column("written_at", MOMENT),
        sa.Column("command", sa.String(32)),
        sa.Column("branch", sa.String(255)),
        sa.Column("job_url", LONG_TEXT),
        sa.Column("details", LONG_TEXT),
        sa.Column("hash", sa.String(80)),
    )
