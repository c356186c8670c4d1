"""The relational schema: one for all that is stored, in SQLAlchemy Core."""

import sqlalchemy as sa

from depot_flux_simulator.store.texts import String, Text

metadata = sa.MetaData()
# What lies in files of its own where one server has the store alone.
shared = sa.MetaData()

# What is kept whatever is cleared: the schema's version, which contents are its own, the secret.
meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", String(64), primary_key=True),
    sa.Column("value", String(256), nullable=False),
)

flux = sa.Table(
    "flux",
    metadata,
    sa.Column("pk", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id_flux", String(256), nullable=False, unique=True),
    sa.Column("code_application", String(16), nullable=False),
    sa.Column("code_interface", String(64), nullable=False),
    sa.Column("nom", Text, nullable=False),
    sa.Column("contenu", String(64), nullable=False, unique=True),
    sa.Column("taille", sa.BigInteger, nullable=False),
    sa.Column("sha256", String(64)),
    # The instants of its life, see lifecycle.Facts.
    sa.Column("depose_le", sa.BigInteger, nullable=False),
    sa.Column("en_cours_le", sa.BigInteger),
    sa.Column("final_le", sa.BigInteger),
    sa.Column("recevable", sa.Boolean),
    sa.Column("verdict_le", sa.BigInteger),
    sa.Column("echecs", sa.Integer, nullable=False, server_default="0"),
    # Why it is set aside, null when it is not: the platform no longer has the bytes it took.
    sa.Column("ecarte", Text),
    # Other words of its deposit that answers repeat, as JSON; null when there are none.
    sa.Column("repris", Text),
    # What was forced upon it, as JSON; null when nothing was.
    sa.Column("force", Text),
    # When it came, in the time that no test steers.
    sa.Column("arrive_le", sa.BigInteger),
    # Which engine has it, and until when unless it says so again.
    sa.Column("pris_par", String(80)),
    sa.Column("pris_jusqu", sa.BigInteger),
    # A number is never given twice, not even after its flux was cleared away.
    sqlite_autoincrement=True,
)
# What waits for its verdict is found without reading what has one.
a_controler = sa.Index("flux_a_controler", flux.c.pk, sqlite_where=flux.c.recevable.is_(None))
# The same, for engines that take turns between applications.
en_attente = sa.Index(
    "flux_en_attente",
    flux.c.code_application,
    flux.c.pk,
    sqlite_where=flux.c.recevable.is_(None),
)
# What engines have of it, and what is set aside: few of the many that may wait.
pris = sa.Index(
    "flux_pris",
    flux.c.pris_par,
    sqlite_where=flux.c.recevable.is_(None) & flux.c.pris_par.is_not(None),
)
ecartes = sa.Index(
    "flux_ecartes",
    flux.c.ecarte,
    sqlite_where=flux.c.recevable.is_(None) & flux.c.ecarte.is_not(None),
)
# By what flux are looked for; a number follows from every index, so that they come in order.
par_verdict = sa.Index(
    "flux_par_verdict", flux.c.code_application, flux.c.code_interface, flux.c.recevable, flux.c.pk
)
# What has not reached its final status.
par_fin = sa.Index("flux_par_fin", flux.c.final_le)
# What an application deposited of late, for its quota.
sa.Index("flux_d_une_application", flux.c.code_application, flux.c.depose_le)

motif = sa.Table(
    "motif",
    metadata,
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), primary_key=True),
    sa.Column("rang", sa.Integer, primary_key=True),
    sa.Column("code", String(32), nullable=False),
    sa.Column("message", Text, nullable=False),
    sa.Column("regle", Text, nullable=False),
    sa.Column("remede", Text, nullable=False),
    sa.Column("source", Text, nullable=False),
    sa.Column("fichier", Text),
    sa.Column("piece_jointe", Text),
    sa.Column("ligne", sa.Integer),
    sa.Column("lieu", Text, nullable=False),
    sa.Column("terme", Text, nullable=False),
    sa.Column("original", Text, nullable=False),
)

# The flux of a motif, newest last.
par_motif = sa.Index("motif_par_code", motif.c.code, motif.c.flux)

fichier = sa.Table(
    "fichier",
    metadata,
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), primary_key=True),
    sa.Column("rang", sa.Integer, primary_key=True),
    sa.Column("nom", Text, nullable=False),
    sa.Column("taille", sa.BigInteger, nullable=False),
    sa.Column("sha256", String(64), nullable=False),
)

remarque = sa.Table(
    "remarque",
    metadata,
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), primary_key=True),
    sa.Column("rang", sa.Integer, primary_key=True),
    sa.Column("texte", Text, nullable=False),
)

# What becomes of the invoices of a recevable flux.
facture = sa.Table(
    "facture",
    metadata,
    sa.Column("pk", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), nullable=False, index=True),
    sa.Column("fichier", Text, nullable=False),
    sa.Column("numero", Text, nullable=False),
    sa.Column("emission", Text, nullable=False),
    sa.Column("type_document", Text, nullable=False),
    sa.Column("siren", Text, nullable=False),
    sa.Column("siret", Text, nullable=False),
    sa.Column("vendeur", Text, nullable=False),
    sa.Column("adresse_vendeur", Text, nullable=False),
    sa.Column("adresse_acheteur", Text, nullable=False),
    sa.Column("identifiant_technique", Text, nullable=False),
    sa.Column("statut", String(32), nullable=False),
    sa.Column("non_juges", Text, nullable=False),
    # What makes it unique, whoever deposits it; "" when that cannot be read.
    sa.Column("cle", String(64), nullable=False, index=True),
    sqlite_autoincrement=True,
)

# They are as long as whoever wrote the invoice liked, which only such an index takes.
par_numero = sa.Index("ix_facture_numero", facture.c.numero)
par_siren = sa.Index("ix_facture_siren", facture.c.siren)

# What the functional level found, of an invoice or of a file that is none.
constat = sa.Table(
    "constat",
    metadata,
    sa.Column("flux", sa.Integer, sa.ForeignKey("flux.pk"), primary_key=True),
    sa.Column("rang", sa.Integer, primary_key=True),
    sa.Column("facture", sa.Integer, sa.ForeignKey("facture.pk"), index=True),
    sa.Column("fichier", Text, nullable=False),
    sa.Column("gravite", String(32), nullable=False),
    sa.Column("message", Text, nullable=False),
    sa.Column("regle", Text, nullable=False),
    sa.Column("remede", Text, nullable=False),
    sa.Column("source", Text, nullable=False),
    sa.Column("raison", String(32), index=True),
    sa.Column("feuille", Text, nullable=False),
    sa.Column("ligne", sa.Integer),
    sa.Column("lieu", Text, nullable=False),
    sa.Column("terme", Text, nullable=False),
    sa.Column("original", Text, nullable=False),
)

cle = sa.Table(
    "cle",
    metadata,
    sa.Column("code_application", String(16), primary_key=True),
    sa.Column("cle", String(512), primary_key=True),
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
    sa.Column("kind", String(16), nullable=False),
    sa.Column("definition", Text, nullable=False),
    sa.Column("seen", sa.BigInteger, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)


# The bytes of the flux, in pieces: all of them, or those of small ones beside a folder.
octets = sa.Table(
    "octets",
    metadata,
    sa.Column("contenu", String(64), primary_key=True),
    sa.Column("rang", sa.Integer, primary_key=True),
    sa.Column("morceau", sa.LargeBinary, nullable=False),
)

# The last calls, one line each; and whole ones, where somebody asked for them.
appel, echange = (
    sa.Table(
        name,
        shared,
        sa.Column("pk", sa.BigInteger, primary_key=True, autoincrement=True),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("ligne", Text, nullable=False),
    )
    for name in ("appel", "echange")
)


def number(asked: int) -> sa.ColumnElement[int]:
    """The number of a row, as somebody asks for it: larger perhaps than that of any row."""
    return sa.literal(asked, sa.BigInteger)


def for_postgresql() -> None:
    """Tell indexes what PostgreSQL alone asks of them; its dialect takes long to load."""
    for index in (a_controler, en_attente, pris, ecartes):
        where = index.dialect_options["sqlite"]["where"]
        index.dialect_options["postgresql"]["where"] = where
    for index in (par_numero, par_siren):
        index.dialect_options["postgresql"]["using"] = "hash"


def cleared(schemas: tuple[sa.MetaData, ...]) -> list[sa.Table]:
    """What a reset empties, what hangs on a row before the row itself."""
    kept = (meta, pilotage)
    tables = [table for schema in reversed(schemas) for table in reversed(schema.sorted_tables)]
    return [table for table in tables if table not in kept]
