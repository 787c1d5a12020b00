# SPDX-License-Identifier: Apache-2.0
"""C identifiers for a model: the prefix of all its symbols comes from the file's name, nothing else comes from it."""

from __future__ import annotations

import re
import unicodedata

_MAX_LENGTH = 30  # so that lines of generated code stay short
# Keywords of C and C++, words of the C library, and headers: a model's own header is found before the system's.
_TAKEN = frozenset(
    word
    for line in (
        "auto break case char const continue default do double else enum extern float for goto if inline int long",
        "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while",
        "asm fortran bool true false and bitand bitor compl not or xor class delete new this template typename using",
        "namespace operator private protected public throw try catch virtual friend explicit export mutable",
        "main model stdin stdout stderr environ linux unix arm i386 mem str strto wcs is to",
        "abs acos asin atan ceil cos exp fabs floor fmod frexp ldexp log modf pow sin sqrt tan round trunc",
        "abort atexit atof atoi atol bsearch calloc div exit free getenv labs malloc qsort rand realloc srand system",
        "clock raise read write open close index rindex link unlink pipe dup fork exec wait sleep select",
        "assert complex ctype errno fenv inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic",
        "stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype",
        "alloca byteswap dirent dlfcn endian fcntl features getopt grp libgen memory netdb poll pthread pwd regex",
        "sched search semaphore spawn strings syslog termios ucontext unistd utime values picolibc newlib",
    )
    for word in line.split()
)
_OURS = ("harness", "hal")  # prefixes of the runner's own names


def c_prefix(name: str) -> str:
    """Return the prefix for a model called ``name`` (its file's name, whatever it holds): ``[a-z][a-z0-9_]*``.

    Accents are dropped, other characters become ``_``; a name that C or its library claims gets ``model_`` before it.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    word = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:_MAX_LENGTH].strip("_")
    if not word:
        return "model_0"
    taken = word in _TAKEN or word.split("_")[0] in _OURS
    return word if word[0].isalpha() and not taken else f"model_{word}"[:_MAX_LENGTH].strip("_")
