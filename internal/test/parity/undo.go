// SPDX-License-Identifier: Apache-2.0

package parity

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl"
)

// setTable makes the table of a place, which now is another, what it was.
func (p *place) setTable(ctx context.Context, now, was *table) error {
	changes := []ipvsnl.Change{ipvsnl.Flush()}
	for _, d := range now.daemons {
		changes = append(changes, ipvsnl.StopDaemon(d.State))
	}
	changes = append(changes, ipvsnl.SetTimeouts(was.timeouts))
	for _, s := range was.services {
		changes = append(changes, ipvsnl.AddService(s.Service))
		for _, d := range slices.Backward(s.destinations) { // the kernel lists the latest first
			changes = append(changes, ipvsnl.AddDestination(s.Service.Key, d.Destination))
		}
	}
	for _, d := range was.daemons {
		changes = append(changes, ipvsnl.StartDaemon(d))
	}
	if err := p.client.Apply(ctx, changes...); err != nil {
		return fmt.Errorf("taking back what a call did: %w", err)
	}
	again, err := readTable(ctx, p.client)
	if err == nil {
		if rows := diff(was.lines(), again.lines()); rows != "" {
			err = errors.New("what a call did cannot be taken back:\n" + rows)
		}
	}
	return err
}

const sysctlDir = "/proc/sys/net/ipv4/vs"

// settings returns the values of the place's sysctls.
func (p *place) settings() (values map[string]string, err error) {
	values = make(map[string]string)
	p.Do(func() {
		var entries []fs.DirEntry
		if entries, err = os.ReadDir(sysctlDir); err != nil {
			return
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(sysctlDir, e.Name()))
			if err == nil { // some cannot be read
				values[e.Name()] = string(text)
			}
		}
	})
	return values, err
}

// setSettings sets the sysctls that do not have these values.
func (p *place) setSettings(values map[string]string) error {
	now, err := p.settings()
	if err != nil {
		return err
	}
	p.Do(func() {
		for name, value := range values {
			if now[name] == value {
				continue
			}
			err = errors.Join(err, os.WriteFile(filepath.Join(sysctlDir, name), []byte(value), 0))
		}
	})
	return err
}
