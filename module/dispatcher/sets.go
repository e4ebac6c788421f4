// Sets: all destinations of a script, as the list file has them. They are made
// once and then only read; a new list makes new ones.
package dispatcher

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"viaduct/script"
)

// sets finds a set by its number.
type sets struct {
	byID     map[int]*set
	ids      []int // in ascending order
	contexts []*script.XAVP
}

// set is what a script names by one number.
type set struct {
	id           int
	destinations []*destination // the highest priority first
	turn         atomic.Uint32  // whose turn it is: algorithms 4 and 13
	weights      *hundred       // algorithm 9
	weightTurn   atomic.Uint64
	shares       atomic.Pointer[shares] // algorithm 11
	shareTurn    atomic.Uint64
}

// read reads the list file; state gives what is known of a destination.
func (w *words) read(state func(*line) *state) (*sets, error) {
	path := w.listFile
	if !filepath.IsAbs(path) {
		path = filepath.Join(w.Directory, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("list_file: %w", err)
	}
	lines, err := parseList(path, string(text))
	if err != nil {
		return nil, err
	}
	return w.build(lines, state), nil
}

// build makes the sets.
func (w *words) build(lines []line, state func(*line) *state) *sets {
	all := &sets{byID: map[int]*set{}}
	for _, l := range lines {
		if w.noneYes && l.text == "" {
			l.text = "none=yes"
		}
		d := newDestination(l, &w.settings)
		d.state = state(&d.line)
		if d.duid != "" {
			d.load = w.Kept.calls.loadOf(d.set, d.duid)
		}
		s := all.byID[d.set]
		if s == nil {
			s = &set{id: d.set}
			all.byID[d.set] = s
			all.ids = append(all.ids, d.set)
		}
		s.destinations = append(s.destinations, d)
	}
	slices.Sort(all.ids)
	for _, s := range all.byID {
		// Of equal priority the last of the file comes first.
		slices.Reverse(s.destinations)
		slices.SortStableFunc(s.destinations, func(a, b *destination) int { return cmp.Compare(b.priority, a.priority) })
		s.weights = s.weigh()
	}
	all.contexts = w.contextRecords(len(lines))
	return all
}

// each calls do for every destination.
func (all *sets) each(do func(*set, *destination)) {
	for _, id := range all.ids {
		for _, d := range all.byID[id].destinations {
			do(all.byID[id], d)
		}
	}
}
