"""Service Quotas: the codes that decide whether GPU instances start, settable in the sandbox, zero included.

moto knows VPC quotas only, and its missing answers make Terraform and boto3 wait for minutes.
"""

from __future__ import annotations

import json
from typing import Any

from cosmosctl.sandbox import state
from cosmosctl.sandbox.patching import add, wrap

DEFAULTS: dict[tuple[str, str], tuple[str, float]] = {
    ("ec2", "L-1216C47A"): ("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 1024.0),
    ("ec2", "L-DB2E81BA"): ("Running On-Demand G and VT instances", 768.0),
    ("ec2", "L-417A185B"): ("Running On-Demand P instances", 192.0),
    ("ec2", "L-34B43A08"): ("All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", 1024.0),
    ("ec2", "L-3819A6DF"): ("All G and VT Spot Instance Requests", 768.0),
    ("ec2", "L-7212CCBC"): ("All P4, P3 and P2 Spot Instance Requests", 192.0),
    ("ec2", "L-C4BD4855"): ("All P5 Spot Instance Requests", 192.0),
    ("ec2", "L-0263D0A3"): ("EC2-VPC Elastic IPs", 20.0),
}


def register() -> None:
    from moto.servicequotas.responses import ServiceQuotasResponse

    wrap(ServiceQuotasResponse, "get_service_quota", lambda original: _get(original, applied=True))
    wrap(ServiceQuotasResponse, "list_aws_default_service_quotas", lambda original: _list(original, applied=False))
    add(ServiceQuotasResponse, get_aws_default_service_quota)
    add(ServiceQuotasResponse, list_service_quotas)


def quota(region: str, service: str, code: str, applied: bool = True) -> dict[str, Any] | None:
    entry = DEFAULTS.get((service, code))
    if entry is None:
        return None
    value = state.current().settings.quotas.get(f"{service}/{code}", entry[1]) if applied else entry[1]
    arn = f"arn:aws:servicequotas:{region}:{state.ACCOUNT_ID}:{service}/{code}"
    return {
        "ServiceCode": service,
        "ServiceName": service.upper(),
        "QuotaCode": code,
        "QuotaName": entry[0],
        "QuotaArn": arn,
        "Value": float(value),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }


def _get(original: Any, applied: bool) -> Any:
    def answer(self: Any) -> Any:
        asked = json.loads(self.body)
        found = quota(self.region, asked["ServiceCode"], asked["QuotaCode"], applied)
        return json.dumps({"Quota": found}) if found else original(self)

    return answer


def _list(original: Any, applied: bool) -> Any:
    def answer(self: Any) -> Any:
        service = json.loads(self.body)["ServiceCode"]
        found = [quota(self.region, *key, applied) for key in DEFAULTS if key[0] == service]
        return json.dumps({"Quotas": found}) if found else original(self)

    return answer


def get_aws_default_service_quota(self: Any) -> Any:
    return _get(type(self).get_service_quota, applied=False)(self)


def list_service_quotas(self: Any) -> Any:
    return _list(type(self).list_aws_default_service_quotas, applied=True)(self)
