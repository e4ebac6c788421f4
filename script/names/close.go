// close.go: names that look like a misspelt one.

package names

import (
	"cmp"
	"slices"
	"strings"
)

// Close gives up to three candidates that are near to word, the nearest first;
// the case of letters counts little.
func Close(word string, candidates []string) []string {
	type near struct {
		name            string
		distance, exact int
	}
	var found []near
	limit := 1 + len(word)/4
	for _, name := range candidates {
		if gap := len(name) - len(word); gap > limit || -gap > limit {
			continue
		}
		d := distance(strings.ToLower(word), strings.ToLower(name))
		if d <= limit {
			found = append(found, near{name, d, distance(word, name)})
		}
	}
	slices.SortFunc(found, func(a, b near) int {
		return cmp.Or(a.distance-b.distance, a.exact-b.exact, strings.Compare(a.name, b.name))
	})
	var names []string
	for _, n := range found {
		if n.distance > found[0].distance+1 {
			break // far behind the best
		}
		if !slices.Contains(names, n.name) && len(names) < 3 {
			names = append(names, n.name)
		}
	}
	return names
}

// distance counts the letters to insert, remove, change or swap.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
