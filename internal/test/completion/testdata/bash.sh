# SPDX-License-Identifier: Apache-2.0

# Completes lines in bash: bash.sh COMPLETION <LINES. For each it prints "== LINE" and what it may become.
. "$1"

# split LINE: sets COMP_WORDS as bash does.
split() {
	local words word
	read -r -a words <<<"$1"
	[[ $1 != *' ' ]] || words+=('')
	COMP_WORDS=()
	for word in "${words[@]}"; do
		[[ $word ]] || COMP_WORDS+=('')
		while [[ $word =~ ^([:=]+|[^:=]+)(.*)$ ]]; do
			COMP_WORDS+=("${BASH_REMATCH[1]}")
			word=${BASH_REMATCH[2]}
		done
	done
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	cur=${words[-1]}
}

while IFS= read -r line; do
	echo "== $line"
	split "$line"
	COMP_LINE=$line COMP_POINT=${#line}
	function=$(complete -p "${COMP_WORDS[0]}")
	function=${function#*-F }
	COMPREPLY=()
	"${function%% *}"
	# What stands behind the last ":" or "=" is replaced.
	for reply in "${COMPREPLY[@]}"; do
		printf '%s\n' "${cur%"${cur##*[:=]}"}$reply"
	done
done
