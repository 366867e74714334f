"""Invented files for the tests of ingest, and a real S3 server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

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


def gpx_of(start: datetime, *, points: int = 20, step_s: int = 30) -> bytes:
    """A run on the sea near the equator: no place where anybody lives."""
    rows = "".join(
        f'<trkpt lat="{0.5 + index * 0.0008:.6f}" lon="-30.0"><ele>{index}</ele>'
        f"<time>{start + timedelta(seconds=index * step_s):%Y-%m-%dT%H:%M:%SZ}</time></trkpt>"
        for index in range(points)
    )
    return (
        '<?xml version="1.0"?><gpx version="1.1" creator="test" '
        'xmlns="http://www.topografix.com/GPX/1/1"><trk><type>running</type><trkseg>'
        f"{rows}</trkseg></trk></gpx>"
    ).encode()
