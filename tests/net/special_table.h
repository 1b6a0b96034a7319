/* SPDX-License-Identifier: ISC */
/* special_table.h - addresses that must not be connected to, and their
   neighbours that may (THREATS T10, STANDARDS C-19). */
#ifndef SPECIAL_TABLE_H
#define SPECIAL_TABLE_H

enum { FREE, SPECIAL };

static const struct {
	const char *addr;
	int want;
} special_table[] = {
	/* 0.0.0.0/8 */
	{ "0.0.0.0", SPECIAL }, { "0.0.0.1", SPECIAL },
	{ "0.1.2.3", SPECIAL }, { "0.255.255.255", SPECIAL },
	{ "1.0.0.0", FREE }, { "1.1.1.1", FREE },
	/* 10/8 */
	{ "9.255.255.255", FREE }, { "10.0.0.0", SPECIAL },
	{ "10.0.0.1", SPECIAL }, { "10.200.3.4", SPECIAL },
	{ "10.255.255.255", SPECIAL }, { "11.0.0.0", FREE },
	/* 100.64/10 */
	{ "100.63.255.255", FREE }, { "100.64.0.0", SPECIAL },
	{ "100.64.0.1", SPECIAL }, { "100.100.100.200", SPECIAL },
	{ "100.127.255.255", SPECIAL }, { "100.128.0.0", FREE },
	{ "100.0.0.1", FREE },
	/* 127/8 */
	{ "126.255.255.255", FREE }, { "127.0.0.0", SPECIAL },
	{ "127.0.0.1", SPECIAL }, { "127.0.0.53", SPECIAL },
	{ "127.1.0.1", SPECIAL }, { "127.255.255.255", SPECIAL },
	{ "128.0.0.0", FREE }, { "128.0.0.1", FREE },
	/* 169.254/16 */
	{ "169.253.255.255", FREE }, { "169.254.0.0", SPECIAL },
	{ "169.254.169.254", SPECIAL }, { "169.254.170.2", SPECIAL },
	{ "169.254.255.255", SPECIAL }, { "169.255.0.0", FREE },
	/* 172.16/12 */
	{ "172.15.255.255", FREE }, { "172.16.0.0", SPECIAL },
	{ "172.16.0.1", SPECIAL }, { "172.17.0.1", SPECIAL },
	{ "172.24.5.6", SPECIAL }, { "172.31.255.255", SPECIAL },
	{ "172.32.0.0", FREE }, { "172.0.0.1", FREE },
	/* 192.0.0/24, 192.0.2/24 */
	{ "191.255.255.255", FREE }, { "192.0.0.0", SPECIAL },
	{ "192.0.0.8", SPECIAL }, { "192.0.0.170", SPECIAL },
	{ "192.0.0.255", SPECIAL }, { "192.0.1.0", FREE },
	{ "192.0.1.255", FREE }, { "192.0.2.0", SPECIAL },
	{ "192.0.2.1", SPECIAL }, { "192.0.2.255", SPECIAL },
	{ "192.0.3.0", FREE },
	/* 192.88.99/24 */
	{ "192.88.98.255", FREE }, { "192.88.99.0", SPECIAL },
	{ "192.88.99.1", SPECIAL }, { "192.88.99.255", SPECIAL },
	{ "192.88.100.0", FREE },
	/* 192.168/16 */
	{ "192.167.255.255", FREE }, { "192.168.0.0", SPECIAL },
	{ "192.168.1.1", SPECIAL }, { "192.168.178.1", SPECIAL },
	{ "192.168.255.255", SPECIAL }, { "192.169.0.0", FREE },
	/* 198.18/15 */
	{ "198.17.255.255", FREE }, { "198.18.0.0", SPECIAL },
	{ "198.18.0.1", SPECIAL }, { "198.19.0.0", SPECIAL },
	{ "198.19.255.255", SPECIAL }, { "198.20.0.0", FREE },
	/* 198.51.100/24, 203.0.113/24 */
	{ "198.51.99.255", FREE }, { "198.51.100.0", SPECIAL },
	{ "198.51.100.7", SPECIAL }, { "198.51.100.255", SPECIAL },
	{ "198.51.101.0", FREE }, { "203.0.112.255", FREE },
	{ "203.0.113.0", SPECIAL }, { "203.0.113.99", SPECIAL },
	{ "203.0.113.255", SPECIAL }, { "203.0.114.0", FREE },
	/* multicast, reserved, broadcast */
	{ "223.255.255.255", FREE }, { "224.0.0.0", SPECIAL },
	{ "224.0.0.1", SPECIAL }, { "224.0.0.251", SPECIAL },
	{ "232.1.2.3", SPECIAL }, { "239.255.255.250", SPECIAL },
	{ "239.255.255.255", SPECIAL }, { "240.0.0.0", SPECIAL },
	{ "240.0.0.1", SPECIAL }, { "250.1.2.3", SPECIAL },
	{ "254.255.255.255", SPECIAL }, { "255.255.255.254", SPECIAL },
	{ "255.255.255.255", SPECIAL },
	/* public */
	{ "8.8.8.8", FREE }, { "9.9.9.9", FREE }, { "17.0.0.1", FREE },
	{ "64.233.160.1", FREE }, { "93.184.216.34", FREE },
	{ "104.16.0.1", FREE }, { "151.101.1.1", FREE },
	{ "185.1.2.3", FREE }, { "192.31.196.1", FREE },
	{ "192.52.193.1", FREE }, { "192.175.48.1", FREE },
	{ "199.7.83.42", FREE }, { "212.227.0.1", FREE },

	/* :: and ::1; IPv4-compatible, deprecated */
	{ "::", SPECIAL }, { "::1", SPECIAL }, { "::2", SPECIAL },
	{ "::0.1.2.3", SPECIAL }, { "::127.0.0.1", SPECIAL },
	{ "::10.0.0.1", SPECIAL }, { "::192.168.1.1", SPECIAL },
	{ "::169.254.169.254", SPECIAL }, { "::255.255.255.255", SPECIAL },
	{ "::8.8.8.8", FREE }, { "::1.1.1.1", FREE },
	{ "::1:8.8.8.8", SPECIAL }, { "0:0:0:1::8.8.8.8", SPECIAL },
	/* mapped */
	{ "::ffff:0.0.0.0", SPECIAL }, { "::ffff:127.0.0.1", SPECIAL },
	{ "::ffff:7f00:1", SPECIAL }, { "::ffff:10.1.2.3", SPECIAL },
	{ "::ffff:172.16.0.1", SPECIAL }, { "::ffff:172.32.0.1", FREE },
	{ "::ffff:192.168.0.1", SPECIAL },
	{ "::ffff:169.254.169.254", SPECIAL },
	{ "::ffff:a9fe:a9fe", SPECIAL }, { "::ffff:100.64.0.1", SPECIAL },
	{ "::ffff:224.0.0.1", SPECIAL }, { "::ffff:240.0.0.1", SPECIAL },
	{ "::ffff:255.255.255.255", SPECIAL },
	{ "::ffff:198.51.100.1", SPECIAL }, { "::ffff:8.8.8.8", FREE },
	{ "::ffff:808:808", FREE }, { "::fffe:8.8.8.8", SPECIAL },
	/* stateless translation, RFC 2765: not mapped, not global */
	{ "::ffff:0:8.8.8.8", SPECIAL }, { "::ffff:0:127.0.0.1", SPECIAL },
	/* NAT64, well-known prefix */
	{ "64:ff9b::0.0.0.0", SPECIAL }, { "64:ff9b::", SPECIAL },
	{ "64:ff9b::127.0.0.1", SPECIAL }, { "64:ff9b::10.0.0.1", SPECIAL },
	{ "64:ff9b::172.31.255.255", SPECIAL },
	{ "64:ff9b::192.168.1.1", SPECIAL },
	{ "64:ff9b::169.254.169.254", SPECIAL },
	{ "64:ff9b::a9fe:a9fe", SPECIAL }, { "64:ff9b::100.64.0.1", SPECIAL },
	{ "64:ff9b::192.0.2.1", SPECIAL }, { "64:ff9b::224.0.0.1", SPECIAL },
	{ "64:ff9b::255.255.255.255", SPECIAL },
	{ "64:ff9b::8.8.8.8", FREE }, { "64:ff9b::93.184.216.34", FREE },
	{ "64:ff9b:0:1::8.8.8.8", SPECIAL }, { "64:ff9a::8.8.8.8", SPECIAL },
	{ "64:ff9c::8.8.8.8", SPECIAL },
	/* NAT64, local prefixes */
	{ "64:ff9b:1::127.0.0.1", SPECIAL },
	{ "64:ff9b:1::10.0.0.1", SPECIAL },
	{ "64:ff9b:1::169.254.169.254", SPECIAL },
	{ "64:ff9b:1:fffe::192.168.0.1", SPECIAL },
	{ "64:ff9b:1::8.8.8.8", FREE }, { "64:ff9b:1:fffe::8.8.8.8", FREE },
	/* ... of 48, 56 and 64 bits: 10.0.0.1 further left */
	{ "64:ff9b:1:a00:0:100:808:808", SPECIAL },
	{ "64:ff9b:1:a:0:1:808:808", SPECIAL },
	{ "64:ff9b:1:0:a:0:108:808", SPECIAL },
	{ "64:ff9b:2::8.8.8.8", SPECIAL },
	/* 6to4 */
	{ "2002::", SPECIAL }, { "2002:7f00:1::", SPECIAL },
	{ "2002:7f00:1::1", SPECIAL }, { "2002:a00:1::1", SPECIAL },
	{ "2002:ac10:1::1", SPECIAL }, { "2002:c0a8:101::1", SPECIAL },
	{ "2002:a9fe:a9fe::1", SPECIAL }, { "2002:6440:1::1", SPECIAL },
	{ "2002:c058:6301::1", SPECIAL }, { "2002:c000:201::1", SPECIAL },
	{ "2002:e000:1::1", SPECIAL }, { "2002:ffff:ffff::1", SPECIAL },
	{ "2002:808:808::1", FREE }, { "2002:5db8:d822::1", FREE },
	{ "2001:ffff:7f00:1::", FREE }, { "2003:7f00:1::1", FREE },
	/* Teredo: server, then client inverted */
	{ "2001::", SPECIAL }, { "2001::1", SPECIAL },
	{ "2001:0:808:808:0:0:f7f7:f7f7", FREE },
	{ "2001:0:4136:e378:8000:63bf:3fff:fdd2", SPECIAL }, /* 192.0.2.45 */
	{ "2001:0:4136:e378:8000:63bf:f7f7:f7f7", FREE },
	{ "2001:0:7f00:1:0:0:f7f7:f7f7", SPECIAL },
	{ "2001:0:a00:1:0:0:f7f7:f7f7", SPECIAL },
	{ "2001:0:c0a8:101:0:0:f7f7:f7f7", SPECIAL },
	{ "2001:0:a9fe:a9fe:0:0:f7f7:f7f7", SPECIAL },
	{ "2001:0:808:808:0:0:80ff:fffe", SPECIAL }, /* 127.0.0.1 */
	{ "2001:0:808:808:0:0:f5ff:fffe", SPECIAL }, /* 10.0.0.1 */
	{ "2001:0:808:808:0:0:3f57:fefe", SPECIAL }, /* 192.168.1.1 */
	{ "2001:0:808:808:0:0:5601:5601", SPECIAL }, /* 169.254.169.254 */
	{ "2001:0:808:808:0:0:ffff:ffff", SPECIAL }, /* 0.0.0.0 */
	{ "2001:0:808:808:0:0:0:0", SPECIAL },       /* 255.255.255.255 */
	/* 127.0.0.1 as it is: inverted it is 128.255.255.254 */
	{ "2001:0:808:808:0:0:7f00:1", FREE },
	/* the rest of 2001::/23 */
	{ "2001:1::1", SPECIAL }, { "2001:2::1", SPECIAL },
	{ "2001:2:0:ffff::1", SPECIAL }, { "2001:10::1", SPECIAL },
	{ "2001:1f:ffff::1", SPECIAL }, { "2001:20::1", SPECIAL },
	{ "2001:1ff:ffff:ffff::1", SPECIAL }, { "2001:200::1", FREE },
	/* documentation */
	{ "2001:db7:ffff::1", FREE }, { "2001:db8::", SPECIAL },
	{ "2001:db8::1", SPECIAL }, { "2001:db8:ffff:ffff::1", SPECIAL },
	{ "2001:db9::1", FREE }, { "3fff::1", SPECIAL },
	{ "3fff:fff:ffff::1", SPECIAL }, { "3fff:1000::1", FREE },
	{ "3ffe:ffff::1", FREE },
	/* unique local, link-local, site-local, multicast */
	{ "fbff:ffff::1", SPECIAL }, { "fc00::", SPECIAL },
	{ "fc00::1", SPECIAL }, { "fd00::1", SPECIAL },
	{ "fd00:ec2::254", SPECIAL }, { "fdff:ffff:ffff::1", SPECIAL },
	{ "fe00::1", SPECIAL }, { "fe80::", SPECIAL }, { "fe80::1", SPECIAL },
	{ "fe80::5efe:127.0.0.1", SPECIAL }, { "febf:ffff::1", SPECIAL },
	{ "fec0::1", SPECIAL }, { "feff::1", SPECIAL }, { "ff00::", SPECIAL },
	{ "ff02::1", SPECIAL }, { "ff02::fb", SPECIAL },
	{ "ff0e::1", SPECIAL },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", SPECIAL },
	/* not global unicast: discard, unassigned, segment routing */
	{ "100::1", SPECIAL }, { "100:0:0:1::1", SPECIAL },
	{ "200::1", SPECIAL }, { "1000::1", SPECIAL },
	{ "1fff:ffff::1", SPECIAL }, { "2000::1", FREE },
	{ "3fff:ffff::1", FREE }, { "4000::1", SPECIAL },
	{ "5f00::1", SPECIAL }, { "8000::1", SPECIAL }, { "c000::1", SPECIAL },
	/* public */
	{ "2001:4860:4860::8888", FREE }, { "2606:4700::1111", FREE },
	{ "2620:4f:8000::1", FREE }, { "2620:fe::fe", FREE },
	{ "2a00:1450:4001::1", FREE }, { "2a02:2e0::1", FREE },
	{ "2c0f:fb50::1", FREE }, { "2400:cb00::1", FREE },
	/* more of what hides behind other notations of the same */
	{ "127.0.0.2", SPECIAL }, { "127.0.25.1", SPECIAL },
	{ "10.11.12.13", SPECIAL }, { "172.31.0.1", SPECIAL },
	{ "192.168.255.255", SPECIAL }, { "169.254.0.1", SPECIAL },
	{ "100.64.255.255", SPECIAL }, { "224.0.0.251", SPECIAL },
	{ "239.1.2.3", SPECIAL }, { "240.1.2.3", SPECIAL },
	{ "::ffff:10.11.12.13", SPECIAL }, { "::ffff:172.31.0.1", SPECIAL },
	{ "::ffff:127.0.25.1", SPECIAL }, { "::ffff:224.0.0.1", SPECIAL },
	{ "64:ff9b::172.16.0.9", SPECIAL }, { "64:ff9b::192.168.0.9", SPECIAL },
	{ "64:ff9b::127.0.25.1", SPECIAL }, { "2002:c0a8:0009::1", SPECIAL },
	{ "2002:ac10:0009::1", SPECIAL }, { "2002:7f00:0001::5", SPECIAL },
	{ "2002:a9fe:a9fe::1", SPECIAL }, { "fc00::1", SPECIAL },
	{ "fdff::1", SPECIAL }, { "fe80::1234", SPECIAL },
	{ "ff02::fb", SPECIAL }, { "ff0e::1", SPECIAL },
	{ "2001:db8:1::9", SPECIAL },
};
#endif
