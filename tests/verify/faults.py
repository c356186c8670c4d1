"""The wrong servers: a class each, named after its single fault, with the check that finds it."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import httpx

from depot_flux_simulator.contract.roles import Role
from tests.support.wrong import Answer, Wrong, as_json, with_body, with_status


class A200ForA201(Wrong):
    check = "answer-code"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        return with_status(answer, 200) if answer.status_code == 201 else answer


class AMissingField(Wrong):
    check = "answer-fields"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        consulted = self.is_consult(request) and answer.is_success
        return self.changed(answer, Role.DATE_STATUT) if consulted else answer


class ADateWithoutOffset(Wrong):
    check = "answer-fields"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if not (self.is_consult(request) and answer.is_success):
            return answer
        return self.changed(answer, Role.DATE_STATUT, lambda date: date.removesuffix("Z"))


class AStatusNobodyKnows(Wrong):
    check = "answer-fields"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if not (self.is_consult(request) and answer.is_success):
            return answer
        return self.changed(answer, Role.STATUT, str.lower)


class AnIdentifierThatIsANumber(Wrong):
    check = "answer-fields"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if not (self.is_deposit(request) and answer.is_success):
            return answer
        return self.changed(answer, Role.ID_FLUX, lambda _: 12345)


class ABodyCutShort(Wrong):
    check = "answer-fields"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if self.is_consult(request) and answer.is_success:
            return with_body(answer, answer.content[:-1])
        return answer


class AnotherErrorBody(Wrong):
    check = "error-body"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if answer.is_client_error and not self.is_token(request):
            media_type = answer.headers["content-type"]
            return as_json(answer.status_code, {"code": 40, "message": "Non"}, media_type)
        return answer


class AnErrorThatTellsAnotherCode(Wrong):
    check = "error-body"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if answer.status_code == 404:
            body = {**answer.json(), **{self.name(): 400}}
            return as_json(404, body, answer.headers["content-type"])
        return answer

    def name(self) -> str:
        response = self.document.resolve(self.contract.consulter.node["responses"]["404"])
        [media] = response["content"].values()
        places = dict(self.document.places(media["schema"]))
        return places[Role.PROBLEME_STATUT].path[0]


class AnErrorAsAPage(Wrong):
    check = "answer-content-type"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if answer.status_code == 404:
            page = {"Content-Type": "text/html"}
            return httpx.Response(404, headers=page, content=b"<h1>Not Found</h1>")
        return answer


class AnErrorAsPlainJson(Wrong):
    check = "answer-content-type"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if answer.is_client_error and not self.is_token(request):
            return with_body(answer, answer.content, content_type="application/json")
        return answer


class AnAnswerInLatin1(Wrong):
    check = "answer-charset"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if answer.is_client_error:
            return with_body(answer, answer.content.decode().encode("latin-1", "replace"))
        return answer


class AnAnswerDeclaredLatin1(Wrong):
    check = "answer-charset"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if answer.is_success and answer.content and not self.is_token(request):
            declared = f"{answer.headers['content-type']}; charset=iso-8859-1"
            return with_body(answer, answer.content, content_type=declared)
        return answer


class AStatusThatGoesBack(Wrong):
    check = "lifecycle-no-step-back"

    def __init__(self, *said: Any) -> None:
        super().__init__(*said)
        self.first: dict[str, Any] = {}
        self.back: set[str] = set()

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if not (self.is_consult(request) and answer.is_success):
            return answer
        key, now = str(request.url), self.value(answer, Role.STATUT)
        first = self.first.setdefault(key, now)
        if now != first and key not in self.back:
            # Seen once in its next status, then again in its first.
            if f"{key} seen" in self.back:
                self.back.add(key)
                return self.changed(answer, Role.STATUT, lambda _: first)
            self.back.add(f"{key} seen")
        return answer


class ATreatmentBeforeTheReceipt(Wrong):
    check = "lifecycle-order"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if not (self.is_consult(request) and answer.is_success):
            return answer
        first, second, *_ = self.contract_values()
        swapped = {first: second, second: first}
        return self.changed(answer, Role.STATUT, lambda told: swapped.get(told, told))

    def contract_values(self) -> list[str]:
        for media in self.contract.consulter.success_node["content"].values():
            for role, place in self.document.places(media["schema"]):
                if role == Role.STATUT:
                    return list(self.document.whole(place.schema)["enum"])
        raise LookupError


class AVerdictThatChanges(Wrong):
    check = "lifecycle-final"

    def __init__(self, *said: Any) -> None:
        super().__init__(*said)
        self.judged: set[str] = set()

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if not (self.is_consult(request) and answer.is_success):
            return answer
        key, told = str(request.url), self.value(answer, Role.STATUT)
        if told not in {"RECEVABLE", "IRRECEVABLE"}:
            return answer
        if key in self.judged:
            other = {"RECEVABLE": "IRRECEVABLE", "IRRECEVABLE": "RECEVABLE"}[told]
            return self.changed(answer, Role.STATUT, lambda _: other)
        self.judged.add(key)
        return answer


class ADateThatIsAlwaysNow(Wrong):
    check = "lifecycle-date"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if not (self.is_consult(request) and answer.is_success):
            return answer
        now = self.simulator.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return self.changed(answer, Role.DATE_STATUT, lambda _: now)


class ADateThatIsAlwaysTheDeposits(Wrong):
    check = "lifecycle-date"

    def __init__(self, *said: Any) -> None:
        super().__init__(*said)
        self.first: dict[str, Any] = {}

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if not (self.is_consult(request) and answer.is_success):
            return answer
        date = self.value(answer, Role.DATE_STATUT)
        first = self.first.setdefault(str(request.url), date)
        return self.changed(answer, Role.DATE_STATUT, lambda _: first)


class AnAnswerThatIsNeverTheSame(Wrong):
    check = "lifecycle-same-answer"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if not (self.is_consult(request) and answer.is_success):
            return answer
        return as_json(200, {**answer.json(), "tirage": self.seen})


class AFluxThatOthersSee(Wrong):
    check = "isolation"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if self.is_consult(request) and answer.status_code == 404:
            return self.let_in(request, application=0)
        return answer


class ATokenThatIsNotChecked(Wrong):
    check = "access-foreign-token"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        given = request.headers.get("authorization", "")
        return self.let_in(request) if answer.status_code == 401 and len(given) > 60 else answer


class ATokenThatIsNotCheckedAtADeposit(Wrong):
    check = "access-foreign-token"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        unchecked = self.is_deposit(request) and answer.status_code == 401
        return self.let_in(request) if unchecked else answer


class ACallWithoutToken(Wrong):
    check = "access-no-token"

    def answer(self, request: httpx.Request) -> Answer:
        named = "authorization" in request.headers or self.is_token(request)
        return self.forward(request) if named else self.let_in(request)


class ATokenOfAnyForm(Wrong):
    check = "access-malformed-token"

    def answer(self, request: httpx.Request) -> Answer:
        given = request.headers.get("authorization", "Bearer x")
        return self.forward(request) if given.startswith("Bearer ") else self.let_in(request)


class AnAccountThatIsNotChecked(Wrong):
    check = "access-foreign-account"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        refused = answer.status_code == 403 and not self.is_token(request)
        return self.let_in(request) if refused else answer


class ACallWithoutAccount(Wrong):
    check = "access-no-account"

    def answer(self, request: httpx.Request) -> Answer:
        unnamed = "cpro-account" not in request.headers and not self.is_token(request)
        return self.let_in(request) if unnamed else self.forward(request)


class AnAccountOfAnyForm(Wrong):
    check = "access-malformed-account"

    def answer(self, request: httpx.Request) -> Answer:
        given = request.headers.get("cpro-account", "")
        return self.let_in(request) if given == "%%%" else self.forward(request)


class AHealthcheckWithoutALook(Wrong):
    check = "healthcheck-honest"

    def answer(self, request: httpx.Request) -> Answer:
        # What lies behind is broken, and the healthcheck does not know.
        if self.is_consult(request) and self.seen > 3:
            return as_json(503, {"titre": "Service indisponible"}, "application/problem+json")
        return self.forward(request)


class AHealthcheckForAll(Wrong):
    check = "healthcheck-access"

    def answer(self, request: httpx.Request) -> Answer:
        return httpx.Response(200) if self.is_health(request) else self.forward(request)


class AHealthcheckThatFails(Wrong):
    check = "healthcheck-answers"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if self.is_health(request) and answer.is_success:
            return as_json(503, {"titre": "Service indisponible"}, "application/problem+json")
        return answer


class A500ForAMalformedIdentifier(Wrong):
    check = "identifier-malformed"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if self.is_consult(request) and answer.status_code in {400, 422}:
            return as_json(500, {"titre": "Erreur interne"}, "application/problem+json")
        return answer


class AnInternalError(Wrong):
    check = "no-internal-error"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if self.is_consult(request) and answer.status_code == 404:
            return as_json(500, {"titre": "Erreur interne"}, "application/problem+json")
        return answer


class AnUnknownFluxThatIsRecevable(Wrong):
    check = "identifier-unknown"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if self.is_consult(request) and answer.status_code == 404:
            now = datetime.now(UTC).isoformat()
            body = {self.path(Role.STATUT)[0]: "RECEVABLE", self.path(Role.DATE_STATUT)[0]: now}
            return as_json(200, body)
        return answer


class ADeleteThatWorks(Wrong):
    check = "read-only"

    def answer(self, request: httpx.Request) -> Answer:
        return httpx.Response(204) if request.method == "DELETE" else self.forward(request)


class AnIdentifierGivenTwice(Wrong):
    check = "identifier-unique"

    def __init__(self, *said: Any) -> None:
        super().__init__(*said)
        self.first = ""

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if not (self.is_deposit(request) and answer.is_success):
            return answer
        self.first = self.first or self.value(answer, Role.ID_FLUX)
        return self.changed(answer, Role.ID_FLUX, lambda _: self.first)


class ASwallowedRetryAfter(Wrong):
    check = "retry-after"

    def answer(self, request: httpx.Request) -> Answer:
        if self.is_consult(request) and self.seen % 5 == 0:
            problem = {"titre": "Trop d'appels", "statut": 429}
            return as_json(429, problem, "application/problem+json")
        return self.forward(request)


class ATokenWithoutLifetime(Wrong):
    check = "token-good"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if self.is_token(request) and answer.is_success:
            return as_json(200, {**answer.json(), "expires_in": None})
        return answer


class ATokenForAWrongClient(Wrong):
    check = "token-wrong-client"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if (
            self.is_token(request)
            and answer.status_code == 400
            and b"credentials" in request.content
        ):
            application = self.simulator.applications[0]
            told = {"access_token": self.simulator.token(application), "token_type": "Bearer"}
            return as_json(200, {**told, "expires_in": 3600})
        return answer


class ATokenForAnyGrant(Wrong):
    check = "token-wrong-grant"

    def answer(self, request: httpx.Request) -> Answer:
        if self.is_token(request):
            form = parse_qs(request.content.decode())
            if form.get("grant_type") == ["password"]:
                told = {"access_token": self.simulator.token(), "token_type": "Bearer"}
                return as_json(200, {**told, "expires_in": 3600})
        return self.forward(request)


class ATokenThatNeverExpires(Wrong):
    check = "token-expiry"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if self.is_token(request) and answer.is_success:
            return as_json(200, {**answer.json(), "expires_in": 5})
        return answer


class ADepositRefused(Wrong):
    check = "deposit-answered"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if self.is_deposit(request) and answer.is_success:
            return as_json(400, {"titre": "Non", "statut": 400}, "application/problem+json")
        return answer


class AGoodFluxIrrecevable(Wrong):
    check = "deposit-good"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if not (self.is_consult(request) and answer.is_success):
            return answer
        judged = {"RECEVABLE": "IRRECEVABLE"}
        return self.changed(answer, Role.STATUT, lambda told: judged.get(told, told))


class ABadFluxRecevable(AGoodFluxIrrecevable):
    check = "deposit-bad"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if not (self.is_consult(request) and answer.is_success):
            return answer
        judged = {"IRRECEVABLE": "RECEVABLE"}
        return self.changed(answer, Role.STATUT, lambda told: judged.get(told, told))


class AFluxTakenTwice(ABadFluxRecevable):
    check = "deposit-duplicate"


class ALargeFluxRecevable(ABadFluxRecevable):
    check = "limit-size"
    deep = True


class AMotifThatIsNotLookedAt(ABadFluxRecevable):
    check = "motifs"
    deep = True


class AnIdentifierOfAnyFormKnown(Wrong):
    check = "cases-negative"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        if self.is_consult(request) and answer.status_code in {400, 422}:
            now = datetime.now(UTC).isoformat()
            body = {self.path(Role.STATUT)[0]: "RECU", self.path(Role.DATE_STATUT)[0]: now}
            return as_json(200, body)
        return answer


class AnIdentifierThatIsNotUnderstood(Wrong):
    check = "cases-positive"

    def answer(self, request: httpx.Request) -> Answer:
        answer = self.forward(request)
        # Any but those that it gives itself.
        if self.is_consult(request) and answer.status_code == 404 and len(request.url.path) < 20:
            return as_json(500, {"titre": "Erreur interne"}, "application/problem+json")
        return answer


FAULTS = [
    each
    for each in globals().values()
    if isinstance(each, type) and issubclass(each, Wrong) and each is not Wrong
]
