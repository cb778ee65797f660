// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/internal/schedulers"
	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// namespaced are the schedulers that have sysctls in every network namespace.
//
// When a service is to have one whose module is not loaded, kernels at least from 5.10 to 6.12 load it while they hold the
// lock of all tables. If a network namespace is being deleted, the module waits for that, and that waits for the
// lock: all of IPVS hangs until whoever added the service is killed. So the module is loaded beforehand.
var namespaced = []string{"lblc", "lblcr"}

// A preloader loads such modules. It looks for each once.
type preloader struct {
	state func(scheduler string) schedulers.State
	load  func(module string)
	seen  []string // the schedulers that have been looked for
}

// before is called before changes are made. If it fails to load a module, the kernel tries again, and reports why.
func (p *preloader) before(changes ...ipvsnl.Change) {
	for i := range changes {
		name := changes[i].Service.Scheduler
		if !slices.Contains(namespaced, name) || slices.Contains(p.seen, name) {
			continue
		}
		p.seen = append(p.seen, name)
		if p.state(name) == schedulers.Loadable {
			p.load("ip_vs_" + name)
		}
	}
}

// apply makes changes, for which modules are loaded first.
func (r *runner) apply(ctx context.Context, changes ...ipvsnl.Change) error {
	r.preloader.before(changes...)
	return r.client.Apply(ctx, changes...)
}
