// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// TempDir makes a directory of the host, as [os.MkdirTemp] does. It goes when remove is called, or else when this
// process has ended, if only because it was killed: a process of its own removes it.
func TempDir(pattern string) (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", pattern)
	if err != nil {
		return "", nil, err
	}
	remover := exec.Command("sh", "-c", `read -r _; rm -rf "$0"`, dir)
	remover.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // out of reach of what is sent to our group
	alive, err := remover.StdinPipe()
	if err == nil {
		err = remover.Start()
	}
	if err != nil {
		os.RemoveAll(dir)
		return "", nil, fmt.Errorf("starting what removes %s: %w", dir, err)
	}
	return dir, func() {
		alive.Close()
		_ = remover.Wait() // its exit code is that of rm, which has said nothing useful
	}, nil
}
