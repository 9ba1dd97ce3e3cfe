"""Runs in the oracles' environment: signs the requests of standard input with botocore; prints the headers it adds, as JSON."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def signed(case: dict[str, Any]) -> dict[str, str]:
    """Return the authorization headers of one request, at the time that the case names."""
    auth = SigV4Auth(Credentials(case["key"], case["secret"], case["token"]), "ses", case["region"])
    headers = {"Content-Type": case["content_type"]}
    request = AWSRequest(case["method"], case["url"], headers=headers, data=base64.b64decode(case["body"]))
    request.context["timestamp"] = case["stamp"]
    # what SigV4Auth.add_auth does, but for the clock
    auth._modify_request_before_signing(request)
    to_sign = auth.string_to_sign(request, auth.canonical_request(request))
    auth._inject_signature_to_request(request, auth.signature(to_sign, request))
    names = ("X-Amz-Date", "X-Amz-Security-Token", "Authorization")
    return {name: request.headers[name] for name in names if name in request.headers}


if __name__ == "__main__":
    print(json.dumps([signed(case) for case in json.load(sys.stdin)]))
