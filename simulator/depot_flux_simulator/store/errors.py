"""What the store raises: nothing of the library beneath ever leaves it."""


class StoreError(Exception):
    """The database refused what it was told; its own error is the cause."""


class StoreUnreachableError(StoreError):
    """The database does not answer; later it may."""


class StoreFullError(StoreUnreachableError):
    """There is no room for what is to be written; later there may be."""


class UncertainError(StoreUnreachableError):
    """The database failed while it committed, and nobody knows whether it did."""


class ConflictError(StoreError):
    """What may be there once only is there already."""


class QuotaError(Exception):
    """An application has deposited as many flux as it may.

    Attributes:
        wait_ms: milliseconds until it may deposit again.
    """

    def __init__(self, wait_ms: int) -> None:
        super().__init__(wait_ms)
        self.wait_ms = wait_ms


class OvertakenError(Exception):
    """Another flux was recorded meanwhile, so that a verdict no longer says what is so."""


class MissingError(FileNotFoundError):
    """The bytes of a flux are no longer where they were kept."""
