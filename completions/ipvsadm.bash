# SPDX-License-Identifier: Apache-2.0

# Completion of ipvsadm, ipvsadm-save and ipvsadm-restore for bash.

# _ipvsadm_rules: prints the table of the network namespace that the command line names.
_ipvsadm_rules() {
	ipvsadm -S -n "${netns[@]}" 2>/dev/null
}

# _ipvsadm_namespaces: prints the network namespaces that have names.
_ipvsadm_namespaces() {
	local directory
	for directory in /run/netns /run/docker/netns; do
		(cd "$directory" 2>/dev/null && shopt -s nullglob && echo *)
	done
}

# _ipvsadm_groups COMMAND: prints the options that go with a command. Those on a line are one option: of these a
# command line takes one.
_ipvsadm_groups() {
	local service='-t --tcp-service -u --udp-service --sctp-service -f --fwmark-service'
	case $1 in
	-A | --add-service | -a | --add-server) printf '%s\n' '--ensure' '--keep' ;;
	-E | --edit-service | -e | --edit-server) echo '--keep' ;;
	-D | --delete-service | -d | --delete-server) printf '%s\n' '--ensure' '--drain' '--force' ;;
	esac
	case $1 in
	-A | --add-service | -E | --edit-service)
		printf '%s\n' "$service" '-6 --ipv6' '-s --scheduler' '-p --persistent' '-M --netmask' '--pe' \
			'-b --sched-flags' '-o --ops'
		;;
	-D | --delete-service)
		printf '%s\n' "$service" '-6 --ipv6'
		;;
	-Z | --zero)
		printf '%s\n' "$service" '-4 --ipv4' '-6 --ipv6' '--vip --marks'
		;;
	-a | --add-server | -e | --edit-server)
		printf '%s\n' "$service" '-6 --ipv6' '-r --real-server' '-m --masquerading -i --ipip -g --gatewaying' \
			'-w --weight' '-x --u-threshold' '-y --l-threshold' '--tun-type' '--tun-port' \
			'--tun-nocsum --tun-csum --tun-remcsum'
		;;
	-d | --delete-server)
		printf '%s\n' "$service" '-6 --ipv6' '-r --real-server'
		;;
	-L | -l | --list)
		printf '%s\n' "$service" '-4 --ipv4' '-6 --ipv6' '--vip --marks' '-c --connection --timeout --daemon' '--stats' '--rate' '--thresholds' \
			'--persistent-conn' '--tun-info' '--nosort --sort --sort-by' '--watch' '--syncid' \
			'-X --exact' '--wide' '--total' '--color' '-n --numeric' '-j --json' '--metrics' '-r --real-server' '--client' '--count' \
			'--origin'
		;;
	-S | --save)
		printf '%s\n' "$service" '-4 --ipv4' '-6 --ipv6' '--vip --marks' '-n --numeric' '--thresholds' '--timeout' '--daemon' \
			'--all' '--stable' '--sysctl'
		;;
	-R | --restore)
		printf '%s\n' '--replace' '--only' '--dry-run' '--wait'
		;;
	-C | --clear)
		printf '%s\n' '-4 --ipv4' '-6 --ipv6' '--vip --marks' '--dry-run' '--wait'
		;;
	--start-daemon)
		printf '%s\n' '--mcast-interface' '--syncid' '--mcast-group' '--mcast-port' '--mcast-ttl' '--sync-maxlen'
		;;
	--stop-daemon)
		echo '--syncid'
		;;
	--sysctl | --schedulers)
		echo '-j --json'
		;;
	-h | --help | -v | --version | --build)
		return
		;;
	esac
	echo '--netns'
}

# _ipvsadm_options COMMAND WORD...: prints the options that go with a command and are not among the words yet.
_ipvsadm_options() {
	local group option
	while read -r group; do
		for option in $group; do
			[[ " ${*:2} " == *" $option "* ]] && continue 2
		done
		echo "$group"
	done < <(_ipvsadm_groups "$1")
}

# _ipvsadm_table OPTION...: prints the addresses and marks in the table that follow these options.
_ipvsadm_table() {
	_ipvsadm_rules | while read -r -a words; do
		for ((i = 1; i + 1 < ${#words[@]}; i++)); do
			[[ " $* " == *" ${words[i]} "* ]] && echo "${words[i + 1]}"
		done
	done | sort -u
}

# _ipvsadm_servers OPTION SERVICE: prints the real servers of a service in the table; of all services without one.
_ipvsadm_servers() {
	_ipvsadm_rules | while read -r -a words; do
		[[ ${words[0]} == -a && (-z $2 || ${words[1]} == "$1" && ${words[2]} == "$2") ]] || continue
		for ((i = 3; i + 1 < ${#words[@]}; i++)); do
			[[ ${words[i]} == -r ]] && echo "${words[i + 1]}"
		done
	done | sort -u
}

# _ipvsadm_sysctls: prints the sysctls that the kernel has.
_ipvsadm_sysctls() {
	(cd /proc/sys/net/ipv4/vs 2>/dev/null && shopt -s nullglob && echo *)
}

# _ipvsadm_sched_flags SCHEDULER BEGUN: prints what a list of scheduler flags can go on with.
_ipvsadm_sched_flags() {
	local flags flag done=
	case $1 in
	sh | mh) flags="$1-fallback $1-port flag-1 flag-2 flag-3" ;;
	*) flags='flag-1 flag-2 flag-3' ;;
	esac
	[[ $2 == *,* ]] && done=${2%,*},
	for flag in $flags; do
		[[ ,$done == *,$flag,* ]] || echo "$done$flag"
	done
}

# _ipvsadm_choice COMMAND OPTION CURRENT WORD...: prints the completions of CURRENT, which is the value of OPTION if
# that takes one. The words are those before it.
_ipvsadm_choice() {
	local command=$1 option=$2 current=$3 words=("${@:4}") i service='' address='' scheduler='' netns=()
	for ((i = 0; i < ${#words[@]}; i++)); do
		case ${words[i]} in
		-t | --tcp-service) service=-t address=${words[i + 1]} ;;
		-u | --udp-service) service=-u address=${words[i + 1]} ;;
		--sctp-service) service=--sctp-service address=${words[i + 1]} ;;
		-f | --fwmark-service) service=-f address=${words[i + 1]} ;;
		-s | --scheduler) scheduler=${words[i + 1]} ;;
		--netns) netns=(--netns "${words[i + 1]}") ;;
		--netns=*) netns=("${words[i]}") ;;
		esac
	done
	case $option in
	-t | --tcp-service | -u | --udp-service | --sctp-service | -f | --fwmark-service)
		# What is in the table cannot be added.
		case $command:$option in
		-A:* | --add-service:*) ;;
		*:-t | *:--tcp-service) _ipvsadm_table -t ;;
		*:-u | *:--udp-service) _ipvsadm_table -u ;;
		*:--sctp-service) _ipvsadm_table --sctp-service ;;
		*) _ipvsadm_table -f ;;
		esac
		;;
	-r | --real-server)
		case $command in
		-a | --add-server) _ipvsadm_servers ;;
		*) _ipvsadm_servers "$service" "$address" ;;
		esac
		;;
	-s | --scheduler) echo rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos ;;
	-b | --sched-flags) _ipvsadm_sched_flags "$scheduler" "$current" ;;
	--pe) echo sip ;;
	--tun-type) echo ipip gue gre ;;
	--start-daemon | --stop-daemon) echo master backup ;;
	--sort-by) echo conns inpkts outpkts inbytes outbytes cps inpps outpps inbps outbps active inactive weight ;;
	--netns) _ipvsadm_namespaces ;;
	--mcast-interface) (cd /sys/class/net 2>/dev/null && echo *) ;;
	-M | --netmask | -w | --weight | -x | --u-threshold | -y | --l-threshold | --tun-port | --syncid | --mcast-group | \
		--mcast-port | --mcast-ttl | --sync-maxlen | --client | --vip) ;;
	*)
		_ipvsadm_options "$command" "${words[@]}"
		[[ $command == --sysctl ]] && _ipvsadm_sysctls
		;;
	esac
}

# _ipvsadm_words: sets words to those of the command line, up to the one being written. Bash breaks them at ":" and "=".
_ipvsadm_words() {
	local piece joined='' i
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		piece=${COMP_WORDS[i]}
		if [[ $piece == +([:=]) ]]; then
			joined=1
		elif [[ $joined ]]; then
			joined=
		else
			words+=("$piece")
			continue
		fi
		words[${#words[@]} - 1]+=$piece
	done
}

# _ipvsadm_command_first: moves --netns, which may precede the command, after it, and removes it if the command is
# being written. It then sets preceded.
_ipvsadm_command_first() {
	local length=0
	case ${words[0]##*/}:${words[1]} in
	ipvsadm:--netns) length=2 ;;
	ipvsadm:--netns=*) length=1 ;;
	esac
	preceded=
	((length && ${#words[@]} > length + 1)) || return
	preceded=1
	local netns=("${words[@]:1:length}") rest=("${words[@]:length + 1}")
	((${#rest[@]} > 1)) || netns=()
	words=("${words[0]}" "${rest[0]}" "${netns[@]}" "${rest[@]:1}")
}

_ipvsadm() {
	local words preceded choice='' IFS=$' \t\n'
	_ipvsadm_words
	_ipvsadm_command_first
	local count=${#words[@]}
	local whole=${words[count - 1]} option=${words[count - 2]} command=${words[1]}
	local cur=$whole
	case ${words[0]##*/} in
	ipvsadm-save) command=--save ;;
	ipvsadm-restore) command=--restore ;;
	esac

	case ${words[0]##*/}:$count:$whole in
	ipvsadm:2:--netns=*)
		choice=$(_ipvsadm_namespaces) cur=${whole#*=}
		;;
	ipvsadm:2:*)
		choice='-A --add-service -E --edit-service -D --delete-service -C --clear -L -l --list -Z --zero
			-a --add-server -e --edit-server -d --delete-server --set --start-daemon --stop-daemon
			-R --restore -S --save --sysctl --schedulers -h --help -v --version --build'
		[[ $preceded ]] || choice+=' --netns'
		;;
	*)
		# A bundle of letters begins with the command.
		[[ $command == -[!-]* ]] && command=${command:0:2}
		# A value can be glued to a long option.
		[[ $whole == --*=* ]] && option=${whole%%=*} cur=${whole#*=}
		choice=$(_ipvsadm_choice "$command" "$option" "$cur" "${words[@]:1:count-2}")
		;;
	esac
	local candidates candidate
	read -r -d '' -a candidates <<<"$choice"
	COMPREPLY=()
	for candidate in "${candidates[@]}"; do
		# ipvsadm-save has no --numeric.
		[[ $candidate != "$cur"* || ${words[0]##*/}:$candidate == ipvsadm-save:--numeric ]] || COMPREPLY+=("$candidate")
	done
	if [[ ${words[0]##*/} == ipvsadm-restore && $whole != -* && $option != --netns ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		compopt -o filenames 2>/dev/null
	fi

	# Bash replaces only what follows the last ":" or "=".
	if [[ $cur == *[:=]* ]]; then
		local last=${cur##*[:=]}
		COMPREPLY=("${COMPREPLY[@]#"${cur%"$last"}"}")
	fi
}

complete -F _ipvsadm ipvsadm ipvsadm-save ipvsadm-restore
