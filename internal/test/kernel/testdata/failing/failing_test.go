// SPDX-License-Identifier: Apache-2.0

// Package failing has tests that fail, each in its way, to see that this is noticed outside the test kernel.
package failing_test

import (
	"os"
	"testing"
	"time"

	"github.com/ipvsadm-go/ipvsadm/internal/test/kernel"
)

func TestMain(m *testing.M) { kernel.Main(m) }

func TestPass(*testing.T) {}

func TestFail(t *testing.T) { t.Error("as it should") }

func TestPanic(*testing.T) { panic("as it should") }

func TestExit(*testing.T) { os.Exit(0) }

func TestKernelPanic(t *testing.T) {
	if err := os.WriteFile("/proc/sysrq-trigger", []byte("c"), 0); err != nil {
		return
	}
	time.Sleep(time.Minute)
}

func TestTimeout(*testing.T) { time.Sleep(time.Minute) }

func TestHang(t *testing.T) {
	kernel.NewNamespace(t).Run(t, kernel.Command{
		Path: "/bin/sh", Args: []string{"sh", "-c", "trap 'echo asked >&2; exit' QUIT; while :; do :; done"}, Limit: time.Second / 2,
	})
}
