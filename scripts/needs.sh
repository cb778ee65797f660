# Functions for scripts that need programs of Debian packages. Source it, and define fail MESSAGE first.

# as_root COMMAND...: runs it as root, by sudo where we are not.
as_root() {
	if ((EUID == 0)); then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		fail "$* must be run by root"
	fi
}

# need PROGRAM=PACKAGE...: installs the packages whose programs are not there.
need() {
	local pair packages=() log
	for pair; do
		command -v "${pair%%=*}" >/dev/null || packages+=("${pair#*=}")
	done
	((${#packages[@]})) || return 0
	command -v apt-get >/dev/null || fail "install these Debian packages: ${packages[*]}"
	log=$(as_root apt-get update -qq 2>&1 &&
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}" 2>&1) ||
		fail "cannot install ${packages[*]}: $log"
}
