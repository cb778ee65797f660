# SPDX-License-Identifier: Apache-2.0

# Functions for scripts that need programs of Debian packages. Source it, and define fail MESSAGE first.

# Where scripts keep what takes long to make or fetch.
cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/ipvsadm-go

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

# need PROGRAM=PACKAGE...: installs the packages whose programs, or files, are missing. Only one script at a time
# checks, so that none sees packages that another is about to install.
need() {
	local lock pair packages=()
	exec {lock}<"${BASH_SOURCE[0]}"
	flock "$lock"
	for pair; do
		command -v "${pair%%=*}" >/dev/null || [[ -f ${pair%%=*} ]] || packages+=("${pair#*=}")
	done
	((${#packages[@]} == 0)) || install_packages "${packages[@]}"
	exec {lock}<&-
}

# install_packages PACKAGE...: installs them, silently unless it fails.
install_packages() {
	command -v apt-get >/dev/null || fail "install these Debian packages: $*"
	local log
	log=$(as_root apt-get update -qq 2>&1 &&
		as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 \
			install -qq -y --no-install-recommends "$@" 2>&1) || fail "cannot install $*: $log"
}
