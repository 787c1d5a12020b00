# SPDX-License-Identifier: Apache-2.0
"""The ``harness`` command: finds its sub-commands, and turns every error into a message and an exit code."""

from __future__ import annotations

import atexit
import errno
import gc
import importlib
import io
import os
import pkgutil
import sys
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

import harness
from harness import cli
from harness.errors import EXIT_BUG, EXIT_INTERRUPTED, EXIT_OK, HarnessError, UserError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class _Group(TyperGroup):
    """The commands; Typer would end an interrupted one without a word."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BaseException as error:
            if _is_interruption(error):
                raise typer.Abort from None
            raise


def build_app() -> typer.Typer:
    """Return the application with a command for each module of this package that has ``register``."""
    app = typer.Typer(
        name="harness",
        cls=_Group,
        help="Benchmark, search and deploy machine-learning models on real and emulated microcontrollers.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )

    @app.callback()
    def _options(
        version: Annotated[
            bool, typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_print_version)
        ] = False,
    ) -> None:
        del version

    for name in sorted(module.name for module in pkgutil.iter_modules(cli.__path__)):
        if name != "app" and not name.startswith("_"):
            importlib.import_module(f"harness.cli.{name}").register(app)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"harness {harness.__version__}")
        raise typer.Exit


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the code that docs/exit-codes.md gives."""
    gc.set_threshold(50_000, 20, 20)  # what imports make stays: looking it through again and again frees nothing
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # not where it was closed
            stream.reconfigure(errors="replace")  # a terminal without our signs, a file's name that is no text
    code = run(sys.argv[1:] if arguments is None else arguments)
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End the process, everything written: taking down the modules first would take a quarter of a second."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except BrokenPipeError:  # who read the output has left
            pass
        except OSError:
            code = code or UserError.exit_code
    os._exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; errors are printed, only a bug with its traceback."""
    from harness.cli._console import print_error

    try:
        result = build_app()(args=arguments, prog_name="harness", standalone_mode=False)
        return result if isinstance(result, int) else EXIT_OK
    except HarnessError as error:
        print_error(error)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("Interrupted.", err=True)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return EXIT_OK
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            typer.echo(f"error: {error.filename or 'the output'} cannot be written: {error.strerror}", err=True)
            return UserError.exit_code
        if _is_usage_error(error):
            return _show_usage_error(error)
        import traceback

        traceback.print_exc()
        typer.echo("This is a bug in the harness. Please report it with the lines above.", err=True)
        return EXIT_BUG


def _is_interruption(error: BaseException | None) -> bool:
    """Tell whether an error comes of Ctrl-C: modules in C++ make an ImportError of it while they are imported."""
    return error is not None and (isinstance(error, KeyboardInterrupt) or _is_interruption(error.__cause__))


def _is_usage_error(error: Exception) -> bool:
    """Typer keeps the errors of its parser to itself; what it promises of them is that they show themselves."""
    return callable(getattr(error, "show", None)) and isinstance(getattr(error, "exit_code", None), int)


def _show_usage_error(error: Any) -> int:
    error.show()
    return int(error.exit_code)


if __name__ == "__main__":
    main()
