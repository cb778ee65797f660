# SPDX-License-Identifier: Apache-2.0

# Completion of ipvsadm, ipvsadm-save and ipvsadm-restore for bash. The program itself knows what a line can go on with.

# _ipvsadm_split: sets all to the words of the command line up to the cursor. Bash also breaks them at ":" and "=", where
# no blank is.
_ipvsadm_split() {
	local line=${COMP_LINE:0:COMP_POINT} word i
	all=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		if ((i == 0)) || [[ $line == [[:blank:]]* ]]; then
			all+=('')
			line=${line#"${line%%[![:blank:]]*}"}
		fi
		word=${COMP_WORDS[i]}
		((i < COMP_CWORD)) || word=$line
		all[${#all[@]} - 1]+=$word
		line=${line#"$word"}
	done
}

# _ipvsadm_words: sets words to those that the program will get, without quotes. If the last is the target of a
# redirection instead, it sets target to that and fails.
_ipvsadm_words() {
	local all i last operator='^[0-9]*[<>]+[&|]?'
	_ipvsadm_split
	words=()
	for ((i = 0, last = ${#all[@]} - 1; i <= last; i++)); do
		if [[ ! ${all[i]} =~ $operator ]]; then
			words+=("${all[i]//[\\\"\']/}")
			continue
		fi
		[[ ${all[i]} != "${BASH_REMATCH[0]}" ]] || ((i++)) # the target is the next word
		if ((i >= last)); then
			target=${all[last]#"${BASH_REMATCH[0]}"}
			return 1
		fi
	done
}

# _ipvsadm_offers: prints what the words can go on with. In the directory of a wrapper is the program.
_ipvsadm_offers() {
	local program=ipvsadm
	[[ ${words[0]} != */* ]] || program=${words[0]%/*}/ipvsadm
	PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
	"$program" --complete "${words[@]}" </dev/null 2>/dev/null
}

# _ipvsadm_files BEGUN: completes the name of a file.
_ipvsadm_files() {
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
	compopt -o filenames 2>/dev/null
}

_ipvsadm() {
	local words target kind word current broken open=''
	COMPREPLY=()
	_ipvsadm_words || {
		_ipvsadm_files "$target"
		return
	}
	current=${words[${#words[@]} - 1]}
	# Bash replaces only what follows the last of these.
	broken=${current%"${current##*[":="]}"}
	while IFS=$'\t' read -r kind word _; do
		case $kind in
		word | open)
			[[ $word == "$current"* ]] || continue
			COMPREPLY+=("${word#"$broken"}")
			[[ $kind == word ]] || open=1
			;;
		files) _ipvsadm_files "$current" ;;
		esac
	done < <(_ipvsadm_offers)
	[[ ! $open ]] || compopt -o nospace 2>/dev/null
}

complete -F _ipvsadm ipvsadm ipvsadm-save ipvsadm-restore
