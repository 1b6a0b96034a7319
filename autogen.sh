#!/bin/sh
# SPDX-License-Identifier: ISC
# From a checkout to a configure script, to a demonstration, to a full check.
# shellcheck disable=SC2086  # lists of packages are words
set -eu
cd "$(dirname "$0")"
top=$(pwd)
me=./autogen.sh
yes=false
sanitizers=false

build_packages="autoconf automake make gcc libc6-dev pkg-config check mandoc
	libmilter-dev libcurl4-openssl-dev libunbound-dev nettle-dev
	libssl-dev libevent-dev libconfig-dev libsqlite3-dev libidn2-dev
	libjansson-dev libbsd-dev libsystemd-dev libseccomp-dev uthash-dev
	dns-root-data zsh"
lab_packages="postfix knot knot-dnsutils unbound nginx openssl python3 m4
	procps mount valgrind"
# What tests/report/page.py looks at the report's page with; without it that
# test is skipped, so only automatic checks (CI is set) fetch it
browser_packages="chromium chromium-driver"
[ -z "${CI-}" ] || lab_packages="$lab_packages $browser_packages"
# to make a Debian package, and a Debian to try it on
package_packages="debhelper dpkg-dev lintian debootstrap systemd-container"
# for check --sanitizers
fuzz_packages="clang libclang-rt-dev"
# Debian's other mail servers: one of them is a machine's only one
other_mtas="exim4-daemon-light exim4-daemon-heavy sendmail-bin opensmtpd
	courier-mta nullmailer msmtp-mta dma esmtp-run ssmtp citadel-server"

usage() {
	cat <<-TXT
	Usage: $me [-y] [COMMAND]
	  (none)              make the configure script
	  deps                install what building and trying needs (Debian)
	  demo                build, then show real mail through a real relay
	  check [--sanitizers]
	                      build, unit tests, and the lab: all mail servers
	                      on this machine, in a network of their own; with
	                      --sanitizers again under ASan, UBSan and TSan,
	                      and each parser is fuzzed FUZZ_SECONDS (30) long
	  package             make a Debian package, and try it on a fresh
	                      Debian with Postfix and on one with Sendmail
	  -y                  install without asking
	TXT
}

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "$me" "$*" >&2; exit 1; }

# --- configure -----------------------------------------------------------

autotools() {
	lacking=
	for tool in autoconf automake pkg-config; do
		command -v "$tool" >/dev/null 2>&1 || lacking="$lacking $tool"
	done
	[ -z "$lacking" ] ||
		die "missing:$lacking ($me deps installs all on Debian)"
	autoreconf -fi
}

# --- packages ------------------------------------------------------------

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		command -v sudo >/dev/null 2>&1 ||
			die "not root, and no sudo to install packages with"
		sudo "$@"
	fi
}

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" \
		= installed ]
}

# Prints those of its arguments that are not installed.
missing() {
	for package in "$@"; do
		installed "$package" || printf '%s ' "$package"
	done
}

ask() {
	$yes && return 0
	[ -t 0 ] || die "no terminal to ask at; $me -y deps installs unasked"
	printf 'Go on? [y/N] '
	read -r answer
	case $answer in [yY]*) ;; *) die "nothing was done" ;; esac
}

# Postfix takes the place of a mail server that is there: nobody's -y means
# that.
other_mta() {
	installed postfix && return 0
	for package in $other_mtas; do
		installed "$package" && die "$package is this machine's mail" \
			"server and would be removed for Postfix, which the" \
			"lab needs; if you want that, install postfix first"
	done
	return 0
}

# Nothing that is installed may start: the lab starts its own.
rcd=/usr/sbin/policy-rc.d
rcd_is_ours=false
hush_daemons() {
	[ ! -e $rcd ] || return 0
	rcd_is_ours=true
	trap unhush_daemons EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	printf '#!/bin/sh\nexit 101\n' | as_root tee $rcd >/dev/null
	as_root chmod 755 $rcd
}
unhush_daemons() {
	$rcd_is_ours || return 0
	as_root rm -f $rcd
	rcd_is_ours=false
	trap - EXIT INT TERM HUP
}

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq \
		-o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
		-o Dpkg::Use-Pty=0 "$@"
}

apt_install() {
	hush_daemons
	case " $* " in *" postfix "*)
		echo "postfix postfix/main_mailer_type select No configuration" |
			as_root debconf-set-selections ;;
	esac
	mkdir -p build
	apt install -y --no-install-recommends "$@" >build/deps.log 2>&1 || {
		cat build/deps.log >&2
		die "apt-get could not install:" "$@"
	}
	unhush_daemons
}

# Sendmail conflicts with Postfix as a package, not as a program: its files
# are only unpacked, and the libraries that it links are installed.
sendmail_dir=$top/build/lab-sendmail
sendmail_unpack() {
	tmp=$sendmail_dir.tmp
	rm -rf "$tmp"
	mkdir -p "$tmp"
	(cd "$tmp" && apt-get -qq -o APT::Sandbox::User=root \
		-o Acquire::Retries=3 download \
		sendmail-bin sendmail-base sendmail-cf)
	libraries=$(dpkg-deb -f "$tmp"/sendmail-bin_*.deb Depends |
		tr ',' '\n' | awk '{print $1}' | grep -v '^sendmail' |
		tr '\n' ' ')
	libraries=$(missing $libraries)
	[ -z "$libraries" ] || apt_install $libraries
	for deb in "$tmp"/*.deb; do
		dpkg -x "$deb" "$tmp"
		rm "$deb"
	done
	rm -rf "$sendmail_dir"
	mv "$tmp" "$sendmail_dir"
}

# Prometheus is not wanted, only the tool that checks metrics and rules.
promtool_dir=$top/build/lab-promtool
promtool_unpack() {
	tmp=$promtool_dir.tmp
	rm -rf "$tmp"
	mkdir -p "$tmp"
	(cd "$tmp" && apt-get -qq -o APT::Sandbox::User=root \
		-o Acquire::Retries=3 download prometheus)
	for deb in "$tmp"/*.deb; do
		dpkg --fsys-tarfile "$deb" |
			tar -x -C "$tmp" ./usr/bin/promtool
		rm "$deb"
	done
	rm -rf "$promtool_dir"
	mv "$tmp" "$promtool_dir"
}

deps() {
	wanted="$build_packages $lab_packages"
	! $sanitizers || wanted="$wanted $fuzz_packages"
	if ! command -v apt-get >/dev/null 2>&1 ||
	    ! command -v dpkg-query >/dev/null 2>&1; then
		die "no apt-get here: install by other means what Debian" \
			"calls" $build_packages "(to build)," $lab_packages \
			"(for the lab)"
	fi
	lacking=$(missing $wanted)
	fetch=false
	fetch_promtool=false
	[ -x "$sendmail_dir/usr/libexec/sendmail/sendmail" ] || fetch=true
	[ -x "$promtool_dir/usr/bin/promtool" ] || fetch_promtool=true
	[ -n "$lacking" ] || $fetch || $fetch_promtool || return 0
	[ -z "$lacking" ] || say "To be installed: $lacking"
	! $fetch || say "To be unpacked into build/lab-sendmail:" \
		"Sendmail, and the libraries that it needs installed"
	! $fetch_promtool || say "To be unpacked into build/lab-promtool:" \
		"promtool, of Prometheus"
	other_mta
	ask
	apt update
	[ -z "$lacking" ] || apt_install $lacking
	! $fetch || sendmail_unpack
	! $fetch_promtool || promtool_unpack
}

# --- build and check -----------------------------------------------------

jobs=$(nproc 2>/dev/null || echo 2)

newer() { [ -n "$(find "$1" -newer "$2" 2>/dev/null)" ]; }

# configure_in DIR ARGS...: anew only when something changed
configure_in() {
	dir=$1
	shift
	if [ ! -x configure ] || newer configure.ac configure; then
		autotools
	fi
	mkdir -p "$dir"
	if [ -f "$dir/Makefile" ] && newer "$dir/config.status" configure &&
	    [ "$(cat "$dir/configured-with" 2>/dev/null)" = "$*" ]; then
		return 0
	fi
	[ ! -f "$dir/Makefile" ] || make -s -C "$dir" clean
	(cd "$dir" && "$top/configure" -q "$@")
	printf '%s\n' "$*" >"$dir/configured-with"
}

failures=
failed_stages=0
stage() {
	name=$1
	shift
	say "== $name"
	begin=$(date +%s)
	rc=0
	"$@" || rc=$?
	took=$(($(date +%s) - begin))
	case $rc in
	0) result=ok ;;
	77) result=skipped ;;
	*)
		result="FAILED ($rc)"
		failures="$failures $name,"
		failed_stages=$((failed_stages + 1))
		;;
	esac
	summary="$summary$(printf '%-28s %-12s %4d s' "$name" "$result" $took)
"
}

# Sanitizers of this GCC cannot place their shadow memory under the widest
# address randomisation.
fixed_addresses() {
	if setarch -R true 2>/dev/null; then
		setarch -R "$@"
	else
		"$@"
	fi
}

# What is done beside the other stages, at the lowest priority: the lab waits
# more than it computes. One after the other, since each takes all processors.
beside=
sanitizers_beside() {
	for dir in build-asan build-tsan build/fuzz; do
		mkdir -p $dir
		rm -f $dir/beside.rc
	done
	(
		beside build-asan build_all build-asan --enable-werror \
			--enable-asan --enable-ubsan
		beside build-tsan build_all build-tsan --enable-werror \
			--enable-tsan
		beside build/fuzz fuzz
	) &
	beside=$!
}

# beside DIR COMMAND: what it said is in DIR/beside.log
beside() {
	dir=$1
	shift
	rc=0
	("$@") >"$dir/beside.log" 2>&1 || rc=$?
	echo $rc >"$dir/beside.rc"
}

# Waits for one of them, and shows what it said if it failed.
ended_beside() {
	while [ ! -f "$1/beside.rc" ] && kill -0 $beside 2>/dev/null; do
		sleep 1
	done
	rc=$(cat "$1/beside.rc" 2>/dev/null || echo 1)
	[ "$rc" = 0 ] || cat "$1/beside.log" >&2
	return "$rc"
}

build_all() {
	configure_in "$@" &&
		nice -n 19 make -s -j"$jobs" -C "$1" all &&
		nice -n 19 make -s -j"$jobs" -C "$1" check TESTS=
}

# Each page for seconds of CPU, and the same inputs each time: what comes in
# must not hang on luck. `make fuzz` looks for new ones.
fuzz() {
	nice -n 19 make -s -C build fuzz-short \
		FUZZ_SECONDS="${FUZZ_SECONDS:-30}" FUZZ_JOBS="$jobs" \
		FUZZ_SEED=1
}

fuzzed_beside() {
	ended_beside build/fuzz || return
	grep ' runs, ' build/fuzz/beside.log
}

# Many of them wait for a deadline of their own: two a core.
unit_tests() {
	fixed_addresses make -s -j"$((2 * jobs))" -C "$1" check VERBOSE=1
}

# lab DIR LOG [OPTION]: the lab with the stsgate of that build
lab() {
	mkdir -p "$1/lab"
	(as_root env CI="${CI-}" tests/lab/run --stsgate "$1/stsgate" ${3-}
		echo $? >"$1/lab/rc") 2>&1 | tee "$1/lab/$2"
	return "$(cat "$1/lab/rc")"
}

# Counts what ran: Check's tests one by one, other test programs as one each,
# and the lab's scenarios. A stage that failed before it ran any counts too.
count() {
	for dir in "$@"; do
		for trs in "$dir"/tests/*/*.trs; do
			[ -f "$trs" ] || continue
			log=${trs%.trs}.log
			grep -h '^[0-9]*%: Checks: ' "$log" ||
				sed -n 's/^:test-result: //p' "$trs"
		done
		for log in "$dir"/lab/*.log; do
			tail -n 1 "$log" 2>/dev/null || :
		done
	done | awk -v stages=$failed_stages '
		/Checks:/ { gsub(",", ""); bad += $5 + $7; good += $3 - $5 - $7 }
		/^(PASS|XFAIL)$/ { good++ }
		/^(FAIL|XPASS|ERROR)$/ { bad++ }
		/^[0-9]+ passed, [0-9]+ failed/ { good += $1; bad += $3 }
		END { if (bad < stages) bad = stages
			printf "%d passed, %d failed\n", good, bad }'
}

check() {
	deps
	summary=
	dirs=build
	rm -f build*/lab/*.log
	configure_in build --enable-werror
	make -s -j"$jobs" -C build
	stage "unit tests" unit_tests build
	! $sanitizers || sanitizers_beside
	stage "lab, probing" lab build probes.log --probes
	stage "lab, probes off" lab build plain.log
	if $sanitizers; then
		dirs="build build-asan build-tsan"
		check_sanitized
	fi
	say "== summary"
	printf '%s' "$summary"
	[ -z "$failures" ] || say "failed:${failures%,}"
	count $dirs
	[ -z "$failures" ]
}

check_sanitized() {
	ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
	UBSAN_OPTIONS=print_stacktrace=1
	TSAN_OPTIONS=second_deadlock_stack=1:halt_on_error=1
	export ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS
	stage "build, ASan and UBSan" ended_beside build-asan
	stage "unit tests, ASan and UBSan" unit_tests build-asan
	stage "lab, ASan and UBSan" lab build-asan probes.log --probes
	stage "build, TSan" ended_beside build-tsan
	stage "unit tests, TSan" unit_tests build-tsan
	stage "fuzzing" fuzzed_beside
}

demo() {
	deps
	[ -x build/stsgate ] || configure_in build
	make -s -j"$jobs" -C build stsgate
	as_root tests/lab/demo.py --stsgate build/stsgate
}

package() {
	deps
	lacking=$(missing $package_packages)
	if [ -n "$lacking" ]; then
		say "To be installed: $lacking"
		ask
		apt_install $lacking
	fi
	[ -x build/stsgate ] || configure_in build
	make -s -j"$jobs" -C build stsgate
	make -s -C build deb
	as_root make -s -C build deb-check
}

command=
for argument in "$@"; do
	case $argument in
	-y) yes=true ;;
	-h|--help) usage; exit 0 ;;
	--sanitizers) sanitizers=true ;;
	deps|demo|check|package)
		[ -z "$command" ] || die "one command at a time (--help)"
		command=$argument ;;
	*) die "what is '$argument'? (--help)" ;;
	esac
done
! $sanitizers || [ "$command" = check ] || die "--sanitizers is for check"

case $command in
'') autotools ;;
deps) deps; say "All that is needed is there." ;;
*) $command ;;
esac
