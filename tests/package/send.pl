#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# send.pl TO TEXT: one message to the relay at 127.0.0.1; prints the reply to
# RCPT, and to the message if RCPT was accepted.
use strict;
use warnings;
use IO::Socket::INET;

my ($to, $text) = @ARGV;
my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 25,
	Timeout => 20) or die "no relay: $!\n";

sub ask {
	my ($say) = @_;
	my ($line, $all) = ('', '');
	print $s "$say\r\n" if defined $say;
	do {
		$line = <$s> // die "the relay hung up\n";
		$all .= $line;
	} while ($line =~ /^\d{3}-/);
	$all =~ s/\r//g;
	return $all;
}

local $SIG{ALRM} = sub { die "no reply in 20 s\n" };
alarm 20;
ask();
ask('EHLO client.example');
ask('MAIL FROM:<alice@client.example>');
my $reply = ask("RCPT TO:<$to>");
print $reply;
if ($reply =~ /^2/) {
	ask('DATA');
	print ask("From: alice\@client.example\r\nTo: $to\r\n" .
		"Subject: $text\r\nMessage-ID: <$text\@client.example>\r\n" .
		"Date: Fri, 27 Nov 2026 12:00:00 +0000\r\n\r\n$text\r\n.");
}
ask('QUIT');
