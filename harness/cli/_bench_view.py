# SPDX-License-Identifier: Apache-2.0
"""How ``harness bench`` shows an outcome to people."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.boards import load_board
from harness.cli._console import LAYOUT, console, end_of_log, grouped, print_whole, visible
from harness.errors import HarnessError, ToolError
from harness.records import BenchOutcome, Cycles, Distance, LayerProfile, Measurement, MetricEffect, Quantity, Section


def _not_on_the_board(board: str, environment: Mapping[str, str]) -> str:
    """Return what ran in place of a real board, or an empty text."""
    machine, emulator = environment["machine"], environment.get("emulator")
    asked = load_board(board)
    if machine != asked.id:
        return f"Built for and run on {machine}, which stands in for this board."
    if emulator is not None and asked.kind == "real":
        return f"Run in {emulator}, which knows this chip: the image is the board's own, the board was not measured."
    return ""


def print_outcome(outcome: BenchOutcome) -> None:
    """Print what was measured, for people."""
    out = _headed(outcome.model, outcome.board, outcome.runtime)
    assert outcome.measurement is not None
    assert outcome.firmware is not None
    found = outcome.measurement
    if said := _not_on_the_board(outcome.board, dict(found.environment)):
        out.print(f"[yellow]{_plain(said)}[/]", soft_wrap=True)
    out.print(_figures(found, outcome.firmware.sections, outcome.firmware.heap_bytes))
    if found.layers:
        print_whole(_layers(found.layers))
    if line := _dropped(found.layers):
        out.print(line)
    out.print(_verification(found))
    again = ", counted before (--no-cache counts again)" if outcome.cached else ""
    seconds = sum(took for _, took in outcome.seconds) - outcome.waited_seconds
    waited = f", {outcome.waited_seconds:.1f} s of waiting besides" if outcome.waited_seconds else ""
    out.print(f"[dim]measurement {found.id} on {_plain(found.rig)}{again}; {seconds:.1f} s{waited}[/]", soft_wrap=True)


def print_failure(model: str, board: str, runtime: str, error: HarnessError) -> None:
    """Print why a model on a board came to nothing."""
    stage = f" while {error.stage}" if error.stage else ""
    out = _headed(model, board, runtime)
    out.print(f"[red]{type(error).__name__}[/]{stage}: {_plain(visible(str(error), keep=LAYOUT))}")
    if isinstance(error, ToolError) and error.log:
        out.print(end_of_log(error.log), markup=False, soft_wrap=True)


def _headed(model: str, board: str, runtime: str) -> Console:
    out = console()
    out.print()
    out.rule(f"[bold]{_plain(visible(Path(model).name))}[/] on [bold]{_plain(board)}[/] ({runtime})", align="left")
    return out


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _figures(found: Measurement, sections: tuple[Section, ...], heap_bytes: int) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column()
    table.add_row("instructions", *_quantity_cells(found.instructions))
    if (exact := found.counted_cycles) is not None:
        table.add_row("cycles", grouped(exact.value), f"{exact.how.value}: {_plain(exact.source)}")
    if (cycles := found.cycles) is not None:
        table.add_row("cycles", grouped(cycles.zero_wait), f"{cycles.how.value}: memories that answer at once")
        table.add_row("  flash", grouped(cycles.flash_wait), f"{cycles.how.value}: a flash that has wait states")
    for name, quantity in (("latency", found.latency), ("energy", found.energy)):
        table.add_row(name, *_quantity_cells(quantity))
    stack = found.ram.stack_bytes
    static = _static_ram(sections, found.ram.total_bytes - stack)
    parts = f"static ({static or 'none'}), stack {stack:,}, heap {heap_bytes:,}"
    table.add_row("RAM", f"{found.ram.total_bytes:,} B", parts)
    table.add_row("  model", f"{found.ram.model_bytes:,} B", "activations with input and output, scratch (in the ELF)")
    table.add_row("  stack", f"{stack:,} B", "peak while inferring (painted on the device)")
    flash = found.flash
    table.add_row("flash", f"{flash.total_bytes:,} B", "everything (counted in the ELF)")
    table.add_row("  weights", f"{flash.weights_bytes:,} B", "constants of the model")
    table.add_row("  code", f"{flash.code_bytes:,} B", "generated functions and what only they call")
    rest = flash.total_bytes - flash.weights_bytes - flash.code_bytes
    table.add_row("  rest", f"{rest:,} B", "start-up, HAL, link, C library")
    return table


_RAM_SECTIONS = (".data", ".sdata", ".tdata", ".bss", ".tbss", ".noinit", ".activations", ".region.")


def _static_ram(sections: tuple[Section, ...], static_bytes: int) -> str:
    """Say what the static RAM is made of; what is kept for the stack is none of it: of that, the peak counts."""
    shown = [(s.name, s.size_bytes) for s in sections if s.size_bytes > 0 and s.name.startswith(_RAM_SECTIONS)]
    rest = static_bytes - sum(size for _, size in shown)
    return ", ".join(f"{name} {size:,}" for name, size in [*shown, *([("other", rest)] if rest > 0 else [])])


def _quantity_cells(quantity: Quantity | None) -> tuple[str, str]:
    if quantity is None:
        return "-", "[dim]not known here[/]"
    if quantity.unit == "instructions":
        return grouped(quantity.value), quantity.how.value
    digits = 1 if quantity.value < 1e5 else 0
    interval = ""
    if quantity.low is not None and quantity.high is not None:
        interval = f" ({grouped(quantity.low, digits)} to {grouped(quantity.high, digits)})"
    origin = f"{quantity.how.value}{interval}: {_plain(quantity.source)}"
    return f"{grouped(quantity.value, digits)} {quantity.unit}", origin


def _layers(layers: tuple[LayerProfile, ...]) -> Table:
    has_cycles = any(layer.cycles is not None for layer in layers)
    is_exact = any(layer.counted_cycles is not None for layer in layers)
    modelled = ("cycles\nmodelled", "with\nflash WS") if has_cycles else ()
    exact = ("cycles",) if is_exact else ()
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("layer", no_wrap=True)
    for name in ("MACs", "instructions", "per MAC", "share", *exact, *modelled):
        table.add_column(name, justify="right", no_wrap=True)
    total = sum(layer.instructions or 0 for layer in layers)
    for layer in layers:
        per_mac = layer.instructions / layer.macs if layer.instructions is not None and layer.macs else None
        share = f"{layer.instructions / total:.1%}" if layer.instructions is not None and total else "-"
        instructions = grouped(layer.instructions)
        counted = (grouped(layer.macs), instructions, grouped(per_mac, 2), share)
        cycles = (grouped(layer.counted_cycles),) if is_exact else ()
        table.add_row(layer.name, *counted, *cycles, *(_cycle_cells(layer.cycles) if has_cycles else ()))
    return table


def _cycle_cells(cycles: Cycles | None) -> tuple[str, str]:
    return ("-", "-") if cycles is None else (grouped(cycles.zero_wait), grouped(cycles.flash_wait))


def _dropped(layers: tuple[LayerProfile, ...]) -> str:
    """Say in one line how many channels are not computed, and why; nothing where all are."""
    dropped = [layer.dropped for layer in layers if layer.dropped is not None]
    constant, unread = sum(d.constant for d in dropped), sum(d.unread for d in dropped)
    if not constant + unread:
        return ""
    total = sum(d.channels for d in dropped)
    why = f"{constant:,} can hold one value only, {unread:,} are read by nothing"
    return f"{constant + unread:,} of {total:,} channels of {len(dropped)} layers are not computed: {why}"


def _verification(found: Measurement) -> str:
    v = found.verification
    mark = "[green]verified[/]" if v.verified else "[red]NOT VERIFIED[/]"
    against = f"{v.reference.package} {v.reference.version}, {v.reference.kernels} kernels"
    steps = f", {v.steps} steps without a reset" if v.steps else ""
    layers = f" and {v.layers} layers" if v.layers else ""
    said = f"{mark}: {v.inputs} inputs{steps}{layers} equal to {against} ({_plain(v.rule)})"
    if v.replaced_values:
        said += (
            f"\nValues of inputs that the reference refuses, replaced by the nearest it accepts: {v.replaced_values:,}"
        )
    return said if v.distance is None else f"{said}\n{_distance(v.distance)}"


def _distance(found: Distance) -> str:
    """Say how far the runtime's own kernels are from the TFLite reference."""
    effect = "" if found.effect is None else f"\n{_effect(found.effect)}"
    if not found.different:
        return f"The TFLite reference kernels give the same {found.values:,} values for {found.inputs} inputs.{effect}"
    return (
        f"[yellow]The TFLite reference kernels differ in {found.different:,} of {found.values:,} values"
        f" ({found.share:.2%}) for {found.inputs} inputs, by at most {found.largest:g}.[/]{effect}"
    )


def _effect(found: MetricEffect) -> str:
    metric, task = _plain(found.metric), _plain(found.task)
    both = f"{found.kernels:.4g}, with the TFLite reference kernels {found.reference:.4g}"
    return f"{metric} of {task} over {found.samples} test samples: {both} ({found.kernels - found.reference:+.4g})."
