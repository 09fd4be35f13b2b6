"""Pictures in a bucket: Amazon S3, MinIO, Alibaba OSS, Tencent COS and whatever else speaks it.

Imported only with AXF_MEDIA_STORE=s3, since boto3 is an extra.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.errors import Unavailable
from app.settings import Settings
from app.storage import check_name, is_name

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

T = TypeVar("T")

_MISSING = {"404", "NoSuchKey", "NotFound"}


class S3Storage:
    """boto3 waits in threads: it is what everybody's bucket is tested with, and calls are few."""

    def __init__(self, settings: Settings) -> None:
        self._bucket = settings.s3_bucket
        self._client: S3Client = boto3.client(
            "s3",
            endpoint_url=settings.s3_endpoint or None,
            region_name=settings.s3_region or None,
            # Without them boto3 looks where it always does: its own variables, files, the machine.
            aws_access_key_id=settings.s3_key_id or None,
            aws_secret_access_key=settings.s3_secret.get_secret_value() or None,
            config=Config(
                connect_timeout=3,
                read_timeout=10,
                retries={"total_max_attempts": 3, "mode": "standard"},
                s3={"addressing_style": "path" if settings.s3_path_style else "auto"},
                # The newer checksums are unknown to many of those who speak S3 too.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    async def put(self, name: str, data: bytes) -> None:
        key = check_name(name)
        await _ask(
            lambda: self._client.put_object(
                Bucket=self._bucket, Key=key, Body=data, ContentType="image/webp"
            )
        )

    async def read(self, name: str) -> bytes | None:
        return await _ask(partial(self._read, check_name(name)))

    def _read(self, key: str) -> bytes:
        return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    async def exists(self, name: str) -> bool:
        key = check_name(name)
        return (
            await _ask(lambda: self._client.head_object(Bucket=self._bucket, Key=key)) is not None
        )

    async def delete(self, name: str) -> None:
        key = check_name(name)
        await _ask(lambda: self._client.delete_object(Bucket=self._bucket, Key=key))

    async def list_before(self, moment: datetime) -> AsyncIterator[list[str]]:
        after = ""
        while True:
            ask = partial(self._client.list_objects_v2, Bucket=self._bucket, StartAfter=after)
            page = await _ask(ask)
            found = page.get("Contents", []) if page else []
            yield [
                each["Key"]
                for each in found
                if is_name(each["Key"]) and each["LastModified"] < moment
            ]
            if page is None or not page.get("IsTruncated"):
                return
            after = found[-1]["Key"]


async def _ask(call: Callable[[], T]) -> T | None:
    """None when there is no such file. Raises Unavailable when the bucket does not answer."""
    try:
        return await asyncio.to_thread(call)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _MISSING:
            return None
        raise Unavailable from error
    except BotoCoreError as error:
        raise Unavailable from error
