# SPDX-License-Identifier: ISC
# complete.zsh DIR LINE: what zsh offers at the end of LINE, one a line, with
# the completion functions of DIR. An interactive zsh in a pseudo-terminal is
# given the line; compadd is overridden to print what it would offer.
zmodload zsh/zpty
setopt extendedglob
export SG_DIR=$1
zpty z zsh -f -i
zpty -w z "PROMPT=; unsetopt zle_bracketed_paste 2>/dev/null; fpath=($1:A \$fpath)"
zpty -w z 'autoload -Uz compinit; compinit -u -D'
zpty -w z 'compadd() {
	local -a found; builtin compadd -O found "$@"
	(( $#found )) && print -rl -- "" "<<"$^found">>"
	builtin compadd "$@"
}'
zpty -w z 'bindkey "^I" complete-word; bindkey -s "^X" "";
	zle -C sg-try complete-word sg-run
	sg-run() { _main_complete; print -r -- ; print -r -- "<<end>>" }
	bindkey "^G" sg-try'
zpty -w z 'print "<<""ready>>"'
zpty -r -m z out '*<<ready>>*'
zpty -w -n z "$2"$'\a'
zpty -r -m z out '*<<end>>*'
zpty -d z
print -rl -- ${(f)out//$'\r'/} | sed -n 's/^<<\(.*\)>>$/\1/p' | grep -vx end | sort -u
