"""Whose a connection that speaks in frames becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thrum.daemon.callers.authenticators import BoundUser, Claims
from thrum.daemon.push.service import Push
from thrum.daemon.web.service import Web
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.rpc.registry import Call


def bind(call: Call, username: str, token: str) -> BoundUser:
    """Binds the connection of a call to the person of a token, unless it is somebody's already.

    Args:
        username: whom the client takes itself for; empty if it does not say.
        token: of another connection of that person; empty if there is none.

    Raises:
        ThrumError: ``invalid_params``, the client alone says who that is, and does not;
            ``anonymous_caller``, neither a login nor the token says who that is;
            ``not_allowed``, it is somebody else.
    """
    authenticator = call.connection.authenticator
    assert isinstance(authenticator, BoundUser)
    if isinstance(authenticator, Claims):
        if not username:
            raise ThrumError("invalid_params", "username is required")
        authenticator.user_id = f"user:{username}"
        authenticator.token = authenticator.token or call.node.ids.make("tok")
        return authenticator
    if not authenticator.user_id:
        login = call.service(Web).logins.by_token(token)
        if login is None:
            text = "this connection came without a login, and the token is nobody's"
            raise ThrumError("anonymous_caller", text, "open the page by `thrum ui`")
        authenticator.user_id, authenticator.token = login.user_id, token
        authenticator.until = login.expires_at
        call.service(Push).feeds.join(login.user_id, call.connection)
    known = authenticator.user_id.removeprefix("user:")
    if username not in {"", known}:
        raise ThrumError(
            "not_allowed",
            f"this connection is bound to {authenticator.user_id}, not to user:{username[:64]}",
            "run `thrum ui` as the person that you are",
        )
    return authenticator
