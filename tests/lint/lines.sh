#!/bin/sh
# SPDX-License-Identifier: ISC
# lines.sh BUILD: what the unit tests, fuzz corpora and tortures of a build
# with --enable-coverage went through: lines and branches of lib/, room by
# room, and then each file that is not whole. Branches that macros of uthash
# and queue(3) make do not count, nor does that of an assertion that must never
# be taken, nor do those of a switch: its cases have lines, which do, and its
# other branch, past all of them, is for values that the type does not have.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$1"
command -v gcovr >/dev/null 2>&1 || {
	echo "lines.sh: needs gcovr (on Debian: apt install gcovr)" >&2
	exit 77
}
macros='.*(sg_assert|HASH_|LIST_|TAILQ_|STAILQ_|\tswitch \().*'
gcovr -r "$top" --object-directory . -f "$top/lib/" \
	--exclude-branches-by-pattern "$macros" \
	--exclude-unreachable-branches --csv -o coverage.csv .
awk -F, '
	function percent(a, b) {
		return b > 0 ? sprintf("%6.1f %%", 100 * a / b) : "     -  "
	}
	function row(name, l, lc, b, bc) {
		printf "%-28s %6d %s %6d %s\n", name, l, percent(lc, l), b,
		    percent(bc, b)
	}
	NR == 1 {
		for (i = 1; i <= NF; i++)
			at[$i] = i
		next
	}
	{
		split($at["filename"], path, "/")
		room = path[2]
		l = $at["line_total"]; lc = $at["line_covered"]
		b = $at["branch_total"]; bc = $at["branch_covered"]
		L[room] += l; LC[room] += lc; B[room] += b; BC[room] += bc
		tl += l; tlc += lc; tb += b; tbc += bc
		if (lc < l || bc < b)
			file[++n] = $at["filename"] "," l "," lc "," b "," bc
	}
	END {
		printf "%-28s %6s %8s %6s %8s\n", "", "lines", "", "branches", ""
		for (i = 1; i <= n; i++) {
			split(file[i], f, ",")
			row(f[1], f[2], f[3], f[4], f[5])
		}
		print ""
		for (room in L)
			row("lib/" room, L[room], LC[room], B[room], BC[room])
		print ""
		row("lib/", tl, tlc, tb, tbc)
	}' coverage.csv
