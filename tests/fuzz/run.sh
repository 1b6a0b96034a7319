#!/bin/sh
# SPDX-License-Identifier: ISC
# run.sh BUILD [PAGE...] - fuzzes the pages (all, if none is named) with
# libFuzzer and the sanitizers, in a build of their own, FUZZ_SECONDS each,
# FUZZ_JOBS at a time. New inputs are kept in BUILD/found/PAGE; what breaks a
# page goes to BUILD/broken and makes this fail. A page's last line says how
# often it ran.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
build=$(cd "$1" && pwd)
shift
seconds=${FUZZ_SECONDS:-60}
jobs=${FUZZ_JOBS:-2}

one() {
	page=$1
	mkdir -p "found/$page"
	dict=
	[ ! -f "$top/tests/fuzz/dict/$page.dict" ] ||
		dict="-dict=$top/tests/fuzz/dict/$page.dict"
	rc=0
	# shellcheck disable=SC2086  # an option or none
	nice -n "${FUZZ_NICE:-10}" "tests/fuzz/fuzz_$page" $dict \
		-max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
		-artifact_prefix="broken/$page-" -print_final_stats=1 \
		"found/$page" "$top/tests/fuzz/corpus/$page" \
		>"$page.log" 2>&1 || rc=$?
	times >"$page.times"
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$page.log")
	if [ $rc = 0 ]; then
		printf '%-16s ok      %12s runs, processor %s\n' "$page" \
			"${runs:-?}" "$(sed -n 2p "$page.times")"
	else
		printf '%-16s BROKEN  %12s runs: %s\n' "$page" "${runs:-?}" \
			"see $build/$page.log"
		grep -E -m 3 'does not hold|ERROR|SUMMARY' "$page.log" || :
	fi
	return $rc
}

if [ "${FUZZ_ONE:-}" ]; then
	cd "$build"
	one "$FUZZ_ONE"
	exit
fi
command -v clang >/dev/null 2>&1 || {
	echo "run.sh: fuzzing needs clang and its libclang-rt-*-dev" >&2
	exit 77
}
mkdir -p "$build/found" "$build/broken"
if [ ! -f "$build/Makefile" ]; then
	(cd "$build" && "$top/configure" -q CC=clang CFLAGS='-g -O1' \
		--enable-fuzz --enable-asan --enable-ubsan)
fi
pages=${*:-$(cd "$top/tests/fuzz" && ls fuzz_*.c |
	sed 's/^fuzz_//; s/\.c$//')}
targets=
for page in $pages; do targets="$targets tests/fuzz/fuzz_$page"; done
# shellcheck disable=SC2086  # a list of words
make -s -C "$build" -j"$jobs" $targets

cd "$build"
# shellcheck disable=SC2086
printf '%s\n' $pages | FUZZ_SECONDS=$seconds xargs -P "$jobs" -I @ \
	env FUZZ_ONE=@ "$top/tests/fuzz/run.sh" "$build" @
