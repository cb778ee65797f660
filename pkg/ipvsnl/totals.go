// SPDX-License-Identifier: Apache-2.0

package ipvsnl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Totals returns the counters and rates of the whole namespace, including services that
// have been deleted. No netlink reply has them: Totals reads
// /proc/net/ip_vs_stats.
func (c *Client) Totals(ctx context.Context) (Stats, error) { return c.totals(ctx, "ip_vs_stats") }

func (c *Client) totals(ctx context.Context, file string) (Stats, error) {
	what := &Error{Op: OpTotals}
	if err := ctx.Err(); err != nil {
		return Stats{}, what.because(err)
	}
	if c.dialed { // the machine's own totals are not those of the other side
		return Stats{}, what.because(errors.ErrUnsupported)
	}
	f, err := c.openProc(file)
	if err != nil {
		return Stats{}, what.because(err)
	}
	defer f.Close()
	s, err := readTotals(f)
	return s, what.because(err)
}

func readTotals(r io.Reader) (Stats, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return Stats{}, err
	}
	return parseTotals(string(text))
}

// parseTotals reads the text of the totals: two header lines, then a line of counters and
// a line of rates, all of them hexadecimal numbers.
func parseTotals(text string) (Stats, error) {
	var s Stats
	rows := [][]*uint64{
		{&s.Conns, &s.InPkts, &s.OutPkts, &s.InBytes, &s.OutBytes},
		{&s.CPS, &s.InPPS, &s.OutPPS, &s.InBPS, &s.OutBPS},
	}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(rows) == 0 || len(words) != len(rows[0]) || !isHex(words) {
			continue
		}
		for i, word := range words {
			*rows[0][i], _ = strconv.ParseUint(word, 16, 64)
		}
		rows = rows[1:]
	}
	if len(rows) > 0 {
		return Stats{}, fmt.Errorf("%w: /proc/net/ip_vs_stats has %d of 2 lines of numbers", ErrMalformed, 2-len(rows))
	}
	return s, nil
}

func isHex(words []string) bool {
	for _, word := range words {
		if _, err := strconv.ParseUint(word, 16, 64); err != nil {
			return false
		}
	}
	return true
}
