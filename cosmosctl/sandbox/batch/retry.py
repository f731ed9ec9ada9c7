"""Whether a failed attempt is tried again: Batch's `retryStrategy`, as a pure decision.

Rules are read in order and the first one that matches decides; if none matches the job is retried. A pattern may end in
one asterisk, nothing else is special. This module must not know how jobs run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cosmosctl.sandbox.batch.records import Exit, Retry, Rule

MAX_ATTEMPTS = 10
MAX_RULES = 5
_TEXT = re.compile(r"[A-Za-z0-9.:\s]*\*?")
_CODE = re.compile(r"[0-9]*\*?")


def again(retry: Retry, attempts: int, end: Exit) -> bool:
    """Whether attempt number `attempts`, which ended as `end`, is followed by another."""
    if not end.retryable or attempts >= retry.attempts:
        return False
    rule = first_match(retry, end)
    return rule is None or rule.action == "RETRY"


def first_match(retry: Retry, end: Exit) -> Rule | None:
    return next((rule for rule in retry.rules if _matches(rule, end)), None)


def _matches(rule: Rule, end: Exit) -> bool:
    code = "" if end.code is None else str(end.code)
    pairs = ((rule.on_status_reason, end.status_reason), (rule.on_reason, end.reason or ""), (rule.on_exit_code, code))
    return all(_glob(pattern, value) for pattern, value in pairs if pattern is not None)


def _glob(pattern: str, value: str) -> bool:
    return value.startswith(pattern[:-1]) if pattern.endswith("*") else value == pattern


def parse(raw: Mapping[str, Any] | None) -> Retry:
    """The strategy of a definition or of a SubmitJob call. Raises ValueError with the API's complaint."""
    if not raw:
        return Retry()
    rules = tuple(_rule(r) for r in raw.get("evaluateOnExit") or ())
    attempts = raw.get("attempts")
    if rules and attempts is None:
        raise ValueError("attempts must be specified when evaluateOnExit is specified")
    if len(rules) > MAX_RULES:
        raise ValueError(f"evaluateOnExit may have at most {MAX_RULES} entries, {len(rules)} were given")
    attempts = 1 if attempts is None else int(attempts)
    if not 1 <= attempts <= MAX_ATTEMPTS:
        raise ValueError(f"attempts must be between 1 and {MAX_ATTEMPTS}, {attempts} was given")
    return Retry(attempts, rules)


def _rule(raw: Mapping[str, Any]) -> Rule:
    action = str(raw.get("action", "")).upper()
    if action not in ("RETRY", "EXIT"):
        raise ValueError(f"evaluateOnExit action must be RETRY or EXIT, not {raw.get('action')!r}")
    patterns = {k: raw.get(k) or None for k in ("onStatusReason", "onReason", "onExitCode")}
    for name, pattern in patterns.items():
        allowed = _CODE if name == "onExitCode" else _TEXT
        if pattern is not None and (len(pattern) > 512 or not allowed.fullmatch(pattern)):
            raise ValueError(f"{name} pattern {pattern!r} is not valid: it may hold {_words(name)} and end with one asterisk")
    if not any(patterns.values()):
        raise ValueError("evaluateOnExit needs at least one of onStatusReason, onReason and onExitCode")
    return Rule(action, patterns["onStatusReason"], patterns["onReason"], patterns["onExitCode"])


def _words(name: str) -> str:
    return "digits" if name == "onExitCode" else "letters, digits, periods, colons and white space"
