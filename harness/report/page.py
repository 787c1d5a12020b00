# SPDX-License-Identifier: Apache-2.0
"""From a content to one HTML page: everything inside, nothing fetched, every text escaped.

The content security policy allows one script and one style sheet, by their hashes; both are constants of the package,
so that no text of a user's ever stands in either. What the script draws stands in a block of JSON, which never runs.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import harness
from harness.report import memory_plan, network, progress
from harness.report.bars import counted
from harness.report.comparison_page import BAR_HEIGHT, BAR_WIDTH, ComparisonView
from harness.report.content import Content
from harness.report.dataset import Axis
from harness.report.details import model_cards
from harness.report.finals import HEIGHT as FINAL_HEIGHT
from harness.report.finals import WIDTH as FINAL_WIDTH
from harness.report.finals import finals_view
from harness.report.influence import Influence
from harness.report.model_file import ModelFiles
from harness.report.study_view import (
    axis_title,
    better,
    board_note,
    change_text,
    pairs_text,
    price_gain,
    signed,
    study_view,
)
from harness.report.views import config_rows, fault_groups, fault_kinds, part_view
from harness.report.words import (
    GATE_WORDS,
    duration,
    figure,
    grouped,
    in_prose,
    moment,
    parameters_text,
    percent,
    plural,
    step_text,
    unit_of,
    verification_text,
    visible,
)
from harness.store import Store

MOST_FAULTS = 200  # kinds of failure in the table
_TEMPLATES = Path(__file__).parent / "templates"


def render_page(content: Content, store: Store | None = None, *, live: str = "") -> str:
    """Return the page of a study or of a bench run; the same content gives the same text.

    The store gives the models, for their pictures and to be saved. ``live`` is the version of a page that updates
    itself from where it is served; empty for a file.
    """
    files = ModelFiles(store)
    shared = {"content": content, "kinds": fault_kinds(content), "faults": fault_groups(content), **_frame(live)}
    if content.study is None:
        parts = [part_view(part) for part in content.parts]
        return _render("run.html.j2", parts=parts, cards=model_cards(content, files), **shared)
    view = study_view(content, files)
    ends = {trial.number: trial.outcome for trial in content.facts.finished} if content.facts else {}
    return _render(
        "study.html.j2",
        view=view,
        data=_json(view.data),
        config=config_rows(content.study.config),
        nearest_reasons=ends[view.nearest.number].reasons if view.nearest else (),
        finals=finals_view(content),
        parts=(),
        **shared,
    )


def render_comparison(view: ComparisonView) -> str:
    """Return the page of a comparison; the same view gives the same text."""
    return _render(
        "comparison.html.j2",
        content={"title": f"{view.before} → {view.after}"},
        view=view,
        bar_frame={"width": BAR_WIDTH, "height": BAR_HEIGHT},
        **_frame(""),
    )


def _frame(live: str) -> dict[str, object]:
    script, style = _script(), _style()
    return {"script": script, "style": style, "policy": policy(live=bool(live)), "live": live}


def policy(*, live: bool) -> str:
    """Return the content security policy of a page; only one that is live may ask where it came from."""
    parts = ["default-src 'none'", f"script-src {_hash(_script())}", f"style-src {_hash(_style())}"]
    parts += ["connect-src 'self'"] if live else []
    return "; ".join((*parts, "base-uri 'none'", "form-action 'none'"))


def _render(template: str, **context: Any) -> str:
    return _environment().get_template(template).render(**context)


def _json(plain: object) -> Markup:
    """Return JSON that nothing can end or leave: no ``<``, ``>`` or ``&``, all beyond ASCII escaped."""
    text = json.dumps(_visible(plain), separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _visible(plain: Any) -> Any:
    if isinstance(plain, dict):
        return {key: _visible(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [_visible(value) for value in plain]
    return visible(plain)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _script() -> Markup:
    """Return the page's one script, from its pieces in the order of their names."""
    pieces = sorted(path.name for path in (_TEMPLATES / "script").glob("*.js"))
    return Markup("\n").join(_constant(f"script/{name}") for name in pieces)


@cache
def _style() -> Markup:
    return _constant("report.css") + _constant("print.css")


@cache
def _constant(name: str) -> Markup:
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8").replace("\r\n", "\n"))  # our own text, no user's


def _axis_number(axis: Axis, value: float) -> str:
    return figure(axis.column, value, axis.digits)


def _bar(share: float, influence: Influence) -> float:
    """Return the length of a bar of an importance, of 1000: the largest upper end fills it."""
    assert influence.found is not None
    most = max(effect.high for effect in influence.found.effects)
    return round(min(1.0, max(0.0, share / most)) * 1000, 1) if most > 0 else 0.0


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=visible,
    )
    environment.globals |= {
        "version": harness.__version__,
        "frame": {"left": network.LEFT, "box": network.BOX, "height": network.HEIGHT},
        "final_frame": {"width": FINAL_WIDTH, "height": FINAL_HEIGHT},
        "plan_frame": {"left": memory_plan.LEFT, "right": memory_plan.RIGHT},
        "curve_frame": {
            "width": progress.WIDTH,
            "height": progress.HEIGHT,
            "left": progress.LEFT,
            "right": progress.RIGHT,
            "bottom": progress.BOTTOM,
        },
        "axis_number": _axis_number,
        "axis_title": axis_title,
        "bar": _bar,
        "better": better,
        "board_note": board_note,
        "change_text": change_text,
        "counted": counted,
        "duration": duration,
        "gate_words": GATE_WORDS,
        "moment": moment,
        "most_faults": MOST_FAULTS,
        "pairs_text": pairs_text,
        "parameters_text": parameters_text,
        "plural": plural,
        "price_gain": price_gain,
        "signed": signed,
        "unit_of": unit_of,
        "verification_text": verification_text,
    }
    environment.filters |= {"grouped": grouped, "percent": percent, "step_text": step_text, "in_prose": in_prose}
    return environment
