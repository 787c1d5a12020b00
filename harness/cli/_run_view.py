# SPDX-License-Identifier: Apache-2.0
"""How ``harness run`` shows a search: a live display, the front, JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from harness.cli._console import console, visible
from harness.cli._finals_view import cost_line, model_line, print_finals
from harness.finals import Cost, Finals, FinalsEvent, Waiting
from harness.records import Candidate
from harness.search import (
    Event,
    FinishedTrial,
    Moment,
    Objective,
    SearchRequest,
    SearchResult,
    Status,
    TrialOutcome,
    front_of,
)
from harness.search.gates import gate_totals
from harness.transports import WAITING

_UNITS = {"latency": "us", "energy": "uJ", "ram": "B", "flash": "B"}
_SHOWN = 8


class Display:
    """A live table of the best so far on standard error; one line a trial where nobody looks."""

    def __init__(self, request: SearchRequest, *, quiet: bool) -> None:
        self._request = request
        self._console = console(stderr=True)
        self._quiet = quiet
        self._finished: list[FinishedTrial] = []
        self._stages: dict[int, str] = {}
        self._waits = False
        self._notice = "loading the training stack"
        self._progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
        )
        self._bar = self._progress.add_task(escape(visible(request.study)), total=request.trials)
        live = not quiet and self._console.is_terminal
        self._live = Live(self, console=self._console, refresh_per_second=8, transient=True) if live else None

    def __enter__(self) -> Display:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            self._live.stop()

    def __rich__(self) -> RenderableType:
        best = front_of(self._finished, self._request.objectives)
        trials = [trial for trial in self._finished if trial.number in best]
        lines = [f"[dim]{escape(stage)}[/]" for _, stage in sorted(self._stages.items())]
        parts: list[RenderableType] = [self._progress, *lines, *([self._notice] if self._notice else [])]
        return Group(*parts, *([front_table(trials, self._request.objectives)] if trials else []))

    def listen(self, event: Event) -> None:
        """Take up what the search says."""
        where = f" on {event.board}" if event.board else ""
        if event.moment is Moment.WAIT:
            self._say_waiting(event.message, again=self._waits)
        else:
            self._show_stage(event, where)
        self._waits = event.moment is Moment.WAIT
        if event.moment in (Moment.RETRY, Moment.QUARANTINE):
            self._say(f"[yellow]{event.moment.value}[/]{where}: {escape(event.message)}")
        if event.moment is Moment.END and event.outcome is not None:
            trial = FinishedTrial(number=event.number, candidate=event.candidate, outcome=event.outcome)
            self._finished.append(trial)
            self._say(trial_line(trial))
        self._progress.update(self._bar, completed=event.done)

    def listen_to_finals(self, event: Waiting | Cost | FinalsEvent) -> None:
        """Take up what the final check costs, and how it goes."""
        if isinstance(event, Waiting):
            self._say_waiting(f"final check: {event.message}")
            return
        if isinstance(event, Cost):
            if not event.nothing:
                self._say(cost_line(event))
            return
        if event.found is None:
            again = f", trained again ({event.repeat})" if event.repeat else ""
            self._notice = f"final check: trial {event.trial}{again}: {event.stage}"
        elif event.new:
            self._say(model_line(event.found))
        self._progress.update(self._bar, completed=event.done, total=event.models, description="final check")

    def _show_stage(self, event: Event, where: str) -> None:
        """Keep a line for each trial under way; say once that there will be no more of them."""
        if event.moment in (Moment.END, Moment.LOST):
            self._stages.pop(event.number, None)
        elif event.moment is not Moment.LAST:
            self._notice = ""
            self._stages[event.number] = f"trial {event.number:>3}: {event.stage or event.moment.value}{where}"
            if self._live is None and event.stage.startswith(WAITING):
                self._print(escape(self._stages[event.number]))
        elif not self._notice:
            cause = f"[red]{escape(event.message.splitlines()[0])}[/]\n" if event.message else ""
            self._notice = f"{cause}[yellow]No further trial: finishing what is under way. Ctrl-C ends at once.[/]"
            if self._live is None:
                self._say(self._notice)

    def _say_waiting(self, words: str, *, again: bool = False) -> None:
        """Say what is waited for: where nobody looks in one line, beside JSON too, for nothing else happens."""
        self._notice = escape(words)
        if self._live is None and not again:
            self._print(self._notice)

    def _say(self, line: str) -> None:
        if not self._quiet:
            self._print(line)

    def _print(self, line: str) -> None:
        self._console.print(line, soft_wrap=True)


def trial_line(trial: FinishedTrial) -> str:
    """Say in one line how a trial ended."""
    outcome = trial.outcome
    head = f"trial {trial.number:>3}  {describe(trial.candidate)}"
    if outcome.duplicate_of is not None:
        return f"[dim]{head}: same candidate as trial {outcome.duplicate_of}[/]"
    if outcome.status is Status.COMPLETE:
        figures = "  ".join(f"{value.objective} {_number(value.objective, value.value)}" for value in outcome.values)
        return f"{head}: {figures}  [dim]{sum(seconds for _, seconds in outcome.seconds):.1f} s[/]"
    reason = outcome.reasons[0]
    if outcome.status is Status.STOPPED:
        return f"[dim]{head}: stopped: {escape(reason.message)}[/]"
    return f"{head}: [red]{outcome.status.value}[/] {reason.kind}: {escape(reason.message.splitlines()[0])}"


def describe(candidate: Candidate) -> str:
    """Say what a candidate is: its family with the parameters, and the steps of compression."""
    sizes = ", ".join(f"{name} {value}" for name, value in candidate.parameters)
    steps = " + ".join(describe_step(step.name, dict(step.parameters)) for step in candidate.compression)
    network = f"{candidate.family} ({sizes})" if sizes else candidate.family
    return escape(f"{network} {steps}".strip())


def describe_step(name: str, parameters: dict[str, str | int | float | bool]) -> str:
    """Name a step of compression with its parameters."""
    inside = ", ".join(
        f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}" for key, value in parameters.items()
    )
    return f"{name}({inside})" if inside else name


def front_table(trials: Sequence[FinishedTrial], objectives: Sequence[Objective]) -> Table:
    """Return the table of the best candidates, the most accurate first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("trial", justify="right")
    for objective in objectives:
        table.add_column(_heading(objective, trials), justify="right")
    table.add_column("network and compression", overflow="fold")
    first = objectives[0].key
    for trial in sorted(trials, key=lambda each: -_values(each.outcome)[first]):
        values = _values(trial.outcome)
        cells = [_number(objective.key, values[objective.key]) for objective in objectives]
        table.add_row(str(trial.number), *cells, describe(trial.candidate))
    return table


def _values(outcome: TrialOutcome) -> dict[str, float]:
    return {value.objective: value.value for value in outcome.values}


def _heading(objective: Objective, trials: Sequence[FinishedTrial]) -> str:
    hows = {value.how.value for trial in trials for value in trial.outcome.values if value.objective == objective.key}
    kind = objective.name.partition(".")[0]
    unit = f" ({_UNITS[kind]})" if kind in _UNITS else ""
    board = f"\n{objective.board}" if objective.board else "\nvalidation"
    return f"{objective.name}{unit}{board}\n[dim]{', '.join(sorted(hows))}[/]"


def _number(objective: str, value: float) -> str:
    name = objective.partition("@")[0].partition(".")[0]
    return f"{value:,.0f}" if name in ("instructions", "ram", "flash") else f"{value:,.4g}"


def print_result(
    found: SearchResult, objectives: Sequence[Objective], finals: Finals | None, report: Path, resume: str
) -> None:
    """Print how the search ended, the front and its check, where the report lies, and the command that goes on."""
    out = console()
    counts = {status: sum(t.outcome.status is status for t in found.trials) for status in Status}
    summary = ", ".join(f"{number} {status.value}" for status, number in counts.items() if number)
    trials = f"{len(found.trials)} trial{'s' * (len(found.trials) != 1)}"
    out.print(f"\n[bold]{escape(visible(found.study))}[/]: {trials} ({summary or 'none finished'})")
    for board in found.quarantined:
        out.print(f"[yellow]{board} was left out: its rig failed twice[/]")
    best = [trial for trial in found.trials if trial.number in found.front]
    if best:
        out.print("\nThe best candidates: none is better in every figure. All outputs verified on the device.")
        out.print(front_table(best, objectives))
    elif found.nearest is not None:
        _print_nearest(next(trial for trial in found.trials if trial.number == found.nearest), objectives)
    elif found.trials:
        out.print("[red]No candidate could be measured.[/] The report says why for each.")
    if finals is not None:
        print_finals(finals, len(found.trials))
    _print_gates(found.trials)
    if found.ended == "interrupted":
        out.print(f"\nInterrupted; nothing is lost. Go on with: {escape(resume)}", soft_wrap=True)
    out.print(f"\nReport: {escape(str(report))}", soft_wrap=True)


def _print_gates(trials: Sequence[FinishedTrial]) -> None:
    for total in gate_totals(trials):
        if total.stopped:
            saved = (
                f"about {total.saved_seconds:,.0f} s saved" if total.saved_seconds else "nothing to compare with yet"
            )
            took = f", {total.seconds:,.0f} s spent" if total.seconds >= 0.5 else ""
            console().print(f"Gate {total.name}: {total.stopped} of {total.looked_at} stopped, {saved}{took}")


def _print_nearest(trial: FinishedTrial, objectives: Sequence[Objective]) -> None:
    out = console()
    out.print("\n[red]No candidate meets all limits.[/] This one breaks them least:")
    if trial.outcome.values:  # not where a gate has stopped it: then it was never measured
        out.print(front_table([trial], objectives))
    for reason in trial.outcome.reasons:
        out.print(f"  {escape(reason.message)}: {reason.violation:.1%} beyond")
