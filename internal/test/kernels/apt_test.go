// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSourceLines takes the mirrors of the machine.
func TestSourceLines(t *testing.T) {
	mirrors := parseMirrors("Debian http://a.example/debian/\nDebian-Security http://b.example/security/\nDebian http://c.example/\nodd\n")
	require.Equal(t, map[string]string{"Debian": "http://a.example/debian/", "Debian-Security": "http://b.example/security/"}, mirrors)
	lines, err := sourceLines(mirrors, []string{"bookworm", "bookworm-security"})
	require.NoError(t, err)
	const options = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg target=Packages] "
	require.Equal(t, options+"http://a.example/debian/ bookworm main\n"+options+"http://b.example/security/ bookworm-security main\n", lines)
	_, err = sourceLines(map[string]string{"Debian": "http://a.example/"}, []string{"bookworm-security"})
	require.ErrorContains(t, err, "no mirror of Debian-Security, for the suite bookworm-security")
}

// TestKernelDepends follows a kernel's packages, and no others.
func TestKernelDepends(t *testing.T) {
	require.Equal(t, []string{"linux-base-7.2-amd64", "linux-modules-7.2-amd64"},
		kernelDepends("dracut | initramfs-tools, linux-base (>= 4.3~), linux-base-7.2-amd64 (= 7.2-1), linux-modules-7.2-amd64 (= 7.2-1)"))
}
