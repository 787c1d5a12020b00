# SPDX-License-Identifier: Apache-2.0
"""Layout of generated C: templates say what stands on a line, this says where it stands.

A line is indented by the braces and parentheses that are open around it. Templates keep to what this understands: no
brace, parenthesis or quote inside comments and strings, and at most one brace opened or closed at either end of a line.
"""

from __future__ import annotations

_STEP = "  "
_WIDTH = 120


def tidy(text: str) -> str:
    """Return C text with every line indented, blank lines collapsed and over-long lines of calls wrapped."""
    result: list[str] = []
    depth = 0
    continued = False  # the previous line does not end its statement
    in_comment = False
    for raw in text.splitlines():
        line = raw.strip()
        if not line:
            if result and result[-1] and not result[-1].endswith("{"):
                result.append("")
            continue
        if line[0] in "-0123456789" and line.endswith(","):  # a row of a table, aligned already
            result.append(_STEP * depth + raw.rstrip())
            continue
        if in_comment or line.startswith("/*"):
            prefix = " " if in_comment and line.startswith("*") else ""
            result.append(_STEP * depth + prefix + line)
            in_comment = "*/" not in line
            continue
        if line == 'extern "C" {' or (line == "}" and depth == 0):  # linkage is no block: nothing is indented by it
            result.append(line)
            continue
        if line == "{" and result and not result[-1]:
            result.pop()
        if line.startswith("#"):
            result.append(line)
            continue
        if line.startswith("}"):
            depth -= 1
            if result and not result[-1]:
                result.pop()
        indent = _STEP * depth + (_STEP * 2 if continued else "")
        result.extend(_wrap(indent, line))
        code = line.split("/*")[0].rstrip()
        depth += code.count("{") - code.count("}") + (1 if line.startswith("}") else 0)
        # A statement, a table's row or a head ends with one of these; what does not is continued.
        continued = not code.endswith((";", "{", "}", ",", ")")) or (continued and code.endswith((",", ")")))
        continued = continued or code.count("(") > code.count(")")
    return "\n".join(result).strip("\n") + "\n"


def _wrap(indent: str, line: str) -> list[str]:
    """Break a line that is too long after a comma or an operator, as far right as possible."""
    lines: list[str] = []
    while len(indent) + len(line) > _WIDTH:
        limit = _WIDTH - len(indent)
        cut = max(
            (line.rfind(mark, 0, limit) + len(mark) for mark in (", ", " + ", "? ") if mark in line[:limit]), default=-1
        )
        if cut <= 0:
            break
        lines.append(indent + line[:cut].rstrip())
        line = line[cut:]
        if len(lines) == 1:
            indent += _STEP * 2
    return [*lines, indent + line]
