# SPDX-License-Identifier: Apache-2.0

# Functions for scripts that make Debian systems, and for those that test packages in them. Source it after needs.sh, and
# define fail MESSAGE and work, a directory, first. $cache must exist.
# shellcheck shell=bash

say() {
	printf '%6ds  %s\n' "$SECONDS" "$*"
}

# is WHAT GOT WANT
is() {
	[[ $2 == "$3" ]] || fail "$1: got $2, want $3"
}

# bootstrap CODENAME DIRECTORY [PACKAGE,...]: makes a minimal Debian system, with these packages.
bootstrap() {
	local mirror
	mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
		awk '$1 !~ /-/ { print $2; exit }')
	[[ $mirror ]] || fail "apt has no mirror of Debian"
	# What it mounts goes with its namespaces, whatever becomes of it.
	unshare --mount --pid --fork --kill-child debootstrap --variant=minbase ${3:+--include="$3"} "$1" "$2" "$mirror" \
		>"$work/log" 2>&1 || fail "debootstrap: $(tail "$work/log")"
	# Nothing is started while packages are installed: that would be on the wrong kernel.
	printf '#!/bin/sh\nexit 101\n' >"$2/usr/sbin/policy-rc.d"
	chmod 755 "$2/usr/sbin/policy-rc.d"
}

# debian DIRECTORY [PACKAGE...]: makes a Debian system with Debian's ipvsadm in it, and these packages.
debian() {
	local codename tar include=systemd-sysv,iproute2,kmod,netbase
	codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
	tar=$cache/debian-$codename-$(echo "$include" | sha256sum | head -c 8).tar
	if [[ ! -e $tar ]]; then
		bootstrap "$codename" "$work/base" "$include"
		inside "$work/base" apt-get install -y --no-install-recommends ipvsadm
		rm -rf "$work"/base/var/cache/apt/archives/*.deb
		tar -C "$work/base" -cf "$tar.$$" .
		mv "$tar.$$" "$tar"
		rm -rf "$work/base"
	fi
	mkdir "$1"
	tar -C "$1" -xf "$tar"
	if (($# > 1)); then
		inside "$1" apt-get update
		inside "$1" apt-get install -y --no-install-recommends "${@:2}"
	fi
}

# inside ROOT COMMAND...: runs a command in a system, without a kernel of its own. It must succeed. Its output is in
# $work/log.
inside() {
	env -i PATH="$PATH" DEBIAN_FRONTEND=noninteractive http_proxy="${http_proxy-}" https_proxy="${https_proxy-}" \
		chroot "$@" >"$work/log" 2>&1 </dev/null || fail "$* in the Debian system: $(<"$work/log")"
}

# boot ROOT CHECKS: boots the system, which checks itself.
boot() {
	cp "$here/$2" "$1/root/check"
	cp "$here/packages-boot.sh" "$1/root/"
	# The checks start the service more often than systemd lets a faulty one start.
	mkdir -p "$1/etc/systemd/system/ipvsadm.service.d"
	printf '[Unit]\nStartLimitIntervalSec=0\n' >"$1/etc/systemd/system/ipvsadm.service.d/checks.conf"
	cat >"$1/etc/systemd/system/check.service" <<-'UNIT'
		[Unit]
		After=ipvsadm.service network-online.target

		[Service]
		Type=oneshot
		ExecStart=/root/check
		ExecStopPost=systemctl --force poweroff
		StandardOutput=file:/root/check.out
		StandardError=file:/root/check.out
	UNIT
	mkdir -p "$1/etc/systemd/system/multi-user.target.wants"
	ln -s ../check.service "$1/etc/systemd/system/multi-user.target.wants/check.service"
	timeout 600 "$here/kernel" "$here/guest" "$1" boot >"$work/log" 2>&1 || true
	[[ -e $1/root/check.out ]] || fail "the Debian system has not come up: $(tail -n 50 "$work/log")"
	[[ $(tail -n 1 "$1/root/check.out") == "done" ]] || fail "in the Debian system: $(<"$1/root/check.out")"
	say "the boot: $(tail -n 2 "$1/root/check.out" | head -n 1)"
}
