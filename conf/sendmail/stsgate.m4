dnl SPDX-License-Identifier: ISC
dnl
dnl stsgate for Sendmail 8.17: to be put into sendmail.mc, before the MAILER
dnl lines, as text or by include(`/etc/mail/stsgate.m4')dnl. Then make sendmail.cf
dnl anew and restart. The lab runs this file as it stands. When it is in yours,
dnl     stsgate check-config --mta sendmail
dnl says what is missing or unsafe in the whole.
dnl
dnl In /etc/stsgate/stsgate.conf:
dnl     milter_socket = "inet:8890@127.0.0.1"
dnl     tlsmap_listen = ["inet:5461@127.0.0.1"]
dnl     own_hosts     = ["relay.example.com"]
dnl Unix sockets: S=local:/run/stsgate/milter.sock, and local:/run/... in place of
dnl inet:5461@127.0.0.1; then socket_group is the group that Sendmail runs with
dnl ("smmta" on Debian; "" if it is root), and no directory on the way may be
dnl writable by others.
dnl
dnl
dnl --- the gate, at RCPT
dnl F=T: while stsgate does not answer, mail waits at its sender; without F= it
dnl would pass unjudged. R: must be above reply_deadline (8 s; at most 9 s).
dnl First of the filters: it adds and removes header fields, and one that signs
dnl (DKIM) must come after it.
INPUT_MAIL_FILTER(`stsgate', `S=inet:8890@127.0.0.1, F=T, T=C:10s;S:10s;R:15s;E:1m')dnl
dnl
dnl --- the map, at delivery
dnl The certificates that MX hosts are verified with: without them nothing is
dnl ever verified, and enforced mail waits until it bounces.
define(`confCACERT', `/etc/ssl/certs/ca-certificates.crt')dnl
define(`confCACERT_PATH', `/etc/ssl/certs')dnl
dnl -T<TMPF>: while the map does not answer, mail waits; without it, mail would
dnl go out in clear. Sendmail asks for the recipient's domain, whatever the
dnl mailertable or a smart host says.
FEATURE(`sts', `socket -d5 -T<TMPF> inet:5461@127.0.0.1')dnl
