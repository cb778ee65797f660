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
	print -rl -- $hits >>$COMPLETION_OUTPUT
}
write-down() { _main_complete; print END >>$COMPLETION_OUTPUT }
zle -C write-down complete-word write-down
bindkey "^I" write-down
bindkey "^U" kill-whole-line
print END >>$COMPLETION_OUTPUT'

# finished waits for the end of what the shell writes down. What is on its screen is thrown away.
finished() {
	local screen
	until [[ "$(tail -n 1 $COMPLETION_OUTPUT 2>/dev/null)" == END ]]; do
		zpty -rt shell screen || zselect -t 5
	done
}

finished
while IFS= read -r line; do
	print -r -- "== $line"
	: >$COMPLETION_OUTPUT
	zpty -w -n shell "$line"$'\t'
	finished
	grep -vx END $COMPLETION_OUTPUT
	zpty -w -n shell $'\x15'
done
exit 0
