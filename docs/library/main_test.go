// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ipvsadm-go/ipvsadm/pkg/ipvsnl/ipvsnltest"
)

// Example runs the program on a director in memory.
func Example() {
	ctx := context.Background()
	c, err := ipvsnltest.New().Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	if err := run(ctx, c); err != nil {
		log.Fatal(err)
	}
	services, _ := c.Services(ctx)
	destinations, _ := c.Destinations(ctx, services[0].Service.Key)
	fmt.Println(len(services), len(destinations), destinations[0].Destination.Addr)
	// Output:
	// TCP 192.0.2.1:80 true 10.0.0.1:80 0
	// [add destination 10.0.0.2:80 of TCP 192.0.2.1:80 delete destination 10.0.0.1:80 of TCP 192.0.2.1:80]
	// 1 1 10.0.0.2:80
}

// TestPage checks that the page shows the program as it is.
func TestPage(t *testing.T) {
	source, err := os.ReadFile("main.go")
	require.NoError(t, err)
	_, program, ok := strings.Cut(string(source), "\nfunc run(")
	require.True(t, ok)
	page, err := os.ReadFile("../library.md")
	require.NoError(t, err)
	_, block, ok := strings.Cut(string(page), "```go\nfunc run(")
	require.True(t, ok, "the page has no block of Go")
	block, _, _ = strings.Cut(block, "```\n")
	require.Equal(t, program, block)
}
