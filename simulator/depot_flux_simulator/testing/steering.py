"""Steering a simulator of this process: time, outcomes, settings."""

from collections.abc import Sequence
from datetime import UTC, datetime

from depot_flux_simulator.flux.annuaire import SCHEMA, Destinataire, Fournisseur
from depot_flux_simulator.flux.durations import Duration, milliseconds
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.flux.rules import (
    Fault,
    FaultKind,
    GatewayAnswer,
    Rule,
    Scenario,
    Target,
)
from depot_flux_simulator.testing.running import Running
from depot_flux_simulator.testing.settings import to_instant


class Steering(Running):
    """What a test decides: when it is, how flux end, which calls go wrong."""

    def now(self) -> datetime:
        """The simulator's time, UTC."""
        return datetime.fromtimestamp(self._parts.clock.now() / 1_000, UTC)

    def advance(self, duration: Duration) -> datetime:
        """Move the clock forward, by seconds, a timedelta, or text such as "1h30m"; the new time.

        Raises:
            ValueError: the duration is negative or not written as one.
        """
        self._parts.steering.move_clock(advance=milliseconds(duration))
        return self.now()

    def move_to(self, instant: datetime) -> datetime:
        """Move the clock forward to an instant.

        Raises:
            BackwardsError: the instant has passed.
        """
        self._parts.steering.move_clock(to=to_instant(instant))
        return self.now()

    def freeze(self) -> None:
        """Let time stand still."""
        self._parts.steering.move_clock(factor=0)

    def resume(self, factor: float = 1.0) -> None:
        """Let time run on, `factor` times as fast as the machine's."""
        if factor <= 0:
            raise ValueError("factor: time runs forward; freeze() stops it")
        self._parts.steering.move_clock(factor=factor)

    def scenario(
        self,
        *,
        nom: str | None = None,
        code_interface: str | None = None,
        code_application: str | None = None,
        sha256: str | None = None,
        nth: int | None = None,
        times: int | None = None,
        statut: Statut | str | None = None,
        motifs: Sequence[Code | str] = (),
        recu: Duration | None = None,
        traitement: Duration | None = None,
    ) -> Rule[Scenario]:
        """Force the outcome of matching deposits; the rule, to be removed by.

        Args:
            nom: pattern of the file's name, with `*`, `?` and `[…]`.
            code_interface: the code stated beside the file.
            code_application: code of the depositing application.
            sha256: hexadecimal digest of the deposited bytes.
            nth: the matching deposit the rule begins with, from 1; alone, it is the only one.
            times: how many matching deposits it applies to.
            statut: the status at which the flux ends; a temporary one is never left.
            motifs: why it is irrecevable.
            recu: how long it shows RECU.
            traitement: how long it shows EN_COURS_DE_TRAITEMENT.

        Raises:
            ValueError: the values contradict each other.
        """
        scenario = Scenario(
            nom=nom,
            code_interface=code_interface,
            code_application=code_application,
            sha256=sha256,
            nth=nth,
            times=times,
            statut=None if statut is None else Statut(statut),
            motifs=tuple(Code(code) for code in motifs),
            recu_ms=None if recu is None else milliseconds(recu),
            traitement_ms=None if traitement is None else milliseconds(traitement),
        )
        return Rule(self._parts.steering.add(scenario), scenario)

    def fault(
        self,
        kind: FaultKind | str,
        *,
        operations: Sequence[Target | str] = (),
        nth: int | None = None,
        times: int | None = None,
        probability: float = 1.0,
        seed: int = 0,
        status: int | None = None,
        retry_after: int | None = None,
        answer: GatewayAnswer | str | None = None,
        delay: Duration | None = None,
        sigma: float | None = None,
        lasting: Duration | None = None,
    ) -> Rule[Fault]:
        """Make matching calls go wrong; the rule, to be removed by.

        Args:
            kind: what goes wrong: one of `FaultKind`.
            operations: the calls it strikes, of `Target`; none means all.
            nth: the matching call it begins with, from 1; alone, it is the only one.
            times: how many matching calls it applies to.
            probability: chance that one of these goes wrong.
            seed: makes the draws of chance and delay repeatable.
            status: the code answered by kind `status`, 503 unless stated, or `gateway`.
            retry_after: seconds in its header Retry-After, if any.
            answer: what kind `gateway` says: a page if there is a `status`, else nothing and 403.
            delay: how long kind `latency` holds the answer back and `slow_body` its body.
            sigma: makes `latency` log-normal: the delay is its median, this its spread.
            lasting: for how long, on the simulator's clock; for ever unless stated.

        Raises:
            ValueError: the values contradict each other.
        """
        fault = Fault(
            kind=FaultKind(kind),
            operations=tuple(Target(name) for name in operations),
            nth=nth,
            times=times,
            probability=probability,
            seed=seed,
            status=status,
            retry_after=retry_after,
            answer=None if answer is None else GatewayAnswer(answer),
            delay_ms=None if delay is None else milliseconds(delay),
            sigma=sigma,
            until=None if lasting is None else self._parts.clock.now() + milliseconds(lasting),
        )
        return Rule(self._parts.steering.add(fault), fault)

    def scenarios(self) -> list[Rule[Scenario]]:
        """The scenarios in force, oldest first, with how many deposits each matched so far."""
        return self._parts.steering.rules(Scenario)

    def faults(self) -> list[Rule[Fault]]:
        """The faults in force, oldest first, with how many calls each matched so far."""
        return self._parts.steering.rules(Fault)

    def fournisseur(
        self, siret: str, *, actif: bool = True, public: bool = True
    ) -> Rule[Fournisseur]:
        """Say who is known as a supplier, beside the annuaire's file; to be removed by.

        Args:
            siret: 14 digits.
            actif: whether Chorus Pro knows it as active.
            public: whether it is a public body.

        Raises:
            ValueError: the SIRET is none.
        """
        fournisseur = Fournisseur(siret=siret, actif=actif, public=public)
        return Rule(self._parts.steering.add(fournisseur), fournisseur)

    def destinataire(
        self,
        adresse: str,
        *,
        schema: str = SCHEMA,
        plateforme: str = "",
        connectee: bool = True,
    ) -> Rule[Destinataire]:
        """Say which recipient is in the annuaire, beside its file; to be removed by.

        Args:
            adresse: its electronic address.
            schema: the scheme of the address.
            plateforme: its approved platform, "" for none at present.
            connectee: whether that platform is connected to Chorus Pro.

        Raises:
            ValueError: address or scheme are none.
        """
        destinataire = Destinataire(
            adresse=adresse, schema=schema, plateforme=plateforme, connectee=connectee
        )
        return Rule(self._parts.steering.add(destinataire), destinataire)

    def annuaire(self) -> list[Rule[Fournisseur] | Rule[Destinataire]]:
        """What was said of the annuaire: its suppliers, then its recipients."""
        return self._parts.steering.annuaire()

    def remove(
        self, rule: Rule[Scenario] | Rule[Fault] | Rule[Fournisseur] | Rule[Destinataire]
    ) -> None:
        """Take a scenario, a fault or an entry of the annuaire back.

        Raises:
            KeyError: it is not there; it may have been removed, or cleared by a reset.
        """
        if not self._parts.steering.remove(type(rule.definition), rule.id):
            raise KeyError(f"rule {rule.id}")

    def pace(self, factor: float) -> None:
        """Set the factor on the delays of the flux deposited from now on; 0: immediate."""
        self._parts.steering.set(pace=factor)

    def quota(self, flux_per_hour: int | None) -> None:
        """Let each application deposit so many flux in an hour; None: any number."""
        self._parts.steering.set(flux_per_hour=flux_per_hour)

    def reset(self) -> None:
        """Clear flux, scenarios, faults, settings and journal; the clock begins anew."""
        self._parts.reset()
