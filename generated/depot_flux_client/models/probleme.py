from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="Probleme")


@_attrs_define
class Probleme:
    """Le corps de toute erreur, un problème au sens de la RFC 7807.

    Example:
        {'type': 'about:blank', 'titre': 'Flux inconnu', 'statut': 404, 'detail': "Aucun flux CPP0013110000000000425903
            n'a été déposé par cette application.", 'instance': '/flux/CPP0013110000000000425903'}

    """

    type_: str | Unset = "about:blank"
    """ Une URI qui désigne le type de problème. """
    titre: str | Unset = UNSET
    """ Un résumé du type de problème. """
    statut: int | Unset = UNSET
    """ Le code HTTP de la réponse. """
    detail: str | Unset = UNSET
    """ Ce qui s'est passé cette fois. """
    instance: str | Unset = UNSET
    """ Ce sur quoi l'erreur s'est produite. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_

        titre = self.titre

        statut = self.statut

        detail = self.detail

        instance = self.instance

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if type_ is not UNSET:
            field_dict["type"] = type_
        if titre is not UNSET:
            field_dict["titre"] = titre
        if statut is not UNSET:
            field_dict["statut"] = statut
        if detail is not UNSET:
            field_dict["detail"] = detail
        if instance is not UNSET:
            field_dict["instance"] = instance

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        type_ = d.pop("type", UNSET)

        titre = d.pop("titre", UNSET)

        statut = d.pop("statut", UNSET)

        detail = d.pop("detail", UNSET)

        instance = d.pop("instance", UNSET)

        probleme = cls(
            type_=type_,
            titre=titre,
            statut=statut,
            detail=detail,
            instance=instance,
        )

        probleme.additional_properties = d
        return probleme

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
