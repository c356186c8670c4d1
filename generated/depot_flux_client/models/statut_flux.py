from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.statut import Statut

T = TypeVar("T", bound="StatutFlux")


@_attrs_define
class StatutFlux:
    """Ce que rend la consultation.

    Example:
        {'statut': 'RECEVABLE', 'dateMiseAJour': '2026-09-01T08:00:05.000Z'}

    """

    statut: Statut
    """ Reçu et en cours de traitement sont temporaires ; recevable et irrecevable sont finaux. """
    date_mise_a_jour: datetime.datetime
    """ Le moment où le statut a pris effet. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        statut = self.statut.value

        date_mise_a_jour = self.date_mise_a_jour.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "statut": statut,
                "dateMiseAJour": date_mise_a_jour,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        statut = Statut(d.pop("statut"))

        date_mise_a_jour = datetime.datetime.fromisoformat(d.pop("dateMiseAJour"))

        statut_flux = cls(
            statut=statut,
            date_mise_a_jour=date_mise_a_jour,
        )

        statut_flux.additional_properties = d
        return statut_flux

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
