"""Pushes to subscribed connections, as a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from thrum.daemon.service.contract import Service

if TYPE_CHECKING:
    from thrum.daemon.rpc.registry import Method


class Push(Service):
    """Owns the subscriptions of sessions, and says where the hub did not keep up."""

    name: ClassVar = "push"

    @classmethod
    def methods(cls) -> Sequence[Method[Any, Any]]:
        """See `Service`."""
        from thrum.daemon.push import methods
        from thrum.daemon.rpc.registry import declared_in

        return declared_in(methods)

    def health(self) -> str:
        """See `Service`."""
        left_out = self.node.hub.left_out
        return f"the event loop did not keep up with {left_out} events" if left_out else ""
