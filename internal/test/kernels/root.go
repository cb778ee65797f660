// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"fmt"
	"io"
	"path"
	"strings"
)

// rootPackages are what a machine's root is made of, with all that they depend on.
var rootPackages = []string{
	"bash", "bsdutils", "coreutils", "dash", "dnsmasq-base", "findutils", "grep", "iproute2", "iptables", "ipvsadm", "jq", "kmod",
	"libc-bin", "mawk", "mount", "netbase", "nftables", "procps", "sed", "tmux", "util-linux",
}

// left are directories of packages that nothing here needs.
var left = []string{
	"usr/share/doc/", "usr/share/man/", "usr/share/locale/", "usr/share/info/", "usr/share/bash-completion/",
	"usr/share/zoneinfo/", "usr/share/perl", "usr/lib/udev/hwdb.d/", "usr/share/lintian/", "usr/share/i18n/", "var/lib/dpkg/",
}

// newRoot makes a root of the files of packages.
func newRoot(debs []string) (tree, error) {
	t := make(tree)
	for _, name := range []string{"bin", "sbin", "lib", "lib32", "lib64", "libx32"} {
		t.add(name, file{symlink | 0o777, []byte("usr/" + name)})
		t.add("usr/"+name, file{mode: directory | 0o755})
	}
	for _, deb := range debs {
		if err := unpack(deb, t.keep); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"dev", "proc", "sys", "root", "run", "bed", "mnt", "var/tmp", "var/lib", "usr/lib/modules"} {
		t.add(name+"/.", file{mode: directory | 0o755})
		delete(t, name+"/.")
	}
	for _, name := range []string{"tmp", "var/tmp"} {
		t.add(name, file{mode: directory | 0o1777})
	}
	t.add("dev/console", file{mode: device | 0o600}) // for what process 1 has to say before it mounts /dev
	t.settings()
	return t, t.moveReference()
}

// keep adds a file of a package.
func (t tree) keep(name string, head *tar.Header, data io.Reader) error {
	if name == "." {
		return nil
	}
	for _, dir := range left {
		if strings.HasPrefix(name, dir) {
			return nil
		}
	}
	if f, ok := t[name]; ok && head.Typeflag == tar.TypeDir && f.mode&^0o7777 != regular {
		return nil
	}
	mode := uint32(head.Mode) & 0o7777
	switch head.Typeflag {
	case tar.TypeDir:
		t.add(name, file{mode: directory | mode})
	case tar.TypeSymlink:
		t.add(name, file{symlink | 0o777, []byte(head.Linkname)})
	case tar.TypeLink:
		t.add(name, t[merged(path.Clean(head.Linkname))])
	case tar.TypeReg:
		text, err := io.ReadAll(data)
		if err != nil {
			return err
		}
		t.add(name, file{regular | mode, text})
	}
	return nil
}

// settings writes what scripts of packages would: the users, and how names are looked up.
func (t tree) settings() {
	for name, text := range map[string]string{
		"etc/passwd":        "root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
		"etc/group":         "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
		"etc/hosts":         "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
		"etc/hostname":      "director\n",
		"etc/host.conf":     "multi on\n",
		"etc/resolv.conf":   "",
		"etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nnetworks: files\nservices: files\nprotocols: files\n",
		"etc/ld.so.cache":   "", // made at boot
	} {
		t.write(name, 0o644, text)
	}
	for name, to := range map[string]string{"usr/bin/awk": "mawk", "usr/bin/sh": "dash"} {
		t.add(name, file{symlink | 0o777, []byte(to)})
	}
}

// moveReference moves the reference's programs where tests expect them, out of PATH. The wrappers look for ipvsadm in
// a PATH of their own.
func (t tree) moveReference() error {
	for _, name := range []string{"ipvsadm", "ipvsadm-save", "ipvsadm-restore"} {
		from := "usr/sbin/" + name
		f, ok := t[from]
		if !ok {
			return fmt.Errorf("the packages have no %s", from)
		}
		delete(t, from)
		if name != "ipvsadm" {
			text := strings.Replace(string(f.data), "\nPATH=", "\nPATH=/run/reference:", 1)
			f.data = []byte(text)
		}
		t.add("run/reference/"+name, f)
	}
	return nil
}
