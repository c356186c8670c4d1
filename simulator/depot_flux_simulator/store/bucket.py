"""The bytes of the flux in a bucket of an S3-compatible store; the extra `s3`.

Access, region and endpoint are those that every program on S3 takes: `AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL_S3`, or the files of the same library.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.clock import file_time
from depot_flux_simulator.store.contents import ASIDE, IDENTITY, NAME, YOUNG_MS, Row
from depot_flux_simulator.store.elsewhere import Elsewhere
from depot_flux_simulator.store.errors import MissingError, StoreUnreachableError
from depot_flux_simulator.store.upload import Upload

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_log = logging.getLogger(__name__)
_AT_ONCE = 1_000  # objects that one call may name at most
_MISSING = {"404", "NoSuchKey", "NotFound"}


class Bucket(Elsewhere):
    """A bucket, shared by all servers of one database.

    Args:
        url: `s3://BUCKET` or `s3://BUCKET/FOLDER`.
        folder: of this machine, where bytes come in.

    Raises:
        ConfigurationError: the extra is not installed, or the address names no bucket.
    """

    keeps_beside = True

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(folder)
        parts = urlsplit(url)
        if not parts.netloc:
            raise ConfigurationError(f"contents {url}: names no bucket; write s3://BUCKET/FOLDER")
        self.place = url
        self._bucket = parts.netloc
        self._before = f"{path}/" if (path := parts.path.strip("/")) else ""
        self._s3 = _client(url)

    @property
    def identity(self) -> str | None:
        """Which database these are the bytes of, None as long as none has claimed them.

        Raises:
            ConfigurationError: the bucket cannot be read.
        """
        try:
            with self._told():
                got = self._s3.get_object(Bucket=self._bucket, Key=self._key(IDENTITY))
                return got["Body"].read(_AT_ONCE).decode("ascii", "replace").strip()
        except MissingError:
            return None
        except StoreUnreachableError as error:
            raise ConfigurationError(
                f"{error}; see that the bucket is there, and that AWS_ACCESS_KEY_ID, "
                "AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL_S3 are those of its store"
            ) from error

    def claim(self, identity: str) -> None:
        """Make them the bytes of a database."""
        with self._told():
            self._s3.put_object(Bucket=self._bucket, Key=self._key(IDENTITY), Body=identity)

    def keep(self, file: Upload) -> Iterable[Row]:
        """Keep what came in, before there is a flux of it."""
        with self._told():
            self._s3.upload_file(str(file.path), self._bucket, self._key(file.path.name))
        return ()

    def copy(self, name: str, file: IO[bytes]) -> None:
        """Write the bytes of that name into a file."""
        with self._told():
            self._s3.download_fileobj(self._bucket, self._key(name), file)

    def drop(self, names: Iterable[str]) -> None:
        """Throw away bytes that no flux refers to any more, here and there."""
        names = list(names)
        super().drop(names)
        for start in range(0, len(names), _AT_ONCE):
            keys = [{"Key": self._key(name)} for name in names[start : start + _AT_ONCE]]
            with self._told():
                told = self._s3.delete_objects(Bucket=self._bucket, Delete={"Objects": keys})  # type: ignore[typeddict-item]
            if errors := told.get("Errors"):
                # No flux refers to them: a later sweep finds them, and nobody waits for this.
                text = "%s: %d objects cannot be deleted: %s"
                _log.warning(text, self.place, len(errors), errors[0].get("Message"))

    def names(self) -> list[str]:
        """Objects that have a name such as `new` gives."""
        return [name for name, _ in self._objects()]

    def set_aside(self, names: Iterable[str]) -> int:
        """Move away those of these objects that have lain there a while; how many."""
        unknown = set(names)
        if not unknown:
            return 0
        old = [
            name
            for name, written_ms in self._objects()
            if name in unknown and file_time() - written_ms > YOUNG_MS
        ]
        count = 0
        for name in old:
            source, key = self._key(name), self._key(f"{ASIDE}/{name}")
            with suppress(MissingError), self._told():  # another server has moved it
                self._s3.copy({"Bucket": self._bucket, "Key": source}, self._bucket, key)
                self._s3.delete_object(Bucket=self._bucket, Key=source)
                count += 1
        return count

    def _objects(self) -> Iterator[tuple[str, int]]:
        """Names and when each was written, in milliseconds of the store."""
        with self._told():
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._before, Delimiter="/"
            )
            for page in pages:
                for each in page.get("Contents", ()):
                    name = each["Key"].removeprefix(self._before)
                    if NAME.fullmatch(name):
                        yield name, int(each["LastModified"].timestamp() * 1_000)

    def _key(self, name: str) -> str:
        return self._before + name

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Calls of the store, whose errors are raised as what they mean."""
        from boto3.exceptions import Boto3Error  # noqa: PLC0415 (an extra; heavy)
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (likewise)

        try:
            yield
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                raise MissingError(self.place) from error
            raise StoreUnreachableError(f"{self.place}: {error}") from error
        except (BotoCoreError, Boto3Error) as error:
            raise StoreUnreachableError(f"{self.place}: {error}") from error


def _client(url: str) -> "S3Client":
    try:
        import boto3  # noqa: PLC0415 (an extra; heavy)
        from botocore.config import Config  # noqa: PLC0415 (likewise)
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 (likewise)
    except ImportError as error:
        raise ConfigurationError(
            f"contents {url}: a bucket needs the extra s3: pip install 'depot-flux-g2b[s3]'"
        ) from error
    settings: Any = {
        "connect_timeout": 2,
        "read_timeout": 10,
        "retries": {"total_max_attempts": 2, "mode": "standard"},
    }
    try:
        return boto3.session.Session().client("s3", config=Config(**settings))
    except (BotoCoreError, ValueError) as error:
        raise ConfigurationError(f"contents {url}: {error}") from error
