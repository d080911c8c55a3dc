"""Who holds what, in few lines, whatever stands in claims."""

from __future__ import annotations

from typing import Any

from thrum.cli.render import holding

SECOND = 1_000_000_000


def row(path: str, number: int = 1, **fields: Any) -> dict[str, Any]:
    claim = {"claim_id": f"clm_{number}", "agent_id": f"a{number}", "until": "", **fields}
    return {"path": path, "claim": claim}


def test_holders_and_files_are_bounded() -> None:
    many = [row(f"f{number}", number % 7) for number in range(70)]
    said = list(holding.lines(many, 0))
    assert len(said) == 2 * holding.MOST + 1
    assert said[0] == "@a0 holds f0, f7, f14, f21, f28 and 5 other files."
    assert said[-1].startswith("2 other claims")


def test_what_others_wrote_stays_on_its_line() -> None:
    said = holding.commit([row("a\nb", note="x\n\x1b[31m", agent_id="n\nux")], 0, stops=True)
    assert len(said.splitlines()) == 3
    assert "\x1b" not in said


def test_how_long_still() -> None:
    def of(until: str) -> str:
        return next(iter(holding.lines([row("f", until=until)], 10 * SECOND)))

    assert of("1970-01-01T00:01:10Z") == "@a1 holds f for 1m more."
    assert of("1970-01-01T00:00:01Z") == of("soon") == "@a1 holds f."
