// SPDX-License-Identifier: Apache-2.0

// Package nearest finds the word that a misspelt one stands for.
package nearest

import "strings"

// To returns the one of some words that is nearest to a word: the only one that begins with it, or one that differs
// from it in a letter, or in two if it is long. It returns "" if there is none, or if two are equally near.
func To(word string, words []string) string {
	best, found := mistakes(word)+1, ""
	for _, w := range words {
		d := distance(word, w)
		if d > 0 && len(word) > 1 && strings.HasPrefix(w, word) {
			d = 1
		}
		switch {
		case d < best:
			best, found = d, w
		case d == best:
			found = ""
		}
	}
	return found
}

// mistakes returns how many a word may have.
func mistakes(word string) int {
	switch n := len(word); {
	case n < 2:
		return 0
	case n < 6:
		return 1
	}
	return 2
}

// distance returns how many letters have to be added, removed, replaced or swapped with the next to turn a word
// into another.
func distance(a, b string) int {
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			differ := 1
			if a[i] == b[j] {
				differ = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+differ)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
