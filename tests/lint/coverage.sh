#!/bin/sh
# SPDX-License-Identifier: ISC
# Every requirement has a test that names it, or a line in tests/COVERAGE.
set -eu
top=${srcdir:-.}
cited=$(mktemp)
trap 'rm -f "$cited"' EXIT
# "B-07", and the _B07 of a function's name. "B-07 to B-10" names two: a range
# would hide what was left out between its ends. T16 is one of the threats, not
# a requirement: those are T-16.
find "$top/tests" -type f \( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' \) \
    ! -path '*/lint/coverage.sh' -exec cat {} + |
    tr -c 'A-Za-z0-9-' '\n' |
    sed -nE '/^T[0-9]/d; s/^([A-Z])-?([0-9][0-9])([^0-9].*)?$/\1-\2/p' |
    sort -u >"$cited"

passed=0
failed=0
check() { # letter, how many
	n=1
	while [ $n -le "$2" ]; do
		id=$(printf '%s-%02d' "$1" $n)
		n=$((n + 1))
		tested=no
		excused=no
		if grep -qx "$id" "$cited"; then tested=yes; fi
		if grep -q "^$id	" "$top/tests/COVERAGE"; then excused=yes; fi
		if [ $tested != $excused ]; then
			passed=$((passed + 1))
			continue
		fi
		failed=$((failed + 1))
		if [ $tested = yes ]; then
			echo "$id: a test names it: take it out of COVERAGE"
		else
			echo "$id: no test names it, and COVERAGE has no word"
		fi
	done
}
check A 18; check B 20; check C 20; check D 62; check E 20; check G 8
check K 18; check M 22; check N 15; check O 9; check P 18; check Q 16
check S 6; check T 15; check V 15
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
