dnl SPDX-License-Identifier: ISC
dnl
dnl stsgate for Sendmail 8.17, at delivery: to be put into sendmail.mc behind
dnl the MAILER lines, as text or by include(`/etc/mail/stsgate-delivery.m4')dnl;
dnl it needs stsgate.m4. The lab runs this file as it stands.
dnl
dnl 1. Each recipient is verified. Of FEATURE(`sts') alone Sendmail asks whether
dnl    the server's certificate is good once a connection, for its first
dnl    recipient. Others of the same message, of other domains that have the
dnl    same MX host, go over that connection: enforced mail over one that nobody
dnl    has verified, if the first one's domain publishes nothing.
dnl
dnl 2. A sender group's level above what the recipient's domain publishes.
dnl    Sendmail looks at no header field that a milter added, but it knows the
dnl    sender when it delivers: /etc/mail/stsgroups says what a sender's mail
dnl    needs of the connection, in words of groups.require, and is made by
dnl        makemap hash /etc/mail/stsgroups </etc/mail/stsgroups.txt
dnl    from lines such as
dnl        ceo@example.com         verify
dnl        finance.example.com     secure
dnl        .corp.example.com       encrypt
dnl    (.x: every domain below x). It must be there, if empty. The levels:
dnl        encrypt  TLS of 128 bits or more
dnl        verify   and a certificate that is valid for the MX host's name
dnl        secure   and the recipient domain's policy names that host, or it is
dnl                 the recipient's domain or below it
dnl    Groups by login or client cannot be kept so: at delivery neither is
dnl    known.
dnl
LOCAL_CONFIG
Kstsgroups hash -T<TMPF> /etc/mail/stsgroups
LOCAL_TLS_RCPT
R$*			$: $1 $| $>"STS_secure" $&{verify}
R$* $| $#$*		$#$2
R$* $| $*		$: $1 $| $>"Stsgate_asks" $&f
R$* $| $#$*		$#$2
R$* $| <>		$@ OK
R$* $| <encrypt>	$@ $>"TLS_connection" $&{verify} $| <TEMP+ENCR:128>
R$* $| <verify>		$: $1 $| <verify> $| $>"TLS_connection" $&{verify} $| <TEMP+VERIFY:128>
R$* $| <secure>		$: $1 $| <secure> $| $>"TLS_connection" $&{verify} $| <TEMP+VERIFY:128>
R$* $| <$-> $| $#$*	$#$3
R$* $| <$-> $| $*	$: $1 $| <$2> $| $>"STS_SAN" $1
R$* $| <$-> $| $#$*	$#$3
R$* $| <verify> $| $*	$@ OK
R$* $| <secure> $| $*	$@ $>"Stsgate_vouched" $1
R$*			$#error $@ 4.3.5 $: "450 stsgroups: expected encrypt, verify or secure"

######################################################################
###  Stsgate_asks: <level> for a sender; <> when there is none
######################################################################
SStsgate_asks
R$* < $* > $*		$: $2
R$+ @ $+		$: $(stsgroups $1@$2 $: <?> $2 $)
R<?> $+			$: $(stsgroups $1 $: <?> $1 $)
R<?> $- . $+		$(stsgroups .$2 $: <?> $2 $)
R$* <TMPF>		$#error $@ 4.3.0 $: "450 stsgroups lookup temp fail"
R<?> $*			$@ <>
R$+			$@ <$1>
R$*			$@ <>

######################################################################
###  Stsgate_vouched: is the MX host's name more than an answer of DNS?
######################################################################
SStsgate_vouched
R$* < $* > $*		$: $2
R$+ @ $+		$: $2
R$+ .			$: $1
R$+			$: $(macro {stsgate_domain} $@ $1 $) $(sts $1 $: none $)
R$* <TMPF>		$#error $@ 4.7.0 $: "450 STS lookup temp fail"
dnl the policy's names are looked at by STS_Check, after this
R$* secure $*		$@ OK
R$*			$: $&{server_name}
R$+ .			$: $1
R$&{stsgate_domain}	$@ OK
R$+ . $&{stsgate_domain}	$@ OK
R$*			$#error $@ 4.7.5 $: "450 nothing vouches for " $1 " as MX host of " $&{stsgate_domain}
