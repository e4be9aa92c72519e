"""What is remembered of a secret may be an object now, which an older program would take for a changed version.

No column changes. The number alone keeps that program from setting every password once more.
"""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing: what the first version has written is read as it is."""


def downgrade() -> None:
    """Nothing either: what an older program does not know of a secret makes it set it again."""
