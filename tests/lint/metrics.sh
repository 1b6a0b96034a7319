#!/bin/sh
# SPDX-License-Identifier: ISC
# Is every metric documented, and do alert rules and dashboard use only what
# there is?
set -eu
top=${srcdir:-.}
passed=0
failed=0
names=$(sed -n 's/.*{ "\(stsgate_[a-z_]*\)", "\(counter\|gauge\|histogram\)",.*/\1/p' \
    "$top/milter/metrics.c" | sort -u)
ok() { passed=$((passed + 1)); }
bad() {
	failed=$((failed + 1))
	echo "$*"
}

[ "$(echo "$names" | wc -l)" -ge 10 ] || bad "metrics.c has lost its table"
for name in $names; do
	if grep -q "^\.It Cm.*$name" "$top/conf/stsgate.8"; then
		ok
	else
		bad "conf/stsgate.8 does not explain $name"
	fi
done
for file in "$top"/conf/prometheus/*.yml "$top"/conf/grafana/*.json; do
	for used in $(grep -o 'stsgate_[a-z_]*' "$file" | sort -u |
	    sed 's/_\(bucket\|sum\|count\)$//'); do
		if echo "$names" | grep -qx "$used"; then
			ok
		else
			bad "$file uses $used, which there is not"
		fi
	done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
