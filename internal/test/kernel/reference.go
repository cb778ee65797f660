// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"fmt"
	"os/exec"
	"strings"
)

// The programs of Debian's package ipvsadm, which ours stand in for, as scripts/kernel puts them into the test kernel.
// Whatever is installed on the host, that in /usr/sbin may be ours.
const (
	Reference        = "/run/reference/ipvsadm"
	ReferenceSave    = "/run/reference/ipvsadm-save"
	ReferenceRestore = "/run/reference/ipvsadm-restore"
)

// CheckReference reports an error if the program at path does not name itself as Debian's does. It needs IPVS.
func CheckReference(path string) error {
	out, err := exec.Command(path, "-v").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s -v: %w: %s", path, err, out)
	}
	if text := string(out); !strings.HasPrefix(text, "ipvsadm v1.31 ") || !strings.Contains(text, "compiled with popt ") {
		return fmt.Errorf("%s is not Debian's ipvsadm 1.31: it calls itself %q", path, text)
	}
	return nil
}
