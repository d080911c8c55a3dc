"""Runs one command line in a `Context` and says how it ended.

Exit codes: 0 done, 1 failed, 2 not understood. Only the module of the command that the line names
is loaded.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

from thrum.cli import arguments, table
from thrum.cli.context import Context, takes_all
from thrum.cli.options import Options
from thrum.cli.table import Preflight
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130

_REMEDIES: Final = {
    errno.EACCES: "give yourself the right to it, or run this as its owner",
    errno.EPERM: "give yourself the right to it, or run this as its owner",
    errno.ENOSPC: "make room on the disk, then try again",
    errno.EDQUOT: "make room within your quota, then try again",
    errno.EROFS: "make it writable, or run this outside of the sandbox or container",
    errno.EMFILE: "raise the limit of open files (`ulimit -n`)",
    errno.ENFILE: "close programs that hold many files, then try again",
    errno.ELOOP: "a link leads to itself; remove it",
    errno.ENAMETOOLONG: "use a shorter path",
}
"""What to do next, by what the system says."""


def run(context: Context) -> int:
    """Runs the command; never raises, except when told to show defects."""
    # Known before the line is read, because a line that cannot be read must be refused in JSON too.
    context.options.json = arguments.asks_for_json(context.argv)
    try:
        code = _run(context)
        _flush(context)
        return code
    except ThrumError as error:
        return refuse(context, error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        if context.env.get("THRUM_DEBUG"):
            raise
        return refuse(context, _defect(error))
    finally:
        context.hang_up()


def _flush(context: Context) -> None:
    """Writes out what was said, while a failure can still be told as it was asked for."""
    try:
        context.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ThrumError(
            "system",
            f"the output cannot be written: {error.strerror or error}",
            "the command itself was carried out; look before you repeat it",
        ) from error


def _defect(error: Exception) -> ThrumError:
    if isinstance(error, OSError):
        return _refused_by_system(error)
    return ThrumError(
        "internal",
        f"this is a defect of thrum: {type(error).__name__}: {error}",
        "set THRUM_DEBUG=1 to see where",
    )


def _refused_by_system(error: OSError) -> ThrumError:
    from thrum import access

    foreign = access.to_file(error)
    if foreign:
        return foreign
    where = f": {error.filename}" if error.filename else ""
    what = f"the system refuses{where}: {error.strerror or error}"
    return ThrumError("system", what, _REMEDIES.get(error.errno or 0))


def refuse(context: Context, error: ThrumError) -> int:
    """Writes the refusal to stderr and returns the exit code that goes with it."""
    if context.options.json:
        from thrum.cli.render.document import document_text

        about = {
            **error.details,
            "code": error.code,
            "kind": error.kind,
            "message": error.message,
        }
        if error.hint:
            about["hint"] = error.hint
        context.stderr.write(
            document_text({"error": about}, indent=False, is_ascii=not takes_all(context.stderr))
        )
    else:
        from thrum.cli.render.text import visible

        hint = f"; {error.hint}" if error.hint else ""
        context.stderr.write(f"Error: {visible(error.message + hint)}\n")
    return USAGE if error.kind == "usage" else FAILED


def _run(context: Context) -> int:
    options = Options()
    name, words = _command(context.argv, options)
    if options.version and not name:
        name = "version"
    entry = table.COMMANDS.get(name)
    if entry is None:
        _refuse_words(name, words)
        context.options = options
        return _help(context, name)
    from thrum.cli import signature

    if context.bounds:
        context.bounds.command(entry)
    function = signature.load(entry)
    parameters = signature.parameters(function)
    values = arguments.bind(words, parameters, options)
    # Only now is it certain that a `--json` is the flag and not somebody's text.
    context.options = options
    if context.bounds:
        context.bounds.values(context, parameters, values)
    if context.options.help:
        return _help(context, name)
    if entry.preflight is not Preflight.NOBODY:
        from thrum.cli import acting, preflight

        context.banner = preflight.run(context, refuses=entry.preflight is Preflight.REFUSES)
        acting.by_command(context)
    may_page = entry.is_long and not values.get("follow")
    return _paged(context, lambda: function(context, **values) or DONE, may_page=may_page)


def _command(argv: Sequence[str], into: Options) -> tuple[str, list[str]]:
    """As `arguments.find_command`, whose refusal says what was probably meant."""
    try:
        return arguments.find_command(argv, into)
    except arguments.NoCommand as error:
        from thrum.cli import unknown

        error.hint = unknown.meant(error.place, error.word, error.rest) or error.hint
        raise


def _paged(context: Context, run: Callable[[], int], *, may_page: bool = True) -> int:
    """Runs it; what people get to see of it goes through a pager if it is long."""
    if context.is_plain or not may_page:
        return run()
    from thrum.cli import pager

    with pager.held(context):
        return run()


def _refuse_words(name: str, words: Sequence[str]) -> None:
    if words:
        place = f"`thrum {name}`" if name else "`thrum`"
        raise ThrumError("usage", f"{place} needs a command before {words[0]}", "see --help")


def _help(context: Context, name: str) -> int:
    from thrum.cli import helping

    def tell() -> int:
        helping.tell(context, name)
        return DONE

    return _paged(context, tell)
