"""The command line: one module a command, imported only when it is called."""

from __future__ import annotations

import importlib
import io
import os
import sys

import click

COMMANDS = ("new", "check", "fmt", "show", "compile", "train", "evaluate", "predict", "sample", "export")
COMMANDS += ("sweep", "runs", "explain")


class Commands(click.Group):
    """Finds `specc NAME` in `specc.cli.NAME`, whose `command` it is."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return importlib.import_module(f"specc.cli.{name}").command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with the first sentence or two of its help, whole."""
        commands = {name: self.get_command(context, name) for name in COMMANDS}
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, (command.help or "").strip().partition("\n\n")[0]) for name, command in commands.items() if command]
            )

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from specc.diagnostics import did_you_mean

            meant = did_you_mean(args[0], COMMANDS)
            context.fail(f"there is no command `{args[0]}`" + (f": did you mean `{meant}`?" if meant else ""))
        return super().resolve_command(context, args)


class _Version(click.Option):
    def __init__(self) -> None:
        super().__init__(
            ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=self.show, help="Print the version."
        )

    @staticmethod
    def show(context: click.Context, option: click.Parameter, wanted: bool) -> None:
        if wanted:
            from specc.about import specc_version

            click.echo(f"specc {specc_version()}")
            context.exit()


@click.command(cls=Commands, params=[_Version()], context_settings={"help_option_names": ["-h", "--help"]})
def specc() -> None:
    """Compile and run declarative model specs: one .dn file, one trained network, one ONNX file that takes raw rows."""


def _wrong_usage(error: click.ClickException) -> str:
    """What is wrong with a command line, and where its use is told."""
    message = error.format_message()
    lines = [message[:1].lower() + message[1:].rstrip(".")]
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return lines[0]
    options = [name for parameter in context.command.params for name in parameter.opts]
    if isinstance(error, click.NoSuchOption):
        from specc.diagnostics import did_you_mean

        meant = did_you_mean(error.option_name, options)
        lines = [f"there is no option `{error.option_name}`" + (f": did you mean `{meant}`?" if meant else "")]
        if meant is None and "--set" in options:
            lines.append("a setting of the spec is changed by its path, as in `--set train.epochs=5`")
    return "\n".join([*lines, f"see `{context.command_path} --help`"])


def main() -> None:
    """The console script."""
    from specc.cli.exits import INTERRUPTED, USAGE, said

    # A stream that was closed (`2>&-`) is None: what is said on it is said to nobody.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 (it stays open)
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a label that the terminal's encoding lacks is no reason to fail
    try:
        sys.exit(specc.main(prog_name="specc", standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(USAGE)
    except click.ClickException as error:
        click.echo(f"error: {_wrong_usage(error)}", err=True)
        sys.exit(USAGE)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone
        sys.exit(0)
    except OSError as error:
        click.echo(f"error: {said(error)}", err=True)
        sys.exit(USAGE)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(INTERRUPTED)
