#!/bin/bash
# SPDX-License-Identifier: ISC
# inside.sh postfix|sendmail: an administrator's way from apt install to a
# refused message, and back. Runs as root in the container that run starts.
mta=$1
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
cd /try || exit 1
passed=0
failed=0

# is WHAT COMMAND...: the command succeeds
is() {
	local what=$1
	shift
	if "$@" >/try/last 2>&1; then
		passed=$((passed + 1))
		echo "ok    $what"
	else
		failed=$((failed + 1))
		echo "FAIL  $what"
		sed 's/^/      /' /try/last | tail -n 15
	fi
}
not() { ! "$@"; }
has() { grep -qE -- "$2" <<<"$1"; }
# soon SECONDS COMMAND...: it succeeds within that time
soon() {
	local tries=$(($1 * 5))
	shift
	until "$@"; do
		((tries-- > 0)) || return 1
		sleep 0.2
	done
}

# --- README's lines -----------------------------------------------------------

# block HEADING N: the Nth indented block below a heading of README
block() {
	awk -v heading="$1" -v want="$2" '
		/^[A-Z]/ && toupper($0) == $0 { in_it = index($0, heading) == 1 }
		in_it && /^    / { if (!inside) n++; inside = 1
			if (n == want) print substr($0, 5); next }
		/^$/ && inside { if (n == want) print; next }
		{ inside = 0 }' README
}

# --- the world: a domain whose mail host offers no TLS ---------------------------

cat >/etc/unbound/unbound.conf.d/try.conf <<'CONF'
server:
  interface: 127.0.0.1
  local-zone: "example." static
  local-data: "example. SOA ns.example. root.example. 1 60 60 60 60"
  local-data: "dest.example. MX 10 mx.dest.example."
  local-data: "mx.dest.example. A 127.0.0.5"
  local-data: "client.example. MX 10 mx.dest.example."
CONF
rm -f /etc/unbound/unbound.conf.d/root-auto-trust-anchor-file.conf
systemctl restart unbound
rm -f /etc/resolv.conf
echo "nameserver 127.0.0.1" >/etc/resolv.conf
if [ "$mta" = postfix ]; then
	postconf -e inet_interfaces=127.0.0.1
else # which refuses connections, or only queues, on a busy machine
	for limit in QUEUE REFUSE DELAY; do
		sed -i "0,/^MAILER/s//define(\`conf${limit}_LA', \`9999')dnl\nMAILER/" \
			/etc/mail/sendmail.mc
	done
	make -C /etc/mail sendmail.cf
fi >/dev/null 2>&1
mkdir /try/arrived
chmod 777 /try/arrived
systemctl restart "$mta" # its chroot has a copy of resolv.conf
perl sink.pl 127.0.0.5 /try/arrived &

# What the domain publishes asks for nothing: a rule does. Loopback is the
# internet here, and no DNSSEC is above it.
world='
dns = { insecure_zones = ["example"] };
allow_networks = ["127.0.0.0/8"];
groups = ( { name = "default", require = "encrypt", on_fail = "reject" } );'

files() {
	find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /try \
	    -o -path /tmp -o -path '/var/tmp' -o -path '/var/log' -o -path \
	    /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg \
	    -o -path /var/lib/systemd -o -path '/var/spool/*/*' ! -path \
	    '*stsgate*' -o -path /var/lib/postfix -o -path /run ! -path \
	    '*stsgate*' \) -prune -o -print
	find /run /var/spool /var/lib/systemd /var/tmp /tmp -name '*stsgate*'
}

# --- installed, and wired in by nobody -------------------------------------------

files | sort -u >before
is "apt installs it" apt-get -qq install -y ./stsgate_*.deb
is "the service runs" systemctl is-active stsgate
is "it starts at boot" systemctl is-enabled stsgate
exposure=$(systemd-analyze security stsgate | sed -n 's/.*level for.*: \([0-9.]*\) .*/\1/p')
is "exposure $exposure is at most 1.2" awk "BEGIN { exit !($exposure <= 1.2) }"
is "all its processes are stsgate's" test "$(ps -C stsgate -o user= | sort -u)" = stsgate
is "nothing of the sandbox is missed" not grep -q "confined" \
	<(journalctl -u stsgate)
is "the configuration says dry run" grep -q 'ready: milter on .*, dry run' <(journalctl -u stsgate)

# --- README's way -------------------------------------------------------------------

echo "$world" >>/etc/stsgate/stsgate.conf
systemctl restart stsgate # not one of README's: this is the world's
case $mta in
postfix)
	block POSTFIX 1 >>/etc/stsgate/stsgate.conf
	block POSTFIX 2 >>/etc/postfix/main.cf
	commands=$(block POSTFIX 3)
	socket=/var/spool/postfix/stsgate/milter.sock
	;;
sendmail)
	block SENDMAIL 1 >>/etc/stsgate/stsgate.conf
	block SENDMAIL 2 >lines # before the MAILER lines, and behind them
	awk 'NR == FNR { line[NR] = $0; next }
		/^MAILER/ && !n++ { print line[1] }
		{ print } END { print line[2] }' lines \
		/etc/mail/sendmail.mc >sendmail.mc
	cat sendmail.mc >/etc/mail/sendmail.mc
	commands=$(block SENDMAIL 3)
	socket= # on loopback
	;;
esac
is "README's lines are a configuration" stsgate check-config
# check-config --mta may find more to mend, and says so by its exit status.
# shellcheck disable=SC2001 # a regular expression
is "README's commands: ${commands//$'\n'/; }" bash -ec \
	"$(sed 's/.*--mta.*/& || [ $? = 1 ]/' <<<"$commands")"
[ -z "$socket" ] ||
	is "the milter's socket is there" soon 20 test -S "$socket"
is "the relay serves" soon 20 perl -MIO::Socket::INET -e \
	'exit !IO::Socket::INET->new("127.0.0.1:25")'

reply=$(perl send.pl bob@dest.example dry-run 2>&1)
is "dry run: the message is accepted: ${reply//$'\n'/ / }" \
	has "${reply##*$'\n'}" '^250 '
arrived() { grep -l "^Message-ID: <$1@" /try/arrived/* 2>/dev/null; }
is "dry run: it arrives" soon 60 arrived dry-run
field=$(grep -hA 2 '^X-Stsgate:' /try/arrived/* | tr -d '\n\r')
is "dry run: the field says what would have been done: $field" \
	has "$field" 'result=fail; reason=starttls-not-supported.*action=reject.*dry_run=1'
is "dry run: the journal has the line" grep -qE \
	'next_hop=dest.example.*action=reject applied=(accept|tag) dry_run=1' \
	<(journalctl -u stsgate)

# shellcheck disable=SC2016 # Perl's $ARGV
[ -z "$socket" ] || is "T23 a user of this machine does not reach the milter" not \
	setpriv --reuid=65534 --regid=65534 --clear-groups perl -MIO::Socket::UNIX \
	-e 'exit !IO::Socket::UNIX->new($ARGV[0])' "$socket"

# --- from dry run to enforcement ------------------------------------------------------

cp /etc/stsgate/stsgate.conf good.conf
echo 'nonsense = 1;' >>/etc/stsgate/stsgate.conf
is "a mistake is refused at reload" not systemctl reload stsgate
is "and the daemon goes on" systemctl is-active stsgate
sed '/^dry_run = true/d' good.conf >/etc/stsgate/stsgate.conf
is "without dry run: reload" systemctl reload stsgate
soon 10 grep -q 'new configuration in force' <(journalctl -u stsgate)
soon 10 grep -q 'new configuration in force' <(journalctl -u stsgate --since -5s)
refused() {
	reply=$(perl send.pl bob@dest.example enforced 2>&1)
	has "$reply" '^550 5\.7\..*dest.example'
}
is "the recipient is refused" soon 10 refused
echo "      ${reply//$'\n'/ / }"

# --- faults -----------------------------------------------------------------------------

# Postfix itself waits for a syslogd that takes nothing.
if [ "$mta" = postfix ]; then
	postconf -e maillog_file=/var/log/postfix.log
	postfix stop && systemctl restart postfix
	soon 20 refused
fi >/dev/null 2>&1
journald=$(systemctl show -P MainPID systemd-journald)
kill -STOP "$journald"
is "a stalled journal holds up no reply" refused
for n in $(seq 30); do perl send.pl bob@dest.example "s$n"; done >replies 2>&1
is "nor thirty of them" test "$(grep -c '^550 5.7' replies)" = 30
kill -CONT "$journald"
is "and the log goes on" soon 20 bash -c \
	'journalctl -u stsgate --since -30s | grep -c next_hop= | grep -qv "^[0-9]$"'

before_pid=$(systemctl show -P MainPID stsgate)
restarted() { [[ $(systemctl show -P MainPID stsgate) != "$before_pid" &&
	( -z $socket || -S $socket ) ]]; }
if [ -n "$socket" ]; then
	rm "$socket"
	is "a socket that somebody removed: the watchdog restarts the daemon" \
		soon 60 restarted
	is "and recipients are judged again" soon 20 refused
fi

before_pid=$(systemctl show -P MainPID stsgate)
is "the same package again" dpkg -i ./stsgate_*.deb
is "which restarts it" restarted
is "and leaves the configuration alone" grep -q insecure_zones \
	/etc/stsgate/stsgate.conf

# --- removed and purged --------------------------------------------------------------------

is "apt removes it" apt-get -qq remove -y stsgate
is "no process stays" not pgrep -u stsgate
is "what it learnt stays" test -s /var/lib/stsgate/facts.sqlite
is "the configuration stays" test -f /etc/stsgate/stsgate.conf
is "apt purges it" apt-get -qq purge -y stsgate
systemctl daemon-reload
rm -f /etc/mail/stsgate*.m4 /etc/mail/stsgroups* # made by hand
files | sort -u >after
# The account stays, as Debian has it.
is "nothing is left behind" diff before after
cp /try/last /try/left
[ $failed = 0 ] || journalctl -n 400 >&2
echo "$passed passed, $failed failed"
