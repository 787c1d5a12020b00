# SPDX-License-Identifier: Apache-2.0
"""Generated C is indented by its braces, whatever the template's lines looked like."""

from __future__ import annotations

from harness.emit.layout import tidy


def test_lines_are_indented_by_the_braces_around_them() -> None:
    text = "void f(void)\n\n{\nfor (;;) {\n   g();\n}\n\n\n\nif (x) {\nh();\n} else {\ni();\n}\n}\n"
    assert tidy(text) == (
        "void f(void)\n{\n  for (;;) {\n    g();\n  }\n\n  if (x) {\n    h();\n  } else {\n    i();\n  }\n}\n"
    )


def test_a_statement_that_goes_on_is_indented_twice() -> None:
    assert tidy("int f(void)\n{\nx = a +\nb;\ny = g(1,\n2);\nz = 3;\n}\n") == (
        "int f(void)\n{\n  x = a +\n      b;\n  y = g(1,\n      2);\n  z = 3;\n}\n"
    )


def test_rows_of_a_table_keep_their_columns() -> None:
    assert tidy("const int t[] = {\n  1, -12,\n-12,   1,\n};\n") == "const int t[] = {\n    1, -12,\n  -12,   1,\n};\n"


def test_directives_stand_at_the_left_and_comments_where_the_code_does() -> None:
    assert tidy("{\n#ifdef X\n/* why\n* so */\nf();\n#endif\n}\n") == (
        "{\n#ifdef X\n  /* why\n   * so */\n  f();\n#endif\n}\n"
    )


def test_long_lines_are_broken_after_a_comma() -> None:
    lines = tidy("f(" + ", ".join(f"argument_{k}" for k in range(30)) + ");\n").splitlines()
    assert len(lines) > 1
    assert all(len(line) <= 120 for line in lines)
    assert all(line.startswith("    argument_") for line in lines[1:])


def test_linkage_of_cpp_indents_nothing() -> None:
    text = '#ifdef __cplusplus\nextern "C" {\n#endif\nvoid f(void);\n#ifdef __cplusplus\n}\n#endif\n'
    assert tidy(text) == text
