# SPDX-License-Identifier: Apache-2.0
"""How ``harness run`` shows the final check: its cost before, a line a model, what survives."""

from __future__ import annotations

from statistics import fmean

from rich.markup import escape
from rich.table import Table

from harness.cli._console import console
from harness.finals import LEAST_SEEDS, Cost, FinalModel, Finals, JudgedCandidate, Score
from harness.report.finals import verdict_text
from harness.report.words import plural


def cost_line(cost: Cost) -> str:
    """Say what a final check is about to do, and how long that takes."""
    if cost.seconds is None:
        long = "how long that takes is not known yet"
    else:
        long = f"about {cost.seconds:.0f} s" if cost.seconds < 90 else f"about {cost.seconds / 60:.0f} min"
    benches = f"{cost.benches} bench{'' if cost.benches == 1 else 'es'}"
    candidates, trainings = plural(cost.finalists, "candidate"), plural(cost.trainings, "training")
    return f"Final check of {candidates} on the test data: {trainings}, {benches}, {long}"


def model_line(found: FinalModel) -> str:
    """Say in one line what came of one model."""
    what = f"seed {found.seed}" if found.repeat else "as the search found it"
    head = f"final  trial {found.trial:>3}, {what}"
    if found.test is None:
        assert found.failure is not None
        return f"{head}: [red]{found.failure.kind}[/] {escape(found.failure.message.splitlines()[0])}"
    return f"{head}: test {found.metric} {found.test.value:.4g}  [dim]{found.seconds:.1f} s[/]"


def print_finals(finals: Finals, trials: int) -> None:
    """Print what the finalists score on test data, how that holds over seeds, and what does not survive."""
    out = console()
    out.print(f"\n{_headline(finals)}")
    if finals.trials < trials:
        out.print(f"[yellow]It was made when the study had {finals.trials} trials; now there are {trials}.[/]")
    kinds = {each.own.test.interval for each in finals.candidates if each.own.test} - {"none"}
    intervals = ", ".join(sorted(kinds)) or "interval"
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("\ntrial", justify="right")
    headings = ("\nvalidation", "\ntest", f"95 %\n{intervals}", "mean of\nother seeds", "equal on\nthe board")
    for heading in headings:
        table.add_column(heading, justify="right")
    table.add_column("")
    for each in finals.candidates:
        table.add_row(str(each.trial), *_cells(each), "[green]survives[/]" if each.survives else "[red]does not[/]")
    out.print(table)
    for each in finals.candidates:
        for flag in each.flags:
            out.print(f"[red]trial {each.trial}:[/] {escape(flag.message)}", soft_wrap=True)
    if finals.seeds < LEAST_SEEDS:
        out.print(f"[yellow]Fewer than {LEAST_SEEDS} seeds say little: raise --seeds, then --resume.[/]")


def _headline(finals: Finals) -> str:
    colour = "green" if finals.survives else "red"
    return f"Final check on unseen test data ({escape(finals.metric)}). [{colour}]{escape(verdict_text(finals))}[/]"


def _cells(each: JudgedCandidate) -> tuple[str, ...]:
    own, scores = each.own, each.test_scores
    return (
        "-" if own.validation is None else f"{own.validation.value:.4f}",
        "-" if own.test is None else f"{own.test.value:.4f}",
        _interval(own.test),
        _spread(each) if scores else "-",
        ", ".join(f"{streamed.samples}" for streamed in own.streamed) or "-",
    )


def _spread(each: JudgedCandidate) -> str:
    """Return the mean of the test scores from other seeds with their standard deviation."""
    mean = fmean(each.test_scores)
    return f"{mean:.4f}" if each.spread is None else f"{mean:.4f} ±{each.spread:.3f}"


def _interval(test: Score | None) -> str:
    if test is None or test.low is None or test.high is None:
        return "-"
    return f"{test.low:.3f}-{test.high:.3f}"
