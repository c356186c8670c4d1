"""The relational schema: one for all that is stored, in SQLAlchemy Core."""

import sqlalchemy as sa

metadata = sa.MetaData()

# What is kept whatever is cleared: the schema's version, which contents are its own, the secret.
meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("value", sa.String(256), nullable=False),
)

flux = sa.Table(
    "flux",
    metadata,
    sa.Column("pk", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id_flux", sa.String(256), nullable=False, unique=True),
    sa.Column("code_application", sa.String(16), nullable=False),
    sa.Column("code_interface", sa.String(64), nullable=False),
    sa.Column("nom", sa.Text, nullable=False),
    sa.Column("contenu", sa.String(64), nullable=False, unique=True),
    sa.Column("taille", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64)),
    # The instants of its life, see lifecycle.Facts.
    sa.Column("depose_le", sa.BigInteger, nullable=False),
    sa.Column("en_cours_le", sa.BigInteger),
    sa.Column("final_le", sa.BigInteger),
    sa.Column("recevable", sa.Boolean),
    sa.Column("verdict_le", sa.BigInteger),
    sa.Column("echecs", sa.Integer, nullable=False, server_default="0"),
    # Why it is set aside, null when it is not: the platform no longer has the bytes it took.
    sa.Column("ecarte", sa.Text),
    # Other words of its deposit that answers repeat, as JSON; null when there are none.
    sa.Column("repris", sa.Text),
    # What was forced upon it, as JSON; null when nothing was.
    sa.Column("force", sa.Text),
    # A number is never given twice, not even after its flux was cleared away.
    sqlite_autoincrement=True,
)
# What waits for its verdict is found without reading what has one.
sa.Index(
    "flux_a_controler",
    flux.c.pk,
    sqlite_where=flux.c.recevable.is_(None),
    postgresql_where=flux.c.recevable.is_(None),
)
# What an application deposited of late, for its quota.
sa.Index("flux_d_une_application", flux.c.code_application, flux.c.depose_le)

motif = sa.Table(
    "motif",
    metadata,
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), primary_key=True),
    sa.Column("rang", sa.Integer, primary_key=True),
    sa.Column("code", sa.String(32), nullable=False, index=True),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("regle", sa.Text, nullable=False),
    sa.Column("remede", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("fichier", sa.Text),
    sa.Column("piece_jointe", sa.Text),
    sa.Column("ligne", sa.Integer),
    sa.Column("lieu", sa.Text, nullable=False),
    sa.Column("terme", sa.Text, nullable=False),
    sa.Column("original", sa.Text, nullable=False),
)

fichier = sa.Table(
    "fichier",
    metadata,
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), primary_key=True),
    sa.Column("rang", sa.Integer, primary_key=True),
    sa.Column("nom", sa.Text, nullable=False),
    sa.Column("taille", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
)

remarque = sa.Table(
    "remarque",
    metadata,
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), primary_key=True),
    sa.Column("rang", sa.Integer, primary_key=True),
    sa.Column("texte", sa.Text, nullable=False),
)

# What becomes of the invoices of a recevable flux.
facture = sa.Table(
    "facture",
    metadata,
    sa.Column("pk", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), nullable=False, index=True),
    sa.Column("fichier", sa.Text, nullable=False),
    sa.Column("numero", sa.Text, nullable=False, index=True),
    sa.Column("emission", sa.Text, nullable=False),
    sa.Column("type_document", sa.Text, nullable=False),
    sa.Column("siren", sa.Text, nullable=False, index=True),
    sa.Column("siret", sa.Text, nullable=False),
    sa.Column("vendeur", sa.Text, nullable=False),
    sa.Column("adresse_vendeur", sa.Text, nullable=False),
    sa.Column("adresse_acheteur", sa.Text, nullable=False),
    sa.Column("identifiant_technique", sa.Text, nullable=False),
    sa.Column("statut", sa.String(32), nullable=False),
    sa.Column("non_juges", sa.Text, nullable=False),
    # What makes it unique, whoever deposits it; "" when that cannot be read.
    sa.Column("cle", sa.String(64), nullable=False, index=True),
    sqlite_autoincrement=True,
)

# What the functional level found, of an invoice or of a file that is none.
constat = sa.Table(
    "constat",
    metadata,
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), primary_key=True),
    sa.Column("rang", sa.Integer, primary_key=True),
    sa.Column("facture", sa.Integer, sa.ForeignKey("facture.pk"), index=True),
    sa.Column("fichier", sa.Text, nullable=False),
    sa.Column("gravite", sa.String(32), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("regle", sa.Text, nullable=False),
    sa.Column("remede", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("raison", sa.String(32), index=True),
    sa.Column("feuille", sa.Text, nullable=False),
    sa.Column("ligne", sa.Integer),
    sa.Column("lieu", sa.Text, nullable=False),
    sa.Column("terme", sa.Text, nullable=False),
    sa.Column("original", sa.Text, nullable=False),
)

cle = sa.Table(
    "cle",
    metadata,
    sa.Column("code_application", sa.String(16), primary_key=True),
    sa.Column("cle", sa.String(512), primary_key=True),
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), nullable=False),
)

# One row: what is set of the steering, see rules.SteeringSettings.
pilotage = sa.Table(
    "pilotage",
    metadata,
    sa.Column("pk", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("real", sa.BigInteger, nullable=False),
    sa.Column("simulated", sa.BigInteger, nullable=False),
    sa.Column("factor", sa.Float(53), nullable=False),
    sa.Column("pace", sa.Float(53)),
    sa.Column("flux_per_hour", sa.Integer),
)

regle = sa.Table(
    "regle",
    metadata,
    sa.Column("pk", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("definition", sa.Text, nullable=False),
    sa.Column("seen", sa.BigInteger, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)


def clear(connection: sa.Connection) -> None:
    """Empty every table, what hangs on a row before the row itself, but what a reset keeps."""
    for table in reversed(metadata.sorted_tables):
        if table not in (meta, pilotage):
            connection.execute(table.delete())
