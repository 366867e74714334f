"""A real S3 server (moto, over HTTP) for whatever is kept on objects."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

BUCKET = "runs"


@pytest.fixture(scope="session")
def _s3_server() -> Iterator[str]:
    """Address of an S3 server on this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_endpoint(_s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Address of an S3 server with one empty bucket, `runs`."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bucket = boto3.resource("s3", endpoint_url=_s3_server).Bucket(BUCKET)
    bucket.create()
    bucket.objects.all().delete()
    return _s3_server
