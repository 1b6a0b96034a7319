#!/usr/bin/perl
# SPDX-License-Identifier: ISC
# sink.pl ADDRESS DIR: an MX host without STARTTLS; each message goes to a file.
use strict;
use warnings;
use IO::Socket::INET;

my ($address, $dir) = @ARGV;
my $listen = IO::Socket::INET->new(LocalAddr => $address, LocalPort => 25,
	Listen => 20, ReuseAddr => 1) or die "$address: $!";
my $n = 0;
while (my $c = $listen->accept) {
	$n++;
	print $c "220 sink.example ESMTP\r\n";
	while (my $line = <$c>) {
		if ($line =~ /^DATA/i) {
			print $c "354 go on\r\n";
			open my $out, '>', "$dir/$n.tmp" or die;
			while (($line = <$c>) ne ".\r\n") {
				print $out $line;
			}
			close $out;
			rename "$dir/$n.tmp", "$dir/$n";
		}
		print $c $line =~ /^QUIT/i ? "221 bye\r\n" : "250 ok\r\n";
		last if $line =~ /^QUIT/i;
	}
	close $c;
}
