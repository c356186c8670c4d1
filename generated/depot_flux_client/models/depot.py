from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import types
from ..types import File

T = TypeVar("T", bound="Depot")


@_attrs_define
class Depot:
    """Le flux et son code interface.

    Example:
        {'fichier': '<Invoice/>', 'codeInterface': 'FSO3110A'}

    """

    fichier: File
    """ Le fichier du flux, nommé dans la partie : un fichier XML ou PDF seul, ou une enveloppe {code
    interface}_{code application}_{identifiant de flux, 25}.tar.gz. """
    code_interface: str
    """ La nature et le format du flux, par exemple FSO3110A (factures UBL), FSO3117A (factures Factur-X), FSO3300A
    (statuts CDAR), FSO6000A (e-reporting). """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        fichier = self.fichier.to_tuple()

        code_interface = self.code_interface

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "fichier": fichier,
                "codeInterface": code_interface,
            }
        )

        return field_dict

    def to_multipart(self) -> types.RequestFiles:
        files: types.RequestFiles = []

        files.append(("fichier", self.fichier.to_tuple()))

        files.append(("codeInterface", (None, str(self.code_interface).encode(), "text/plain")))

        for prop_name, prop in self.additional_properties.items():
            files.append((prop_name, (None, str(prop).encode(), "text/plain")))

        return files

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        fichier = File(payload=BytesIO(d.pop("fichier")))

        code_interface = d.pop("codeInterface")

        depot = cls(
            fichier=fichier,
            code_interface=code_interface,
        )

        depot.additional_properties = d
        return depot

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
