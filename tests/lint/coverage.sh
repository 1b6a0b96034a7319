#!/bin/sh
# SPDX-License-Identifier: ISC
# Every requirement has a test that names it, or a line in tests/COVERAGE.
set -eu
top=${srcdir:-.}
cited=$(mktemp)
trap 'rm -f "$cited"' EXIT
# "B-07", "B-07..B-10" and the _K04 of a function's name
find "$top/tests" -type f \( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' \) \
    ! -path '*/lint/coverage.sh' -exec cat {} + | tr '_' ' ' |
    grep -oE '(^|[^A-Za-z0-9])[A-Z]-?[0-9][0-9]((\.\.|-| to )[A-Z]-?[0-9][0-9])?([^0-9]|$)' |
    awk '{
	s = $0; n = 0
	while (match(s, /[A-Z]-?[0-9][0-9]/)) {
		w = substr(s, RSTART, RLENGTH); s = substr(s, RSTART + RLENGTH)
		gsub("-", "", w); l = substr(w, 1, 1); k = substr(w, 2) + 0
		if (n && l == last) for (i = from; i <= k; i++)
			printf "%s-%02d\n", l, i
		else printf "%s-%02d\n", l, k
		last = l; from = k; n = 1
	} }' | sort -u >"$cited"

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
