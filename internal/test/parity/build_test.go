// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

// Where the guest finds the servers.
const (
	forkServerVar = "IPVSADM_PARITY_FORK_SERVER" // the library for the reference
	serverVar     = "IPVSADM_PARITY_SERVER"      // our program
)

// buildServers builds the servers of both programs, ours in the directory dir.
func buildServers(dir string) error {
	root, err := kernel.Root()
	if err != nil {
		return err
	}
	testdata := filepath.Join(root, "internal", "test", "parity", "testdata")
	library, err := exec.Command(filepath.Join(root, "scripts", "library"), filepath.Join(testdata, "forkserver.c")).Output()
	if err != nil {
		return fmt.Errorf("the fork server: %w", err)
	}
	if err := os.Setenv(forkServerVar, strings.TrimSpace(string(library))); err != nil {
		return err
	}
	return buildServer(root, testdata, dir)
}

func buildServer(root, testdata, dir string) error {
	added := map[string]map[string]string{"Replace": {
		filepath.Join(root, "cmd", "ipvsadm", "serve.go"): filepath.Join(testdata, "serve.go"),
	}}
	text, err := json.Marshal(added)
	if err != nil {
		return err
	}
	overlay, server := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "ipvsadm-server")
	if err := os.WriteFile(overlay, text, 0o644); err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-overlay", overlay, "-o", server, "./cmd/ipvsadm")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("the server: %w\n%s", err, out)
	}
	return os.Setenv(serverVar, server)
}
