#!/bin/sh
# SPDX-License-Identifier: ISC
# run.sh [--afl] BUILD [PAGE...] - fuzzes the pages (all, if none is named) with
# libFuzzer (--afl: AFL++) and the sanitizers, in a build of their own,
# FUZZ_SECONDS of CPU each (AFL++: by the clock), FUZZ_JOBS at a time. New inputs
# are kept in BUILD/found/PAGE; what breaks a page goes to BUILD/broken and makes
# this fail. With FUZZ_SEED the same inputs are tried in the same order again.
# A page's line says how often it ran, and how many places of the code its
# inputs reach: a page that reaches next to nothing tries nothing.
#
# SANITIZE=memory looks for what is read before it was written (MSan), with
# libFuzzer: at those pages alone whose libraries are our own and C's, for of
# what other libraries write it knows nothing.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
afl=false
if [ "$1" = --afl ]; then
	afl=true
	shift
fi
mkdir -p "$1"
build=$(cd "$1" && pwd)
shift
seconds=${FUZZ_SECONDS:-60}
jobs=${FUZZ_JOBS:-2}
nicely="nice -n ${FUZZ_NICE:-10}"
plain="sts_record sts_policy tlsrpt_record smtp_reply netstring frame
	dns_wire facts merge texts"

# Asks libFuzzer to end when it has had its seconds of CPU: beside other work
# that may be long after the clock's. Fields 14 to 17 of stat are hundredths, its
# children's too.
end_in_time() {
	while read -r stat 2>/dev/null <"/proc/$1/stat"; do
		# shellcheck disable=SC2086  # fields
		set -- "$1" ${stat##*)}
		if [ $((${13} + ${14} + ${15} + ${16})) -ge $((seconds * 100)) ]; then
			kill -USR1 "$1" 2>/dev/null || :
			break
		fi
		sleep 1
	done
}

# with_libfuzzer PAGE: sets rc, runs, reached
# shellcheck disable=SC2086  # an option or none, words
with_libfuzzer() {
	mkdir -p "found/$1"
	$nicely "tests/fuzz/fuzz_$1" ${dict:+-dict="$dict"} \
		${FUZZ_SEED:+-seed="$FUZZ_SEED"} \
		-max_total_time=$((seconds * 20)) -timeout=60 \
		-rss_limit_mb=2048 -artifact_prefix="broken/$1-" \
		-print_final_stats=1 "found/$1" "$top/tests/fuzz/corpus/$1" \
		>"$1.log" 2>&1 &
	fuzzing=$!
	end_in_time $fuzzing
	wait $fuzzing || rc=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$1.log")
	reached=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$1.log" | tail -n 1)
}

# The same with AFL++, by its driver for libFuzzer's pages; what it saved as
# a crash or a hang is what broke. It keeps a whole directory.
# shellcheck disable=SC2086
with_afl() {
	rm -rf "found/$1"
	mkdir -p found
	AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 \
		AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
		$nicely afl-fuzz -V "$seconds" -m none -t 2000+ \
		${dict:+-x "$dict"} -i "$top/tests/fuzz/corpus/$1" \
		-o "found/$1" -- "tests/fuzz/fuzz_$1" >"$1.log" 2>&1 || rc=$?
	stats=found/$1/default/fuzzer_stats
	if [ ! -f "$stats" ]; then
		rc=1
		return
	fi
	runs=$(sed -n 's/^execs_done *: //p' "$stats")
	reached=$(sed -n 's/^edges_found *: //p' "$stats")
	for input in "found/$1/default/crashes/id:"* \
	    "found/$1/default/hangs/id:"*; do
		[ -f "$input" ] || continue
		cp "$input" "broken/$1-$(basename "$input")"
		rc=1
	done
}

one() {
	dict=$top/tests/fuzz/dict/$1.dict
	[ -f "$dict" ] || dict=
	rc=0
	runs=
	reached=
	if $afl; then with_afl "$1"; else with_libfuzzer "$1"; fi
	times >"$1.times"
	took=$(sed 's/[ms]/ /g' "$1.times" |
		awk 'NR == 2 { printf "%.1f", $1 * 60 + $2 + $3 * 60 + $4 }')
	if [ $rc = 0 ]; then
		printf '%-14s ok     %11s runs, %5s places, %8s s of CPU\n' \
			"$1" "${runs:-?}" "${reached:-?}" "$took"
	else
		printf '%-14s BROKEN %11s runs, %5s places: see %s\n' "$1" \
			"${runs:-?}" "${reached:-?}" "$build/$1.log"
		grep -E -m 3 'does not hold|ERROR|SUMMARY|ABORT' "$1.log" || :
	fi
	return $rc
}

if [ "${FUZZ_ONE:-}" ]; then
	cd "$build"
	one "$FUZZ_ONE"
	exit
fi
cc=clang
packages="clang libclang-rt-dev"
! $afl || cc=afl-clang-fast packages="$packages afl++"
command -v $cc >/dev/null 2>&1 || {
	echo "run.sh: needs $cc (on Debian: apt install $packages)" >&2
	exit 77
}
case ${SANITIZE:-address} in
memory) sanitizers=--enable-msan; pages=${*:-$plain} ;;
*)
	sanitizers="--enable-asan --enable-ubsan"
	pages=${*:-$(cd "$top/tests/fuzz" && ls fuzz_*.c |
		sed 's/^fuzz_//; s/\.c$//')}
	;;
esac
mkdir -p "$build/found" "$build/broken"
if [ ! -f "$build/Makefile" ]; then
	# shellcheck disable=SC2086  # options
	(cd "$build" && "$top/configure" -q CC=$cc CFLAGS='-g -O1' \
		--enable-fuzz $sanitizers)
fi
targets=
for page in $pages; do targets="$targets tests/fuzz/fuzz_$page"; done
# shellcheck disable=SC2086  # a list of words
make -s -C "$build" -j"$jobs" $targets

cd "$build"
option=
! $afl || option=--afl
# shellcheck disable=SC2086
printf '%s\n' $pages | FUZZ_SECONDS=$seconds xargs -P "$jobs" -I @ \
	env FUZZ_ONE=@ "$top/tests/fuzz/run.sh" $option "$build" @
