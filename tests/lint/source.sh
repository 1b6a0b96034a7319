#!/bin/sh
# SPDX-License-Identifier: ISC
# The house rules that a machine can hold: includes point one way, banned
# functions, a licence line and a first comment in each source file.
set -eu
top=${srcdir:-.}
passed=0
failed=0
ok() { passed=$((passed + 1)); }
bad() {
	failed=$((failed + 1))
	echo "$*"
}

# rooms, highest first: a file includes its own room and lower ones
rooms="engine report decide store net facts policy config base compat"
rank() {
	n=0
	for r in $rooms; do
		n=$((n + 1))
		[ "$r" != "$1" ] || { echo $n; return; }
	done
	echo 0
}
for file in "$top"/lib/*/*.[ch]; do
	room=$(basename "$(dirname "$file")")
	mine=$(rank "$room")
	wrong=
	for other in $(sed -n 's|^#include "\([a-z]*\)/.*|\1|p' "$file" |
	    sort -u); do
		if [ "$(rank "$other")" -lt "$mine" ]; then
			wrong="$wrong $other"
		fi
	done
	if [ -z "$wrong" ]; then
		ok
	else
		bad "$file includes upward:$wrong"
	fi
done

banned='strcpy|strcat|sprintf|gets|strtok|atoi|atol|alloca'
for file in "$top"/lib/*/*.[ch] "$top"/milter/*.[ch] "$top"/tests/*/*.[ch]; do
	if grep -nE "(^|[^A-Za-z0-9_])($banned)[[:space:]]*\(" "$file"; then
		bad "$file calls what the house bans"
	else
		ok
	fi
	if head -n 1 "$file" | grep -q 'SPDX-License-Identifier: ISC' &&
	    sed -n 2p "$file" | grep -qE '^(/\*|#ifdef HAVE)'; then
		ok
	else
		bad "$file: no licence line, or no word on what it answers"
	fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
