// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package ipvsnl

import (
	"errors"
	"os"
)

const supported = false

type place struct{}

func (*place) leave(transport) {}
func (*place) close() error    { return nil }

func (c *Client) dialKernel() (transport, error) { return nil, errors.ErrUnsupported }

func (c *Client) openProc(string) (*os.File, error) { return nil, errors.ErrUnsupported }
