from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="FluxDepose")


@_attrs_define
class FluxDepose:
    """Ce que rend le dépôt.

    Example:
        {'idFlux': 'CPP0013110000000000425903'}

    """

    id_flux: str
    """ L'identifiant que la plateforme donne au flux, lettres et chiffres ; ce n'est pas un nombre. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id_flux = self.id_flux

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "idFlux": id_flux,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id_flux = d.pop("idFlux")

        flux_depose = cls(
            id_flux=id_flux,
        )

        flux_depose.additional_properties = d
        return flux_depose

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
