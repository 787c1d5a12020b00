# SPDX-License-Identifier: Apache-2.0
"""Two benches, measurements or studies side by side: which figures became better or worse, and whether too much."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

from harness.errors import UserError, did_you_mean
from harness.finals import Finals
from harness.records import Deployment, How, Measurement
from harness.report.content import study_content
from harness.report.figures import Entry, shown_metrics
from harness.report.sources import read_bench_file
from harness.search import Objective
from harness.store import Store
from harness.store.tables import key_of

_SIZES = {
    "ram": ("model_bytes", "stack_bytes", "total_bytes"),
    "flash": ("weights_bytes", "code_bytes", "total_bytes"),
}
FIGURES = (
    "instructions",
    "cycles.zero_wait",
    "cycles.flash_wait",
    "latency_us",
    "energy_uj",
    *(f"{memory}.{part}" for memory, parts in _SIZES.items() for part in parts),
)
_FINALS = "final check"  # the subject of what a study's final check found
_LIMIT = re.compile(r"(?P<figure>[a-z_.]+):(?P<percent>[0-9]+(?:\.[0-9]+)?)%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A value, and how it was obtained; less is better but where ``more`` is, as of a score.

    ``low`` and ``high`` are its 95 % interval where it has one.
    """

    value: float
    how: str
    more: bool = False
    low: float | None = None
    high: float | None = None


Side: TypeAlias = Mapping[str, Mapping[str, Figure]]  # figures by name, by subject: what was measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure of one subject before and after; ``allowed`` is the share by which it may be larger, if limited."""

    subject: str
    figure: str
    before: Figure | None
    after: Figure | None
    allowed: float | None = None

    @property
    def change(self) -> float | None:
        """How much larger it is, as a share; None where the two do not compare."""
        if self.before is None or self.after is None or self.before.how != self.after.how:
            return None
        if self.before.value == 0:
            return 0.0 if self.after.value == 0 else None
        return self.after.value / self.before.value - 1

    @property
    def better(self) -> bool | None:
        """Whether it became better, None where it stayed as it was, does not compare, or intervals overlap."""
        if not self.change or self.after is None or self._may_be_chance:
            return None
        return (self.change > 0) is self.after.more

    @property
    def _may_be_chance(self) -> bool:
        """Whether both have an interval of 95 %, and these have values in common."""
        bounds = [(each.low, each.high) for each in (self.before, self.after) if each is not None]
        known = [(low, high) for low, high in bounds if low is not None and high is not None]
        return len(known) == 2 and max(low for low, _ in known) <= min(high for _, high in known)

    @property
    def problem(self) -> str:
        """Why a limited figure is a regression; empty where it is none."""
        if self.allowed is None or self.before is None:  # what was not there before cannot be worse
            return ""
        if self.after is None:
            return f"{self.figure} is not there any more"
        if self.before.how != self.after.how:
            return f"{self.figure} was {self.before.how} before and is {self.after.how} now: they do not compare"
        if self.after.value > self.before.value * (1 + self.allowed):
            return f"{self.figure} rose from {self.before.value:,.10g} to {self.after.value:,.10g}"
        return ""


def parse_allowances(texts: Sequence[str]) -> Mapping[str, float]:
    """Read what figures may rise by, written as ``FIGURE:PERCENT%``. Raises UserError for what cannot be read."""
    found = {}
    for text in texts:
        match = _LIMIT.fullmatch(text)
        if match is None:
            raise UserError(f"{text!r} is not of the form FIGURE:PERCENT%", hint="Such as: instructions:2%.")
        if match["figure"] not in FIGURES:
            raise UserError(f"there is no figure {match['figure']!r}", hint=did_you_mean(match["figure"], FIGURES))
        found[match["figure"]] = float(match["percent"]) / 100
    return found


def load_side(text: str, store: Store) -> Side:
    """Return the figures of one side.

    It is a file of ``harness bench --json``, a study, whose best are meant, a trial as ``STUDY:NUMBER``, or the
    beginning of the id of a measurement, or of a candidate or model that a study has. Raises UserError where there is
    no such thing, or the file is none.
    """
    if text.endswith(".json"):
        return _from_file(Path(text))
    studies = tuple(study.name for study in store.studies())
    if text in studies:
        return _from_study(text, store)
    name, colon, number = text.rpartition(":")
    if colon and name in studies:
        return _from_trial(name, number, store)
    found = store.find(text)
    if isinstance(found, Measurement):
        return {_subject(found, store): _figures(found)}
    for study in studies:
        for trial in store.trials(study):
            if key_of(found) in (trial.candidate_key, (trial.outcome or {}).get("artifact")) and trial.results:
                return _from_trial(study, str(trial.number), store)
    raise UserError(
        f"{text!r} is no measurement, and nothing that a study measured",
        hint="Compare studies, trials (STUDY:NUMBER), measurements, candidates or files of bench --json.",
    )


def compare(before: Side, after: Side, allowed: Mapping[str, float]) -> tuple[Row, ...]:
    """Return a row for each figure that either side has, matched by their subjects; one matches one.

    Final checks are compared where both have one. Raises UserError for a limited figure that neither side has.
    """
    finals = _rows(_FINALS, before[_FINALS], after[_FINALS], {}) if _FINALS in before and _FINALS in after else []
    before, after = ({k: v for k, v in side.items() if k != _FINALS} for side in (before, after))
    if len(before) == len(after) == 1:
        ((first, was),), ((second, now),) = before.items(), after.items()
        before, after = ({_joined(first, second): was}, {_joined(first, second): now})
    rows: list[Row] = []
    for subject in dict.fromkeys((*before, *after)):
        rows += _rows(subject, before.get(subject, {}), after.get(subject, {}), allowed)
    known = {row.figure for row in rows} & set(FIGURES)
    if rows and (unknown := sorted(allowed.keys() - known)):
        what = f"neither side has the figure {unknown[0]}: there is nothing to check"
        raise UserError(what, hint=f"They have: {', '.join(sorted(known))}.")
    return (*rows, *finals)


def _rows(
    subject: str, was: Mapping[str, Figure], now: Mapping[str, Figure], allowed: Mapping[str, float]
) -> Sequence[Row]:
    scores = sorted((was.keys() | now.keys()) - set(FIGURES))
    return [
        Row(
            subject=subject,
            figure=figure,
            before=was.get(figure),
            after=now.get(figure),
            allowed=allowed.get(figure),
        )
        for figure in (*scores, *FIGURES)
        if figure in was or figure in now
    ]


def value_text(value: float) -> str:
    """Return a figure's value: whole numbers in full, shares with six digits."""
    return f"{value:,.10g}" if value == int(value) or abs(value) >= 1 else f"{value:.6g}"


def figure_text(figure: Figure) -> str:
    """Return a figure's value, with its interval where it has one."""
    interval = "" if figure.low is None or figure.high is None else f" ({figure.low:.3f}-{figure.high:.3f})"
    return value_text(figure.value) + interval


def junit_xml(rows: Sequence[Row]) -> bytes:
    """Return the limited figures as JUnit XML, a test case each, as continuous integration reads it."""
    limited = [row for row in rows if row.allowed is not None]
    failures = sum(bool(row.problem) for row in limited)
    suite = ElementTree.Element("testsuite", name="harness compare", tests=str(len(limited)), failures=str(failures))
    for row in limited:
        case = ElementTree.SubElement(suite, "testcase", classname=_printable(row.subject), name=row.figure)
        if row.problem:
            ElementTree.SubElement(case, "failure", type="Regression", message=_printable(row.problem))
    xml: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return xml


def _from_file(path: Path) -> Side:
    def take(whole: Any) -> Side:
        results = whole["results"]
        if whole["schema"] != 1:
            raise UserError(f"{path} is of schema {whole['schema']}, which this version does not know")
        return {
            f"{Path(result['model']).name} on {result['board']} ({result['runtime']})": _from_json(result)
            for result in results
            if result["verified"]
        }

    return read_bench_file(path, take)


def _from_json(result: Mapping[str, Any]) -> Mapping[str, Figure]:
    found = {
        f"{m}.{part}": Figure(value=result[m][part], how="counted") for m, parts in _SIZES.items() for part in parts
    }
    if result["instructions"] is not None:
        found["instructions"] = Figure(value=result["instructions"], how="counted")
    for name in ("latency_us", "energy_uj"):
        if result.get(name) is not None:
            found[name] = Figure(value=result[name]["value"], how=result[name]["how"])
    if result.get("cycles") is not None:
        for name in ("zero_wait", "flash_wait"):
            found[f"cycles.{name}"] = Figure(value=result["cycles"][name], how=result["cycles"]["how"])
    return found


def _figures(found: Measurement) -> Mapping[str, Figure]:
    figures = {
        f"{memory}.{part}": Figure(value=getattr(getattr(found, memory), part), how="counted")
        for memory, parts in _SIZES.items()
        for part in parts
    }
    timed = (("instructions", found.instructions), ("latency_us", found.latency), ("energy_uj", found.energy))
    figures |= {name: Figure(value=q.value, how=q.how.value) for name, q in timed if q is not None}
    if found.cycles is not None:
        for name in ("zero_wait", "flash_wait"):
            figures[f"cycles.{name}"] = Figure(value=getattr(found.cycles, name), how=found.cycles.how.value)
    return figures


def _from_study(name: str, store: Store) -> Side:
    """Return for each board the best of each figure over the front, and what the final check found."""
    content = study_content(store, name)
    sides: dict[str, dict[str, Figure]] = {}
    for part in content.parts:
        best = sides.setdefault(f"best of the front on {part.board_id}", {})
        for position in part.front:
            for figure, value in _of_entry(part.entries[position]).items():
                known = best.get(figure)
                if known is None or (known.how == value.how and (value.value > known.value) is value.more):
                    best[figure] = value
    if content.finals is not None and content.facts is not None:
        sides[_FINALS] = _of_finals(content.finals, content.facts.objectives)
    return sides


def _of_finals(finals: Finals, objectives: Sequence[Objective]) -> dict[str, Figure]:
    """Return the best test score, the best mean of each objective over the other seeds, and how many survive."""
    host = How.HOST.value
    found = {"share that survives": Figure(value=_share_that_survives(finals), how=host, more=True)}
    tests = [each.own.test for each in finals.candidates if each.own.test is not None]
    if tests:
        best = max(tests, key=lambda test: test.value)
        found[f"test {finals.metric}"] = Figure(value=best.value, how=host, more=True, low=best.low, high=best.high)
    for objective in objectives:
        means = [mean for each in finals.candidates for mean in each.means if mean.objective == objective.key]
        if means and finals.seeds:
            mean = min(means, key=lambda mean: objective.oriented(mean.value))
            more = objective.direction == "maximize"
            found[f"mean {objective.key}"] = Figure(value=mean.value, how=mean.how.value, more=more)
    return found


def _share_that_survives(finals: Finals) -> float:
    return sum(each.survives for each in finals.candidates) / len(finals.candidates)


def _from_trial(study: str, number: str, store: Store) -> Side:
    """Return the figures of a trial on each board that it was measured on."""
    parts = study_content(store, study).parts
    found = {f"on {part.board_id}": entry for part in parts for entry in part.entries if str(entry.number) == number}
    if not found:
        measured = sorted({entry.number for part in parts for entry in part.entries})
        valid = ", ".join(map(str, measured[:20])) + (", ..." if len(measured) > 20 else "")
        raise UserError(
            f"the study {study!r} has no measured trial {number!r}", hint=f"Measured are: {valid or 'none'}."
        )
    return {subject: _of_entry(entry) for subject, entry in found.items()}


def _of_entry(entry: Entry) -> Mapping[str, Figure]:
    """Return the figures of a candidate on a board, its scores on validation data among them."""
    metrics = shown_metrics(entry.artifact) if entry.artifact else ()
    scores = {
        name: Figure(value=value, how=How.HOST.value, more="loss" not in name and "error" not in name)
        for name, value in metrics
        if name.startswith("validation_")
    }
    return {**scores, **_figures(entry.measurement)}


def _subject(measurement: Measurement, store: Store) -> str:
    deployment = store.get(Deployment, measurement.deployment_key)
    where = f"{deployment.board} ({deployment.runtime})" if deployment else measurement.rig
    return f"{measurement.id[:12]} on {where}"


def _joined(first: str, second: str) -> str:
    return first if first == second else f"{first} -> {second}"


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)
