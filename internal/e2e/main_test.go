// Package e2e tests the whole on a real kernel.
package e2e

import (
	"testing"

	"github.com/ipvsadm-go/ipvsadm/internal/kernel"
)

func TestMain(m *testing.M) { kernel.Main(m) }
