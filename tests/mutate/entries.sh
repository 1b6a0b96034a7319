#!/bin/sh
# SPDX-License-Identifier: ISC
# Does each entry of tests/mutate/equivalent name a change that there is? Whoever
# writes such a line anew has to say anew whether it matters.
set -eu
command -v python3 >/dev/null 2>&1 || {
	echo "entries.sh: needs python3" >&2
	exit 77
}
exec python3 -B "${srcdir:-.}/tests/mutate/mutate.py" --entries
