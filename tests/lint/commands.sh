#!/bin/bash
# SPDX-License-Identifier: ISC
#
# commands.sh - is every command, option and metric in the manuals, and does
# the shell complete every command and option? Runs in the build directory;
# srcdir is set by make check. bash, because it loads bash's completion.
set -u
srcdir=${srcdir:-.}
PATH=$PWD:$PATH # the completion asks the program
passed=0
failed=0
ok() { passed=$((passed + 1)); }
not_ok() {
	failed=$((failed + 1))
	echo "FAIL: $*"
}
check() { # WHAT COMMAND...
	if "${@:2}"; then ok; else not_ok "$1"; fi
}
in_manual() { grep -qhE -- "$1" "$srcdir"/conf/*.8; }
among() { grep -qx -- "$1" <<<"$2"; }

commands=$(stsgate --help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
check "stsgate --help lists commands" among serve "$commands"
options_of() {
	stsgate "$1" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u
}

# --- the manuals --------------------------------------------------------------

# -h, -c and -j are told once for all commands; a macro makes --name of -name.
for command in $commands; do
	check "no manual has the command $command" \
	    in_manual "^\.(It )?Cm (.*[| ])?$command( |\$)"
	for option in $(options_of "$command"); do
		check "no manual has $command $option" \
		    in_manual "Fl -${option#--}( |\$)"
	done
done

# What the code takes, --help tells.
told=$(for command in $commands; do options_of "$command"; done)
taken=$(sed -nE 's/.*\{ "([a-z-]+)", *(no|required|optional)_argument.*/\1/p' \
    "$srcdir"/milter/*.c | sort -u)
check "the code has its options" among config "$taken"
for option in $taken; do
	check "no --help tells of --$option" among "--$option" "$told"
done

# A metric is a text in the code and an item of a manual.
metrics=$(grep -rhoE '"(# [A-Z]+ )?stsgate_[a-z_]+' "$srcdir"/lib \
    "$srcdir"/milter --include='*.c' | grep -oE 'stsgate_[a-z_]+' |
    sed -E 's/_(bucket|sum|count)$//' | sort -u)
for metric in $metrics; do
	check "no manual has the metric $metric" in_manual "\b$metric\b"
done

# --- completion ----------------------------------------------------------------

# shellcheck disable=SC1091
. "$srcdir/conf/completion/stsgate"
# compopt works only while readline completes
compopt() { :; }
complete_bash() { # the words, the last being completed
	COMP_WORDS=(stsgate "$@")
	COMP_CWORD=$#
	_stsgate
	printf '%s\n' "${COMPREPLY[@]}"
}
for command in $commands; do
	check "bash does not complete $command" \
	    among "$command" "$(complete_bash "${command:0:1}")"
	got=$(complete_bash "$command" -)
	for option in $(options_of "$command"); do
		check "bash does not complete $command $option" \
		    among "$option" "$got"
	done
done
check "bash does not complete lint policy" among policy "$(complete_bash lint p)"
check "bash does not complete a file" among "$srcdir/conf/stsgate.conf" \
    "$(complete_bash serve -c "$srcdir/conf/stsgate.con")"
check "bash completes what it cannot know" [ -z "$(complete_bash explain --from '')" ]

# zsh in a terminal of its own: a completion outside an editor is none.
complete_zsh() {
	zsh -f "$srcdir/tests/lint/complete.zsh" "$srcdir/conf/completion" "$1"
}
if command -v zsh >/dev/null 2>&1; then
	got=$(complete_zsh 'stsgate ')
	for command in $commands; do
		check "zsh does not complete $command" among "$command" "$got"
	done
	for command in $commands; do
		got=$(complete_zsh "stsgate $command --")
		for option in $(options_of "$command"); do
			check "zsh does not complete $command $option" \
			    among "$option" "$got"
		done
	done
	check "zsh does not complete lint policy" \
	    among policy "$(complete_zsh 'stsgate lint ')"
else
	echo "zsh is missing: its completion was not tried"
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
