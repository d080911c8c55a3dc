"""``thrum completion``: what makes a shell ask ``thrum complete``, and what that answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from thrum.cli import bash_words, takes
from thrum.cli.candidates import Candidate
from thrum.cli.completing import complete as candidates_of
from thrum.cli.context import Context, takes_all

if TYPE_CHECKING:
    import typer

# They call `thrum` and not the path on the line: completing must not run what merely lies there.
_BASH: Final = r"""# thrum completion for bash
_thrum() {
  local value about
  local -a ask
  if [[ -n $COMP_LINE ]]; then
    ask=(--line "${COMP_LINE:0:COMP_POINT}" --end "$2")
  else
    ask=(-- "${COMP_WORDS[@]:1:COMP_CWORD}")
  fi
  COMPREPLY=()
  while IFS=$'\t' read -r value about; do
    # 63 is a listing, of which bash puts nothing on the line.
    [[ $COMP_TYPE == 63 && -n $about ]] && value+="  ($about)"
    COMPREPLY+=("$value")
  done < <(command thrum complete "${ask[@]}" 2>/dev/null)
  [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -o nosort -F _thrum thrum 2>/dev/null || complete -F _thrum thrum
"""

_ZSH: Final = r"""#compdef thrum
_thrum() {
  local value about
  local -a values texts folders
  while IFS=$'\t' read -r value about; do
    if [[ $value == */ ]]; then
      folders+=("$value")
    else
      values+=("$value")
      texts+=("$value${about:+  -- $about}")
    fi
  done < <(command thrum complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
  (( $#folders )) && compadd -S '' -a folders
  (( $#values )) && compadd -V thrum -l -d texts -a values
  (( $#folders + $#values ))
}
if [[ $funcstack[1] == _thrum ]]; then
  _thrum "$@"
else
  compdef _thrum thrum
fi
"""

_FISH: Final = r"""# thrum completion for fish
function __thrum_complete
    set -l before (commandline -opc)
    set -l typed (commandline -ct | string unescape)
    command thrum complete -- $before[2..-1] "$typed" 2>/dev/null
end
complete -c thrum -f -k -a '(__thrum_complete)'
"""

_POWERSHELL: Final = r"""# thrum completion for PowerShell
Register-ArgumentCompleter -Native -CommandName thrum -ScriptBlock {
  param($typed, $line, $position)
  $words = @($line.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { $_.Extent.Text })
  $program = Get-Command thrum -CommandType Application | Select-Object -First 1
  & $program complete '--' @words "$typed" 2>$null | ForEach-Object {
    $value, $about = $_ -split "`t", 2
    $text = $value
    if ($value -cnotmatch '^[A-Za-z0-9_./:-]+$') {
      $maker = [System.Management.Automation.Language.CodeGeneration]
      $text = "'" + $maker::EscapeSingleQuotedStringContent($value) + "'"
    }
    if (-not $about) { $about = $value }
    [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $about)
  }
}
"""

SCRIPTS: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH, "powershell": _POWERSHELL}
"""By the name of the shell."""


def completion(
    context: Context,
    shell: Annotated[str, typer.Argument(help=", ".join(SCRIPTS)), takes.words(*SCRIPTS)],
) -> None:
    """Print a completion script.

    bash: source <(thrum completion bash); zsh: the same; fish: thrum completion fish | source;
    powershell: thrum completion powershell | Out-String | Invoke-Expression
    """
    script = SCRIPTS[shell]
    context.document({"shell": shell, "script": script})
    context.say(script)


def complete(
    context: Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(help="what stands behind `thrum`, the last word as far as it is typed"),
    ] = None,
    line: Annotated[
        str | None, typer.Option(help="instead: the line as bash has it, up to the cursor")
    ] = None,
    end: Annotated[
        str, typer.Option(help="with --line: what bash takes for the beginning of the last word")
    ] = "",
) -> None:
    """What may stand next on a line, each with one line about it behind a tab.

    The scripts of `thrum completion` ask this whenever the key is pressed. Nothing is changed or
    started, and what is not understood has no answer.
    """
    asked = words or [""]
    found = candidates_of(asked, context) if line is None else _for_bash(context, line, end)
    if not takes_all(context.stdout):
        found = [each for each in found if each.value.isascii()]
    context.document([each._asdict() for each in found])
    context.say("".join(f"{each.value}\t{each.about}".rstrip("\t") + "\n" for each in found))


def _for_bash(context: Context, line: str, end: str) -> list[Candidate]:
    """Candidates as bash puts them on the line: quoted, and without what it counts as behind us."""
    (_, *words), quote = bash_words.split(line)
    if not words:
        return []
    # Where a quote is open, the end is what stands behind it.
    (*_, completed), _ = bash_words.split(quote + end)
    behind = words[-1].removesuffix(completed)
    found = candidates_of(words, context)
    texts = [bash_words.written(each.value.removeprefix(behind), quote) for each in found]
    return [Candidate(text, each.about) for text, each in zip(texts, found, strict=True) if text]
