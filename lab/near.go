// Near: the name that was probably meant.
package lab

import "strings"

// nearHint is a hint at the name most like one that is not there, or "".
func nearHint(name string, all []string) string {
	best, least := "", len(name)/3+2
	if len(name) < 3 {
		return "" // any name is like it
	}
	for _, candidate := range all {
		d := distance(strings.ToLower(name), strings.ToLower(candidate))
		if strings.HasPrefix(candidate, name) && len(name) > 2 {
			d = 1
		}
		if d < least {
			best, least = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return "do you mean " + best + "?"
}

// distance counts the letters to change, to add and to take away (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
