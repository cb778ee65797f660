# SPDX-License-Identifier: Apache-2.0

# Functions for the checks that scripts/packages-test has run in a system that has just booted. Source it, and set settings
# to the file of the service's settings.
# shellcheck shell=bash
set -u

count=0

# fail WHAT...: ends the checks, with the last words of the service.
fail() {
	echo "FAIL: $*"
	journalctl -u ipvsadm.service -n 20 --no-pager -o cat
	exit 1
}

# is WHAT GOT WANT
is() {
	[[ $2 == "$3" ]] || fail "$1: got:
$2
want:
$3"
	((++count))
}

# does COMMAND...: it must succeed.
does() {
	"$@" >/root/output 2>&1 || fail "exit code $? of $*: $(</root/output)"
	((++count))
}

# refuses CODE COMMAND...: it must fail so.
refuses() {
	local code=0
	"${@:2}" >/root/output 2>&1 || code=$?
	is "exit code of ${*:2}: $(</root/output)" $code "$1"
}

table() {
	ipvsadm-save -n
}

# daemons prints the states and groups of the sync daemons: "backup 7,master 7,".
daemons() {
	ipvsadm -L --daemon | sed 's/ sync daemon .*syncid=\([0-9]*\).*/ \1/' | sort | tr '\n' ','
}

# setting NAME=VALUE...: changes settings.
setting() {
	local pair
	for pair; do
		sed -i "/^${pair%%=*}=/d" $settings
		echo "$pair" >>$settings
	done
}
