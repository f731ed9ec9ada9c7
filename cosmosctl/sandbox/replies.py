"""Answers in the wire form that the asking SDK parses: JSON, query XML, EC2 XML, S3 XML or CBOR.

An SDK that cannot parse an error retries it or dies with a parser message, so the form matters as much as the text. It
must not know moto.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from xml.sax.saxutils import escape

from cosmosctl.sandbox.calls import Call

_XML_REST = frozenset({"s3", "route53", "cloudfront"})


@dataclass
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def protocol(call: Call) -> str:
    """`cbor`, `json`, `rest-json`, `rest-xml`, `ec2` or `query`: how this caller wants to be answered."""
    if call.environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        return "cbor"
    if call.target:
        return "json"
    if call.service in _XML_REST:
        return "rest-xml"
    if call.form or "Action=" in call.query:
        return "ec2" if call.service == "ec2" else "query"
    return "rest-json"


def error_reply(call: Call, code: str, message: str, status: int = 400) -> Reply:
    kind = protocol(call)
    ident = str(uuid.uuid4())
    if kind == "cbor":
        body = b"\xa2" + b"".join(_cbor_text(item) for item in ("__type", code, "message", message))
        headers = [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
    elif kind in {"json", "rest-json"}:
        body = json.dumps({"__type": code, "message": message}).encode()
        headers = [("Content-Type", "application/x-amz-json-1.1" if kind == "json" else "application/json"), ("X-Amzn-ErrorType", code)]
        if call.environ.get("HTTP_X_AMZN_QUERY_MODE"):
            headers.append(("x-amzn-query-error", f"{code};Sender"))
    else:
        body = _xml(kind, code, _clean(message), ident).encode()
        headers = [("Content-Type", "text/xml" if kind != "rest-xml" else "application/xml")]
    return Reply(status, [*headers, ("x-amzn-RequestId", ident)], body)


def _xml(kind: str, code: str, message: str, ident: str) -> str:
    fields = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if kind == "ec2":
        return f'<?xml version="1.0"?><Response><Errors><Error>{fields}</Error></Errors><RequestID>{ident}</RequestID></Response>'
    if kind == "query":
        error = f"<Error><Type>Sender</Type>{fields}</Error>"
        return f'<?xml version="1.0"?><ErrorResponse>{error}<RequestId>{ident}</RequestId></ErrorResponse>'
    return f'<?xml version="1.0" encoding="UTF-8"?><Error>{fields}<RequestId>{ident}</RequestId></Error>'


def _clean(text: str) -> str:
    """XML 1.0 forbids most control characters, and an exception text may hold any."""
    return re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd]", "?", text)


def _cbor_text(text: str) -> bytes:
    raw = text.encode()
    size = len(raw)
    head = bytes([0x60 + size]) if size < 24 else b"\x78" + bytes([size]) if size < 256 else b"\x79" + size.to_bytes(2, "big")
    return head + raw
