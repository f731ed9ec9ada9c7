"""What a case of the bad-input table is."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ConfigCase:
    """`text` becomes cosmosctl.yaml. `place` is line and column, None when the cause is not in the file."""

    id: str
    text: str | bytes
    rule: str
    path: str
    place: tuple[int, int] | None
    hint: str = ""
    message: str = ""
    code: str = "invalid_config"
    sets: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ParamCase:
    id: str
    blueprint: str
    variant: str
    task: str
    given: dict[str, str]
    rule: str
    path: str
    hint: str = ""
    message: str = ""


def pool(text: str) -> str:
    return f"name: demo\nbatch:\n  pools:\n    gpu48: {{{text}}}\n"


def laughs() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    return "\n".join(lines) + "\nname: demo\n"
