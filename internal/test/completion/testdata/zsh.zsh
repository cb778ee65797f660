# SPDX-License-Identifier: Apache-2.0

# Completes lines in zsh: zsh.zsh DIRECTORY OUTPUT <LINES. The directory has the completion. For each line it prints
# "== LINE" and what it may become. A shell in a terminal is typed at; OUTPUT is a file for it to write to.
zmodload zsh/zpty zsh/zselect
export COMPLETION_DIRECTORY=$1 COMPLETION_OUTPUT=$2
zpty shell zsh -f -i

zpty -w shell 'PS1= PS2= RPS1=
fpath=($COMPLETION_DIRECTORY $fpath)
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
finished
while IFS= read -r line; do
	: >$COMPLETION_OUTPUT
	zpty -w -n shell "$line"$'\t'
	finished
	print -rl -- "== $line" $hits
	zpty -w -n shell $'\x15'
done
exit 0
