// Comparing: the ladder that came with the ladder that was expected.
package lab

import (
	"strings"

	"viaduct/ladder"
)

// arrows writes a ladder as scenarios do, a line for each arrow:
// "308 -> viaduct  INVITE (SDP)".
func arrows(l *ladder.Ladder) []string {
	var lines []string
	for i := range l.Arrows {
		a := &l.Arrows[i]
		line := name(l.Lanes[a.From]) + " -> " + name(l.Lanes[a.To]) + "  " + a.Label
		switch {
		case a.Lost:
			line += " (lost)"
		case a.Retransmission:
			line += " (again)"
		}
		lines = append(lines, line)
	}
	return lines
}

func name(l ladder.Lane) string {
	if l.Name == "" {
		return l.Address.String()
	}
	return l.Name
}

// compare holds arrows to those that are expected. What goes different ways
// may overtake each other, so each way, from one element to another, is
// compared for itself.
func compare(want, got []string) (missing, strange []string) {
	left := map[string][]string{}
	for _, line := range got {
		left[way(line)] = append(left[way(line)], line)
	}
	for _, line := range want {
		w := way(line)
		if len(left[w]) > 0 && left[w][0] == line {
			left[w] = left[w][1:]
		} else {
			missing = append(missing, line)
		}
	}
	for _, line := range got {
		w := way(line)
		if len(left[w]) > 0 && left[w][0] == line {
			left[w] = left[w][1:]
			strange = append(strange, line)
		}
	}
	return missing, strange
}

func way(line string) string {
	way, _, _ := strings.Cut(line, "  ")
	return way
}
