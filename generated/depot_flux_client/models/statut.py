from enum import StrEnum


class Statut(StrEnum):
    EN_COURS_DE_TRAITEMENT = "EN_COURS_DE_TRAITEMENT"
    IRRECEVABLE = "IRRECEVABLE"
    RECEVABLE = "RECEVABLE"
    RECU = "RECU"

    def __str__(self) -> str:
        return str(self.value)
