"""Envelopes: a tar.gz read as a stream, nothing written under a name of its own.

Source: IRR_EXTRAC when the archive cannot be extracted, IRR_VIDE when it holds nothing,
IRR_TAILLE_F above 100 Mo, [DG] 3.4.2 and table 3 (documented). What an envelope may not hold
(links, devices, folders, sparse files) and how far it may grow are assumed.
"""

import gzip
import hashlib
import io
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from depot_flux_simulator.controls.contenu import BLOC, DEBUT, EN_MEMOIRE, Contenu, de_la_memoire
from depot_flux_simulator.controls.contexte import MO, Limites
from depot_flux_simulator.controls.nom import afficher
from depot_flux_simulator.motifs import Code, Motif

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# What tarfile may read to get from the end of one file to the next: padding, headers, extended
# headers. Real ones take less than 2 kB.
_ENTETES = 1 << 18
# A small archive may be very compressible; a ratio only means something beyond.
_TAUX_AU_DELA = 100 * MO


# How tarfile says that the archive ends here, as it should.
_FINS: tuple[type[Exception], ...] = (
    tarfile.EOFHeaderError,  # type: ignore[attr-defined]
    tarfile.EmptyHeaderError,  # type: ignore[attr-defined]
)


class ExtractionImpossibleError(Exception):
    """The archive cannot be extracted; the message says why, in French."""


class _Decompression(io.RawIOBase):
    """The decompressed bytes of an archive, as many as the limits allow."""

    def __init__(self, source: BinaryIO, taille: int, limites: Limites) -> None:
        self._gzip = gzip.GzipFile(fileobj=source, mode="rb")
        self._taille = max(taille, 1)
        self._limites = limites
        self._lus = 0
        self._permis = 0

    def permettre(self, octets: int) -> None:
        """Allow so many bytes from now on."""
        self._permis = self._lus + octets

    def readable(self) -> bool:
        return True

    def readinto(self, tampon: "WriteableBuffer", /) -> int:
        lus = self._gzip.readinto(tampon)
        self._lus += lus
        if self._lus > self._limites.taille_extraite:
            limite = self._limites.taille_extraite / MO
            raise ExtractionImpossibleError(f"dépasse {limite:g} Mo une fois décompressée")
        if self._lus > _TAUX_AU_DELA and self._lus > self._taille * self._limites.taux_compression:
            taux = self._limites.taux_compression
            raise ExtractionImpossibleError(f"se décompresse à plus de {taux} fois sa taille")
        if self._lus > self._permis:
            raise ExtractionImpossibleError("a un en-tête démesuré")
        return lus


class _Entree(tarfile.TarInfo):
    """An entry whose header must be sound: tarfile alone would take a bad one for the end."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> "_Entree":
        try:
            return super().fromtarfile(tar)
        except tarfile.HeaderError as erreur:
            if isinstance(erreur, _FINS):
                raise
            raise ExtractionImpossibleError("a un en-tête illisible") from erreur


def contenus(chemin: Path, taille: int, limites: Limites) -> Iterator[Contenu | Motif]:
    """Give the files of an archive one at a time, and what is wrong with the archive.

    The bytes of a file can be read until the next one is asked for.

    Args:
        chemin: the archive.
        taille: its size, bytes.
        limites: how far it may grow.
    """
    lot: list[Contenu | Motif] = []
    octets = 0
    # Small files come in lots: to extract and to validate by turns, file by file, costs the
    # processor's caches a fifth of the whole time.
    for element in _contenus(chemin, taille, limites):
        lot.append(element)
        octets += element.taille if isinstance(element, Contenu) else 0
        if octets > EN_MEMOIRE:
            yield from lot
            lot.clear()
            octets = 0
    yield from lot


def _contenus(chemin: Path, taille: int, limites: Limites) -> Iterator[Contenu | Motif]:
    nombre = 0
    try:
        with chemin.open("rb") as source:
            flux = _Decompression(source, taille, limites)
            for entree in _entrees(flux, limites):
                nombre += 1
                yield entree
    except ExtractionImpossibleError as erreur:
        yield _extraction(str(erreur))
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError, OverflowError) as erreur:
        # ValueError, OverflowError: numbers of a header that tarfile cannot take.
        yield _extraction(f"est endommagée ({type(erreur).__name__})")
    else:
        if not nombre:
            yield Motif(
                Code.IRR_VIDE,
                "L'archive ne contient aucun fichier.",
                regle="Flux non vide",
                remede="Déposez une archive qui contient au moins un fichier.",
                source="[DG] 3.4.2",
            )


def _entrees(flux: _Decompression, limites: Limites) -> Iterator[Contenu | Motif]:
    flux.permettre(_ENTETES)
    # A name that is no UTF-8 gets surrogates, which the control of names refuses.
    with tarfile.open(
        fileobj=io.BufferedReader(flux, BLOC),
        mode="r|",
        tarinfo=_Entree,
        errors="surrogateescape",
    ) as tar:
        nombre = 0
        while (entree := tar.next()) is not None:
            nombre += 1
            # tarfile would keep them all.
            tar.members = []  # type: ignore[attr-defined]
            if nombre > limites.fichiers:
                raise ExtractionImpossibleError(f"contient plus de {limites.fichiers} entrées")
            if not (entree.isdir() and entree.name in {".", "./"}):
                yield from _entree(tar, entree, flux, limites)
            flux.permettre(_ENTETES)
        flux.permettre(limites.taille_extraite)
        # The tar's own reader, as it has read ahead.
        _reste(cast("IO[bytes]", tar.fileobj))


def _entree(
    tar: tarfile.TarFile, entree: tarfile.TarInfo, flux: _Decompression, limites: Limites
) -> Iterator[Contenu | Motif]:
    nom = entree.name.removeprefix("./")
    if not entree.isreg() or entree.issparse():
        genre = "creux" if entree.issparse() else "dossier" if entree.isdir() else "lien ou spécial"
        raise ExtractionImpossibleError(
            f"contient une entrée qui n'est pas un simple fichier : « {afficher(nom)} » ({genre})"
        )
    flux.permettre(entree.size + _ENTETES)
    # The bytes of a plain file follow its header: extractfile() would only wrap them thrice.
    lecture = cast("IO[bytes]", tar.fileobj)
    if entree.size > limites.taille_fichier:
        yield _trop_gros(nom, entree.size, limites)
        if entree.size > limites.taille_extraite:
            # It would be too much in any case: no need to go through it.
            raise ExtractionImpossibleError(f"annonce un fichier de {entree.size} octets")
        for _ in _blocs(lecture, entree.size):
            pass
        return
    if entree.size <= EN_MEMOIRE:
        yield _en_memoire(lecture, nom, entree.size)
    else:
        with tempfile.TemporaryFile() as copie:
            yield _sur_disque(lecture, copie, nom, entree.size)


def _en_memoire(lecture: IO[bytes], nom: str, taille: int) -> Contenu:
    donnees = lecture.read(taille)
    if len(donnees) != taille:
        raise _tronquee(nom)
    return de_la_memoire(donnees, nom)


def _sur_disque(lecture: IO[bytes], copie: IO[bytes], nom: str, taille: int) -> Contenu:
    empreinte = hashlib.sha256()
    for bloc in _blocs(lecture, taille):
        empreinte.update(bloc)
        copie.write(bloc)
    if copie.tell() != taille:
        raise _tronquee(nom)
    copie.seek(0)
    debut = copie.read(DEBUT)

    def ouvrir() -> BinaryIO:
        # Another description of the same nameless file, that its reader may close.
        autre = os.fdopen(os.dup(copie.fileno()), "rb")
        autre.seek(0)
        return autre

    return Contenu(nom, taille, empreinte.hexdigest(), debut, ouvrir)


def _tronquee(nom: str) -> ExtractionImpossibleError:
    return ExtractionImpossibleError(f"est tronquée dans le fichier « {afficher(nom)} »")


def _blocs(lecture: IO[bytes], taille: int) -> Iterator[bytes]:
    while taille and (bloc := lecture.read(min(taille, BLOC))):
        yield bloc
        taille -= len(bloc)


def _reste(suite: IO[bytes]) -> None:
    """Read to the end, which checks the gzip sums, and let nothing hide behind the tar."""
    while bloc := suite.read(BLOC):
        if bloc.strip(b"\0"):
            raise ExtractionImpossibleError("a des données après sa fin")


def _extraction(faute: str) -> Motif:
    return Motif(
        Code.IRR_EXTRAC,
        f"L'archive {faute}.",
        regle="Archive tar.gz extractible, de simples fichiers à sa racine",
        remede="Refaites l'archive (tar puis gzip) avec les seuls fichiers à transmettre.",
        source="[DG] tableau 3",
    )


def _trop_gros(nom: str, taille: int, limites: Limites) -> Motif:
    return Motif(
        Code.IRR_TAILLE_F,
        f"Le fichier « {afficher(nom)} » compte {taille} octets une fois extrait.",
        regle=f"{limites.taille_fichier / MO:g} Mo au plus par fichier",
        remede="Répartissez le contenu entre plusieurs fichiers.",
        source="[DG] 3.4.2",
        fichier=afficher(nom),
    )
