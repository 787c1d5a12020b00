# SPDX-License-Identifier: Apache-2.0
"""A report in short as Markdown, for a pull request: tables and sentences that every code host shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import harness
from harness.report.content import Content, Part
from harness.report.figures import Column, Entry, quantity
from harness.report.finals import interval_text, score_text, spread_text, verdict_text
from harness.report.views import fault_kinds
from harness.report.words import (
    compression_text,
    digits_of,
    figure,
    model_name,
    parameters_text,
    percent,
    plural,
    short_name,
    unit_of,
    visible,
)

_MOST_ROWS = 12
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$!&])")
_MENTION = re.compile(r"(?<!\w)@|#(?=\d)")  # of a person or an issue: a host finds them after Markdown, escaped or not
_APART = "\u200b"  # a space of no width


def render_markdown(content: Content) -> str:
    """Return a study or a bench run in short; the same content gives the same text.

    Nothing of a user's is taken for Markdown or HTML, nor for the mention of a person or an issue.
    """
    boards = [line for part in content.parts for line in _part(part, content)]
    lines = [*_head(content), *boards, *_final_check(content), *_failures(content), *_foot(content)]
    return "\n".join(lines) + "\n"


def escaped(text: object) -> str:
    """Return a text that Markdown shows as it is, within one cell of a table."""
    shown = str(visible(str(text))).replace("\r", " ").replace("\n", " ")
    return _SPECIAL.sub(r"\\\1", _MENTION.sub(rf"\g<0>{_APART}", shown))


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: int) -> Iterator[str]:
    """Yield the lines of a table; the last ``numbers`` columns are aligned to the right. Cells are escaped already."""
    left = len(heads) - numbers
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * left}{'---:|' * numbers}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _head(content: Content) -> Iterator[str]:
    yield f"## {escaped(content.title)}"
    yield ""
    if content.study is not None:
        boards = ", ".join(part.board_id for part in content.parts) or "no board yet"
        yield f"{plural(content.finished, 'trial')} on {escaped(boards)}: {content.ended}."
        yield from _limits(content)
    else:
        measured = sum(len(part.entries) for part in content.parts)
        yield f"{plural(measured, 'measurement')}, {plural(len(content.faults), 'failure')}."
    yield ""


def _limits(content: Content) -> Iterator[str]:
    """Yield what the candidates must keep to, and where none does, which one breaks it least."""
    facts = content.facts
    if facts is None or not facts.limits:
        return
    words = {"<=": "at most", ">=": "at least"}
    told = (f"{each.key} {words[each.sense]} {each.text(each.bound)}" for each in facts.limits)
    yield f"Limits: {escaped('; '.join(told))}."
    nearest = next((trial for trial in facts.finished if trial.number == facts.nearest), None)
    if nearest is not None:
        yield ""
        yield f"No candidate meets all limits. Trial {nearest.number} breaks them least:"
        yield ""
        for reason in nearest.outcome.reasons:
            yield f"- {escaped(reason.message)}: {percent(reason.violation)} beyond"


def _part(part: Part, content: Content) -> Iterator[str]:
    of_study = content.study is not None
    entries = _worth_showing(part) if of_study else list(part.entries)
    what = "The best on" if of_study else "On"
    yield f"### {what} {escaped(part.board.name if part.board else part.board_id)}"
    yield ""
    if not entries:
        yield "No candidate was measured, verified and within all limits."
        yield ""
        return
    columns = _columns(part)
    digits = {column: digits_of(column, _values(entries, column)) for column in columns}
    heads = [*(("Trial", "Network", "Compression") if of_study else ("Model", "Runtime", "Verified"))]
    heads += [_heading(column) for column in columns]
    rows = [
        [*_names(entry, of_study), *(_cell(entry, column, digits[column]) for column in columns)]
        for entry in entries[:_MOST_ROWS]
    ]
    yield from table(heads, rows, len(columns))
    if len(entries) > _MOST_ROWS:
        yield f"{len(entries) - _MOST_ROWS} more are in the full report."
        yield ""


def _columns(part: Part) -> list[Column]:
    """Return merits and costs; modelled cycles only where they are objectives: there are two kinds, both long."""
    wanted = {column.id for column in part.objectives}
    return [column for column in part.columns if column.id in wanted or column.kind not in ("count", "cycles")]


def _worth_showing(part: Part) -> list[Entry]:
    """Return the entries of the front, the best in the first objective first."""
    entries = [part.entries[position] for position in sorted(part.front)]
    if not part.objectives:
        return entries
    first = part.objectives[0]
    sign = 1 if first.minimised else -1
    found = {entry.number: quantity(entry, first) for entry in entries}
    return sorted(entries, key=lambda e: (sign * (q.value if (q := found[e.number]) else 0.0), e.number))


def _values(entries: Sequence[Entry], column: Column) -> list[float]:
    return [found.value for entry in entries if (found := quantity(entry, column))]


def _heading(column: Column) -> str:
    inside = ", ".join(each for each in (unit_of(column), column.how.value) if each)
    return f"{escaped(column.label)} ({inside})"


def _cell(entry: Entry, column: Column, digits: int) -> str:
    found = quantity(entry, column)
    if found is None:
        return "–"
    text = figure(column, found.value, digits)
    return text if entry.verified else f"~~{text}~~"


def _names(entry: Entry, of_study: bool) -> tuple[str, ...]:
    if not of_study:
        runtime = entry.deployment.runtime if entry.deployment else "unknown"
        name = short_name(model_name(entry))
        return escaped(name), escaped(runtime), "yes" if entry.verified else "**NO**"
    candidate = entry.candidate
    if candidate is None:
        return str(entry.number), "–", "–"
    parameters = parameters_text(candidate.parameters)
    network = candidate.family.replace("_", " ") + (f" ({parameters})" if parameters else "")
    return str(entry.number), escaped(network), escaped(compression_text(candidate))


def _final_check(content: Content) -> Iterator[str]:
    finals = content.finals
    if finals is None:
        return
    yield "### Final check"
    yield ""
    yield f"{verdict_text(finals)} The test data were not seen by the search."
    yield ""
    heads = ("Trial", "Verdict", "On the device", "Validation", f"Test {escaped(finals.metric)}", "95 % interval")
    rows = []
    for each in finals.candidates:
        own = each.own
        equal = ", ".join(f"{one.samples} of {one.samples} equal on {escaped(one.board)}" for one in own.streamed)
        scores = [score_text(s.metric, s.value) if s else "–" for s in (own.validation, own.test)]
        verdict = "survives" if each.survives else "**does not survive**"
        spread = spread_text(each, finals.metric)
        rows.append((str(each.trial), verdict, equal or "–", *scores, interval_text(own.test), spread))
    yield from table([*heads, f"{plural(finals.seeds, 'other seed')}"], rows, 4)
    for each in finals.candidates:
        for flag in each.flags:
            yield f"- Trial {each.trial}: {escaped(flag.message)}"
    if not finals.survives:
        yield ""


def _failures(content: Content) -> Iterator[str]:
    kinds = fault_kinds(content)
    if kinds:
        yield "### Failures"
        yield ""
        yield from table(("Kind", "Count"), [(escaped(kind), str(count)) for kind, count in kinds], 1)


def _foot(content: Content) -> Iterator[str]:
    command = f"`harness report {content.title}`" if content.study is not None else "`harness report ID ...`"
    plain = content.study is None or re.fullmatch(r"[\w.-]+", content.title) is not None
    whole = f" The whole report: {command}." if plain else ""
    yield f"Counted figures are exact. Outputs are verified on the device.{whole} harness {harness.__version__}"
