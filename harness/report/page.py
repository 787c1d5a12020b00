# SPDX-License-Identifier: Apache-2.0
"""From a content to one HTML page: everything inside, nothing fetched, every text escaped.

The content security policy allows one script and one style sheet, by their hashes; both are constants of the package,
so that no text of a user's ever stands in either.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import harness
from harness.report import memory_plan
from harness.report.bars import counted
from harness.report.content import Content
from harness.report.finals import HEIGHT as FINAL_HEIGHT
from harness.report.finals import WIDTH as FINAL_WIDTH
from harness.report.finals import finals_view
from harness.report.scatter import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from harness.report.views import config_rows, fault_kinds, part_view
from harness.report.words import (
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

_TEMPLATES = Path(__file__).parent / "templates"


def render_page(content: Content) -> str:
    """Return the page; the same content gives the same text."""
    script, style = (_constant(name) for name in ("report.js", "report.css"))
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            content=content,
            parts=[part_view(part, of_study=content.study is not None) for part in content.parts],
            config=config_rows(content.study.config) if content.study else (),
            kinds=fault_kinds(content),
            finals=finals_view(content),
            script=script,
            style=style,
            policy=_policy(script, style),
        )
    )


def _policy(script: str, style: str) -> str:
    parts = ("default-src 'none'", f"script-src {_hash(script)}", f"style-src {_hash(style)}")
    return "; ".join((*parts, "base-uri 'none'", "form-action 'none'"))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _constant(name: str) -> Markup:
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8").replace("\r\n", "\n"))  # our own text, no user's


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
        "frame": {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "top": TOP, "bottom": BOTTOM},
        "final_frame": {"width": FINAL_WIDTH, "height": FINAL_HEIGHT},
        "plan_frame": {"left": memory_plan.LEFT, "right": memory_plan.RIGHT},
        "moment": moment,
        "parameters_text": parameters_text,
        "plural": plural,
        "unit_of": unit_of,
        "verification_text": verification_text,
        "counted": counted,
    }
    environment.filters |= {"grouped": grouped, "percent": percent, "step_text": step_text, "in_prose": in_prose}
    return environment
