# SPDX-License-Identifier: Apache-2.0

# Completes lines in bash or zsh: typed.zsh SHELL COMPLETION OUTPUT <LINES. A shell in a terminal is typed at; OUTPUT
# is a file for it to write to. For each line this prints "== LINE" and what the last word may become.
zmodload zsh/zpty zsh/zselect
export COMPLETION=$2 COMPLETION_OUTPUT=$3

case $1 in
bash)
	zpty shell bash --norc --noprofile -i
	# What the word becomes is written down: bash replaces what follows the last character at which it breaks words.
	setup='PS1= PS2=
bind "set completion-query-items 0"; bind "set page-completions off"; bind "set bell-style none"
. "$COMPLETION"
eval "completed() $(declare -f _ipvsadm | tail -n +2)"
_ipvsadm() {
	completed
	local word=${COMP_LINE:0:COMP_POINT} reply
	word=${word##*[[:blank:]]}
	for reply in "${COMPREPLY[@]}"; do
		printf "%s\n" "${word%"${word##*[:=<>]}"}$reply" >>"$COMPLETION_OUTPUT"
	done
	echo END >>"$COMPLETION_OUTPUT"
}
echo END >>"$COMPLETION_OUTPUT"'
	;;
zsh)
	zpty shell zsh -f -i
	setup='PS1= PS2= RPS1=
fpath=(${COMPLETION:h} $fpath)
autoload -Uz compinit
compinit -u -D
# Matches are written down rather than shown.
compadd() {
	if [[ " ${@[1,(i)(-|--)]} " == *" -"(O|A|D)" "* ]]; then
		builtin compadd "$@"
		return
	fi
	local -a hits
	builtin compadd -A hits "$@"
	(($#hits)) || return 1
	print -rl -- ${(Q)hits} >>$COMPLETION_OUTPUT
}
write-down() { _main_complete; print END >>$COMPLETION_OUTPUT }
zle -C write-down complete-word write-down
bindkey "^I" write-down
bindkey "^U" kill-whole-line
print END >>$COMPLETION_OUTPUT'
	;;
esac

# finished waits for the end of what the shell writes down, and leaves it in hits. What is on its screen is thrown away.
finished() {
	local screen
	while
		hits=(${(f)"$(<$COMPLETION_OUTPUT)"})
		[[ $hits[-1] != END ]]
	do
		zpty -rt shell screen || zselect -t 5
	done
	hits[-1]=()
}

: >>$COMPLETION_OUTPUT
typeset -a hits
zpty -w shell "${setup//$'\t'/}" # which would complete
finished
while IFS= read -r line; do
	: >$COMPLETION_OUTPUT
	zpty -w -n shell "$line"$'\t'
	finished
	print -rl -- "== $line" $hits
	zpty -w -n shell $'\x15'
done
exit 0
