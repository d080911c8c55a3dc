"""What programs that speak to the daemon in tests have in common, whatever carries their words."""

from __future__ import annotations

from typing import Any


class Asking:
    """One who asks and waits for the whole answer."""

    def ask(self, method: str, /, **params: Any) -> Any:
        """The whole answer to a request."""
        raise NotImplementedError

    def call(self, method: str, /, **params: Any) -> Any:
        """The result of a request."""
        answer = self.ask(method, **params)
        assert "error" not in answer, answer
        return answer["result"]

    def refused(self, method: str, /, **params: Any) -> str:
        """The kind with which a request is refused."""
        answer = self.ask(method, **params)
        assert "result" not in answer, answer
        kind: str = answer["error"]["data"]["kind"]
        return kind
