"""May the token read a pinned revision of a repository? Asked of the hub itself, before a GPU is rented for it.

Two questions: the revision's metadata (open even for gated repositories) and the head of one file (gated). The token goes
into one header of requests to the hub only, never into a URL, a message, or across a redirect to another host.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from cosmosctl.ports.facts import Access, CouldNotCheck, Fact, Lookup, RepoAccess

HUB = "https://huggingface.co"
TIMEOUT_S = 8.0
ATTEMPTS = 2
_BODY = 4_000_000  # a listing of some thousand files
_WORDS = 200
_GUARDED = (".safetensors", ".pt", ".pth", ".bin", ".json")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class _SameHost(urllib.request.HTTPRedirectHandler):
    """A renamed repository is followed on the hub itself. Another host is the storage, which must not see the token; being
    sent there already says that access is granted.
    """

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> urllib.request.Request | None:
        if req.get_method() != "GET" or urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class HuggingFaceHub:
    """`ports.facts.HubFacts`. `token` is asked for once, when it is needed; it never leaves this object."""

    def __init__(self, token: Callable[[], str], endpoint: str = "", timeout_s: float = TIMEOUT_S) -> None:
        self._token, self._timeout_s = token, timeout_s
        self._endpoint = (endpoint or HUB).rstrip("/")
        self._opener = urllib.request.build_opener(_SameHost())

    def access(self, repo: str, revision: str) -> Lookup[RepoAccess]:
        if urlsplit(self._endpoint).scheme != "https" and self._host not in _LOOPBACK:
            return CouldNotCheck("HF_ENDPOINT is not an https address; the token is not sent to it")
        try:
            token = self._token().strip()
            answer = self._get("GET", f"/api/models/{repo}/revision/{quote(revision, safe='')}", token)
            verdict = _judge(answer, repo, revision, token)
            if isinstance(verdict, CouldNotCheck) or verdict.access is not Access.OK:
                return verdict if isinstance(verdict, CouldNotCheck) else Fact(verdict, self._endpoint)
            meta = json.loads(answer.body)
            name = _probe_file(meta)
            if name:
                head = self._get("HEAD", f"/{repo}/resolve/{quote(revision, safe='')}/{quote(name)}", token)
                gate = _judge(head, repo, revision, token)
                if isinstance(gate, CouldNotCheck):
                    return gate
                verdict = gate
            return Fact(RepoAccess(repo, revision, verdict.access, str(meta.get("sha", "")), verdict.detail), self._endpoint)
        except OSError as error:
            return CouldNotCheck(f"{self._host} did not answer: {_reason(error)}")
        except ValueError:
            return CouldNotCheck(f"{self._host} answered with something that is not JSON")

    @property
    def _host(self) -> str:
        return urlsplit(self._endpoint).hostname or "the hub"

    def _get(self, method: str, path: str, token: str) -> Answer:
        headers = {"User-Agent": "cosmosctl"} | ({"Authorization": f"Bearer {token}"} if token else {})
        for attempt in range(1, ATTEMPTS + 1):
            request = urllib.request.Request(self._endpoint + path, method=method, headers=headers)  # noqa: S310  scheme checked above
            try:
                with self._opener.open(request, timeout=self._timeout_s) as response:
                    return Answer(response.status, dict(response.headers.items()), response.read(_BODY))
            except urllib.error.HTTPError as error:
                with error:
                    answer = Answer(error.code, dict(error.headers.items()), error.read(_BODY))
                if answer.status < 500 or attempt == ATTEMPTS:
                    return answer
        raise AssertionError("unreachable: the loop returns or raises")


def hub_token(environ: Mapping[str, str], name: str, stored: Callable[[], str]) -> Callable[[], str]:
    """The variable's value, else the deployment's stored secret ("" when neither is there)."""
    return lambda: environ.get(name, "") or stored()


def _judge(answer: Answer, repo: str, revision: str, token: str) -> RepoAccess | CouldNotCheck:
    headers = {key.lower(): value for key, value in answer.headers.items()}
    code, detail = headers.get("x-error-code", ""), headers.get("x-error-message", "")[:_WORDS]
    if answer.status < 400:
        return RepoAccess(repo, revision, Access.OK)
    if code == "RevisionNotFound":
        return RepoAccess(repo, revision, Access.NO_REVISION, detail=detail)
    if code == "GatedRepo" and token and answer.status != 401:
        return RepoAccess(repo, revision, Access.FORBIDDEN, detail=detail)
    if answer.status == 401:
        return RepoAccess(repo, revision, Access.UNAUTHORIZED if token else Access.NO_TOKEN, detail=detail)
    if answer.status == 403:
        return RepoAccess(repo, revision, Access.FORBIDDEN if token else Access.NO_TOKEN, detail=detail)
    if answer.status == 404:
        return RepoAccess(repo, revision, Access.NO_REPOSITORY if code == "RepoNotFound" else Access.NO_REVISION, detail=detail)
    return CouldNotCheck(f"the hub answered {answer.status} for {repo}")


def _probe_file(meta: Mapping[str, Any]) -> str:
    """A file that the gate guards: weights first, since cards and configuration may be open."""
    names = sorted(str(item.get("rfilename", "")) for item in meta.get("siblings") or ())
    return next((name for suffix in _GUARDED for name in names if name.endswith(suffix)), "")


def _reason(error: OSError) -> str:
    reason = getattr(error, "reason", error)
    return f"no answer within {TIMEOUT_S:.0f} s" if isinstance(reason, TimeoutError) else str(reason)[:_WORDS]
