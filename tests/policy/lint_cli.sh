#!/bin/sh
# SPDX-License-Identifier: ISC
#
# lint_cli.sh - the contract of `stsgate lint`: exit status, JSON to the
# letter, and what a person reads. What is a policy or a record at all is
# tested in test_sts_policy.c and its neighbours.

stsgate=${STSGATE:-./stsgate}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/lint_cli.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0
unset NO_COLOR POSIXLY_CORRECT
LC_ALL=C
export LC_ALL

# run ARG...: standard input is the caller's; fills $status, $tmp/out, $tmp/err
run()
{
	"$stsgate" lint "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
}

ok() # NAME
{
	passed=$((passed + 1))
}

bad() # NAME GOT WANT
{
	failed=$((failed + 1))
	printf 'FAIL %s\n  got:  %s\n  want: %s\n' "$1" "$2" "$3"
}

exits() # NAME STATUS
{
	if [ "$status" -eq "$2" ]; then ok; else
		bad "$1: exit" "$status: $(cat "$tmp/out" "$tmp/err")" "$2"
	fi
}

prints() # NAME TEXT: all of standard output
{
	if [ "$(cat "$tmp/out")" = "$2" ]; then ok; else
		bad "$1" "$(cat "$tmp/out")" "$2"
	fi
}

says() # NAME FILE PATTERN: some line of out or err
{
	if grep -q -e "$3" "$tmp/$2"; then ok; else
		bad "$1" "$(cat "$tmp/$2")" "a line like $3"
	fi
}

ends() # NAME PATTERN: the last line of standard output
{
	if tail -n 1 "$tmp/out" | grep -q -e "$2"; then ok; else
		bad "$1" "$(tail -n 1 "$tmp/out")" "a last line like $2"
	fi
}

# --- policy -----------------------------------------------------------------

printf 'version: STSv1\nmode: enforce\nmx: mx.good.test\nmax_age: 604800\n' \
    >"$tmp/good"
printf 'version: STSv1\nmode: Enforce\nmx: a_b.test\nmax_age: 604800\n' \
    >"$tmp/bad"
printf 'version: STSv1\nmode: enforce\nmx: *.good.test\nmax_age: 86400\n' \
    >"$tmp/wild"
good_json='{"valid":true,"mode":"enforce","max_age":604800,'
good_json=$good_json'"mx":["mx.good.test"],"findings":[]}'

run policy "$tmp/good"
exits "good policy" 0
ends "good policy" '^valid policy: .*enforce.*604800.*mx\.good\.test'
run policy "$tmp/good" --json
exits "good policy, --json last" 0
prints "good policy, --json last" "$good_json"
run --json policy "$tmp/good"
prints "--json first" "$good_json"
run policy --json "$tmp/good"
prints "--json in the middle" "$good_json"
run policy -j "$tmp/good"
prints "-j" "$good_json"
run policy - --json <"$tmp/good"
exits "policy from standard input" 0
prints "policy from standard input" "$good_json"

run policy "$tmp/bad"
exits "bad policy" 1
says "P-04 line, severity and RFC" out 'bad:2: error: .*mode.*8461 3\.2'
says "P-07 line, severity and RFC" out 'bad:3: error: .*underscore.*8461 3\.2'
ends "bad policy" '^not a valid policy'
run policy "$tmp/bad" --json
exits "bad policy, JSON" 1
says "bad policy, JSON" out \
    '^{"valid":false,"mode":null,"max_age":null,"mx":\[\],"findings":\[{"line":2,"severity":"error","rfc":"8461 3\.2","text":"'

run policy "$tmp/wild"
exits "S-03 a wildcard is valid" 0
says "S-03 a wildcard is told" out 'wild:3: note: .*wildcard'
run policy "$tmp/wild" --json
says "S-03 JSON" out '"mx":\["\*\.good\.test"\],"findings":\[{"line":3,"severity":"note",'

: >"$tmp/empty"
run policy "$tmp/empty"
exits "P-04 empty file" 1
printf 'version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n' >"$tmp/crlf"
run policy "$tmp/crlf" --json
exits "P-01 P-05 CRLF, none" 0
says "P-05 none" out '^{"valid":true,"mode":"none","max_age":86400,"mx":\[\],'
printf 'version: STSv1\nmode: testing\nmx: mx.e\nmax_age: 9999999999' \
    >"$tmp/long_age"
run policy "$tmp/long_age" --json
exits "X-04" 0
says "X-04 clamped" out '"max_age":31557600,'
printf 'version: STSv1\nmode: enforce\n\nmx: mx.e\nmax_age: 604800\n' \
    >"$tmp/blank"
run policy "$tmp/blank"
exits "X-03 blank line is valid" 0
says "X-03 blank line is told" out 'blank:3: warning: '

# 64 KiB exactly, and an octet more
pad() # OCTETS
{
	cat "$tmp/good"
	head -c $(($1 - $(wc -c <"$tmp/good"))) /dev/zero | tr '\0' '\n'
}
pad 65536 >"$tmp/full"
pad 65537 >"$tmp/over"
run policy "$tmp/full"
exits "C-13 65,536 octets" 0
run policy "$tmp/over"
exits "C-13 65,537 octets" 1
says "C-13 too large" out '65,536'
head -c 3000000 /dev/zero >"$tmp/huge"
run policy "$tmp/huge"
exits "T13 3 MB of NUL" 1

run policy "$tmp/absent"
exits "file that is not there" 66
says "file that is not there" err 'absent.*No such file'
run policy "$tmp"
exits "directory" 66
says "directory" err 'directory'
run policy "$tmp/absent" --json
exits "file that is not there, JSON" 66
prints "file that is not there, JSON" ""

# --- record -----------------------------------------------------------------

run record 'v=STSv1; id=20261123T1;'
exits "record" 0
says "record, id" out '20261123T1'
run record --json 'v=STSv1; id=20261123T1;'
prints "record, JSON" '{"valid":true,"id":"20261123T1","findings":[]}'
run record 'v=STSv1; id=a-b'
exits "B-10 bad id" 1
says "B-10 bad id" out 'error: .*id.*8461 3\.1'
run record 'v=STSv1; id=a-b' --json
says "B-10 JSON" out \
    '^{"valid":false,"id":null,"findings":\[{"line":0,"severity":"error","rfc":"8461 3\.1","text":"'
run record 'v=STSv1 ; id=a'
exits "B-08 X-01 alone" 0
says "B-08 X-01 alone is told" out 'warning: '
run record 'v=STSv1; id=a' 'v=spf1 -all'
exits "B-07 beside SPF" 0
says "both are shown" out 'v=spf1 -all'
run record 'v=spf1 -all' 'v=STSv1; id=a' --json
exits "B-07 beside SPF, JSON" 0
says "B-07 beside SPF, JSON" out '"valid":true,"id":"a"'
run record 'v=STSv1; id=a' 'v=STSv1; id=a'
exits "B-09 two" 1
says "B-09 two" out '2 MTA-STS records'
run record 'v=STSv1 ; id=a' 'v=spf1 -all'
exits "B-08 X-01 beside another" 1
run record 'v=STSv1 ; id=b' 'v=STSv1; id=a'
exits "B-08 X-01 beside a strict one" 0
run record ''
exits "empty record" 1
run record "$(printf 'v=STSv1; id=a\033[31m')"
exits "T14 escape" 1
if grep -q "$(printf '\033')" "$tmp/out" "$tmp/err"; then
	bad "T14 no escape on the terminal" "$(cat "$tmp/out")" "\\x1b"
else ok; fi

# --- tlsrpt -----------------------------------------------------------------

run tlsrpt 'v=TLSRPTv1; rua=mailto:a@e.test,https://r.e.test/x'
exits "R-05 tlsrpt" 0
says "R-05 tlsrpt" out 'mailto:a@e.test.*https://r.e.test/x'
run tlsrpt --json 'v=TLSRPTv1; rua=mailto:a@e.test,https://r.e.test/x'
prints "R-05 JSON" \
    '{"valid":true,"rua":["mailto:a@e.test","https://r.e.test/x"],"findings":[]}'
run tlsrpt 'v=TLSRPTv1;' --json
exits "R-05 no rua" 1
says "R-05 no rua, JSON" out \
    '^{"valid":false,"rua":\[\],"findings":\[{"line":0,"severity":"error","rfc":"8460 3",'
run tlsrpt 'v=TLSRPTv1; rua=mailto:a@e.test' 'v=TLSRPTv1; rua=mailto:b@e.test'
exits "R-04 two" 1
run tlsrpt 'v=spf1 -all' 'v=TLSRPTv1; rua=mailto:b@e.test'
exits "R-04 beside another" 0

# --- match ------------------------------------------------------------------

run match '*.good.test' mx1.good.test
exits "V-02 match" 0
run match '*.good.test' a.b.good.test
exits "V-02 no match" 1
run match '*.good.test' good.test --json
exits "V-02 no match, JSON" 1
prints "V-02 no match, JSON" '{"match":false}'
run --json match mx.good.test MX.Good.Test.
exits "V-03 match, JSON" 0
prints "V-03 match, JSON" '{"match":true}'
run match a_b.test a_b.test
exits "P-07 no pattern" 1
says "P-07 no pattern" err 'underscore'
run match '*.good.test' 'a..good.test'
exits "no host name" 1
says "no host name" err 'host'
run match -- '*.good.test' mx.good.test
exits "options end" 0

# --- usage ------------------------------------------------------------------

run --help
exits "--help" 0
says "--help" out '^usage: stsgate lint '
run policy --help
exits "--help behind the subject" 0
run match a b -h
exits "-h at the end" 0
for args in "" "policy" "policy a b" "record" "tlsrpt" "match" "match a" \
    "match a b c" "nonsense a" "--wrong policy a" "policy --wrong a"; do
	# shellcheck disable=SC2086 # words are arguments here
	run $args
	exits "usage of \"$args\"" 64
	says "usage of \"$args\"" err '^usage: stsgate lint '
	prints "usage of \"$args\", standard output" ""
done

# --- colour -----------------------------------------------------------------

esc=$(printf '\033')
run policy "$tmp/bad"
if grep -q "$esc" "$tmp/out"; then
	bad "no colour in a file" "$(cat "$tmp/out")" "plain text"
else ok; fi
# script(1) gives a terminal where there is one
tty_out()
{
	script -q -e -c "$1 '$stsgate' lint policy '$tmp/bad'" /dev/null \
	    </dev/null 2>/dev/null
}
if [ "$(script -q -e -c 'test -t 1 && echo tty' /dev/null </dev/null \
    2>/dev/null | tr -d '\r')" = tty ]; then
	if tty_out "" | grep -q "$esc\\[31m"; then ok; else
		bad "colour on a terminal" "$(tty_out "")" "red"
	fi
	if tty_out "NO_COLOR=1" | grep -q "$esc\\[3"; then
		bad "NO_COLOR" "$(tty_out "NO_COLOR=1")" "plain text"
	else ok; fi
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
