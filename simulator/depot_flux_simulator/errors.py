"""Errors that are for people: each message names the input, the rule and the remedy."""


class ConfigurationError(Exception):
    """A setting, file or contract cannot be used; the message is one line."""


class ApiError(Exception):
    """A call the API refuses.

    Attributes:
        codes: HTTP codes that would say it, best first; the first one that the contract declares
            for the operation is used.
        detail: what happened, for the caller, in French like the platform's own.
        headers: headers the answer carries.
    """

    def __init__(self, *codes: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.codes = codes
        self.detail = detail
        self.headers = headers or {}


class AccountError(ApiError):
    """The technical account is none of the caller's: a gateway may answer for itself."""
