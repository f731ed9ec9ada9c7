"""Makes a connection that breaks in the middle of an answer an error that botocore repeats.

botocore reads an answer until the connection ends and does not compare it with its announced length: half an answer of a
JSON service becomes an empty one ("no jobs"), half an answer in XML an error that is never repeated. Bodies that are
streamed to the caller are left alone; who reads them checks them. It must not know which service is asked.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ConnectionClosedError


def insist_on_whole_answers(client: Any) -> Any:
    """`client` itself, changed. botocore offers no public place for this."""
    session = client._endpoint.http_session
    inner = session.send

    def send(request: Any) -> Any:
        response = inner(request)
        if not request.stream_output and request.method != "HEAD" and _is_cut(response):
            raise ConnectionClosedError(endpoint_url=request.url, error="the answer was cut off", request=request)
        return response

    session.send = send
    return client


def _is_cut(response: Any) -> bool:
    announced = str(response.headers.get("content-length", ""))
    return announced.isdigit() and len(response.content) < int(announced)
