#!/bin/sh
# SPDX-License-Identifier: ISC
#
# docs.sh - do the example and the manuals say what the option table says?
# Runs in the build directory; srcdir is set by make check.
srcdir=${srcdir:-.}
confdoc=lib/config/confdoc
manual=conf/stsgate.conf.5
tmp=docs-test.$$
passed=0
failed=0
mkdir "$tmp" || exit 1
trap 'rm -rf "$tmp"' 0
trap 'exit 1' 1 2 15

ok() {
	passed=$((passed + 1))
}

not_ok() {
	failed=$((failed + 1))
	echo "FAIL: $1"
}

# The copy in the tree has the paths of a distribution: /etc, /var, /run.
{ read -r etc; read -r var; read -r run; } <<END
$($confdoc paths)
END
$confdoc example | sed -e "s|$run|@run@|g" -e "s|$var|@var@|g" \
    -e "s|$etc|@etc@|g" -e 's|@run@|/run|g' -e 's|@var@|/var|g' \
    -e 's|@etc@|/etc|g' >"$tmp/raw"
if cmp -s "$tmp/raw" "$srcdir/conf/stsgate.conf"; then ok
else
	not_ok "conf/stsgate.conf is not what \`$confdoc example' prints:"
	diff "$srcdir/conf/stsgate.conf" "$tmp/raw"
fi

# What is installed differs from it in one line that is no comment.
built=conf/stsgate.conf.built
if [ "$(grep -v '^#' $built | grep .)" = 'dry_run = true;' ]; then ok
else not_ok "$built does not begin with a dry run"; fi

# Each option of the table is an item of the manual, with text below it.
$confdoc mdoc | sed -n 's/^\.It Va //p' >"$tmp/options"
if [ "$(wc -l <"$tmp/options")" -ge 40 ]; then ok
else not_ok "the table has lost its options"; fi
while read -r option; do
	if grep -A 1 "^\.It Va $option\$" $manual | tail -n 1 |
	    grep -q '^[A-Z]'; then ok
	else not_ok "$manual does not explain $option"; fi
	name=${option##*.}
	if grep -q "^#* *$name\( =\| (\|\$\)" "$srcdir/conf/stsgate.conf"
	then ok
	else not_ok "conf/stsgate.conf does not show $option"; fi
done <"$tmp/options"

if command -v mandoc >/dev/null 2>&1; then
	for page in "$srcdir"/conf/*.8 $manual; do
		if mandoc -T lint -W warning "$page" >"$tmp/lint" 2>&1; then ok
		else
			not_ok "mandoc finds fault with $page:"
			cat "$tmp/lint"
		fi
	done
else
	echo "mandoc is missing: the manuals' syntax was not checked"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
