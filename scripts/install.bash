# To be sourced: installs what scripts need. A script that sources this has a function fail.

export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

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

# install_missing PROGRAM=PACKAGE...: installs the packages whose programs are not there. PROGRAM may be a
# path, of any file.
install_missing() {
	local need packages=()
	for need; do
		[[ $need == /* && -e ${need%%=*} ]] || command -v "${need%%=*}" >/dev/null || packages+=("${need#*=}")
	done
	((${#packages[@]})) || return 0
	command -v apt-get >/dev/null || fail "install these Debian packages: ${packages[*]}"
	local log
	log=$(as_root apt-get update -qq 2>&1 &&
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}" 2>&1) ||
		fail "cannot install ${packages[*]}: $log"
}
