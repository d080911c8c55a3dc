"""``thrum completion``: scripts that complete commands and flags, written from the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from thrum.cli import app, signature, table
from thrum.cli.context import Context
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer

SHELLS = ("bash", "zsh", "fish", "powershell")


def completion(
    context: Context, shell: Annotated[str, typer.Argument(help=", ".join(SHELLS))]
) -> None:
    """Print a completion script.

    bash: source <(thrum completion bash); zsh: the same; fish: thrum completion fish | source;
    powershell: thrum completion powershell | Out-String | Invoke-Expression
    """
    makers = {"bash": _bash, "zsh": _zsh, "fish": _fish, "powershell": _powershell}
    maker = makers.get(shell)
    if maker is None:
        raise ThrumError(
            "usage", f"there is no script for {shell!r}", f"one of: {', '.join(SHELLS)}"
        )
    script = maker(words())
    context.document({"shell": shell, "script": script})
    context.say(script)


def words() -> dict[str, list[str]]:
    """What may follow each beginning of a line: ``""``, every group and every command."""
    follow = {"": sorted(table.first_words())}
    for group in table.GROUPS:
        follow[group] = sorted(table.subcommands(group))
    for name, entry in table.COMMANDS.items():
        flags = [flag for each in signature.parameters(app.load(entry)) for flag in each.flags]
        everywhere = ("--json", "--quiet", "--verbose", "--repo", "--help")
        follow[name] = sorted({*flags, *everywhere, *table.subcommands(name)})
    return follow


def _cases(follow: dict[str, list[str]], form: str) -> str:
    return "".join(
        form.format(name=name, words=" ".join(next_words))
        for name, next_words in follow.items()
        if name
    )


def _bash(follow: dict[str, list[str]]) -> str:
    cases = _cases(follow, '    "{name}") words="{words}" ;;\n')
    return f"""# thrum completion for bash
_thrum() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" line="" word words="{" ".join(follow[""])}"
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    [[ $word == -* ]] && continue
    case "${{line:+$line }}$word" in
      {"|".join(f'"{name}"' for name in follow if name)}) line="${{line:+$line }}$word" ;;
    esac
  done
  case "$line" in
{cases}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _thrum thrum
"""


def _zsh(follow: dict[str, list[str]]) -> str:
    cases = _cases(follow, '    "{name}") choices=({words}) ;;\n')
    return f"""#compdef thrum
_thrum() {{
  local line="" word
  local -a choices
  choices=({" ".join(follow[""])})
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    [[ $word == -* ]] && continue
    case "${{line:+$line }}$word" in
      {"|".join(f'"{name}"' for name in follow if name)}) line="${{line:+$line }}$word" ;;
    esac
  done
  case "$line" in
{cases}  esac
  compadd -a choices
  _files
}}
compdef _thrum thrum
"""


def _fish(follow: dict[str, list[str]]) -> str:
    lines = ["# thrum completion for fish"]
    lines += [f"complete -c thrum -n __fish_use_subcommand -f -a {word}" for word in follow[""]]
    for name, next_words in follow.items():
        if not name:
            continue
        seen = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in name.split())
        for word in next_words:
            kind = f"-l {word[2:]}" if word.startswith("--") else f"-s {word[1:]}"
            what = kind if word.startswith("-") else f"-f -a {word}"
            lines.append(f"complete -c thrum -n '{seen}' {what}")
    return "\n".join(lines) + "\n"


def _powershell(follow: dict[str, list[str]]) -> str:
    rows = "".join(
        f"    '{name}' = @({', '.join(repr(word) for word in next_words)})\n"
        for name, next_words in follow.items()
    )
    return f"""# thrum completion for PowerShell
Register-ArgumentCompleter -Native -CommandName thrum -ScriptBlock {{
  param($current, $ast, $position)
  $follow = @{{
{rows}  }}
  $line = ''
  foreach ($element in $ast.CommandElements | Select-Object -Skip 1) {{
    $next = ("$line $element").Trim()
    if ($follow.ContainsKey($next)) {{ $line = $next }}
  }}
  $follow[$line] | Where-Object {{ $_ -like "$current*" }} | ForEach-Object {{
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }}
}}
"""
