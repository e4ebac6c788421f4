// Package fnmatch matches texts with patterns of the shell. * is any text, ? one
// character, [a-z] one of a set, [!a-z] one that is not, a backslash hides the
// character behind it.
package fnmatch

import "strings"

// Match matches all of the text. It goes back to the last * only, so it
// takes at most len(text) × len(pattern) steps.
func Match(text, pattern string) bool {
	t, p := 0, 0
	starAt, starText := -1, 0
	for t < len(text) {
		if p < len(pattern) && pattern[p] == '*' {
			starAt, starText = p, t
			p++
			continue
		}
		if length, ok := matchOne(text[t], pattern[p:]); ok {
			t++
			p += length
			continue
		}
		if starAt < 0 {
			return false
		}
		starText++
		t, p = starText, starAt+1
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchOne matches a character with the first element of a pattern and gives
// the length of that.
func matchOne(c byte, pattern string) (length int, ok bool) {
	switch {
	case pattern == "":
		return 0, false
	case pattern[0] == '?':
		return 1, true
	case pattern[0] == '\\' && len(pattern) > 1:
		return 2, pattern[1] == c
	case pattern[0] == '[':
		if length, in, sound := matchSet(c, pattern); sound {
			return length, in
		}
	}
	return 1, pattern[0] == c
}

// matchSet reads "[a-z]"; sound is false when the bracket is never closed.
func matchSet(c byte, pattern string) (length int, in, sound bool) {
	i := 1
	not := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if not {
		i++
	}
	for first := true; i < len(pattern); first = false {
		if pattern[i] == ']' && !first {
			return i + 1, in != not, true
		}
		low := pattern[i]
		high := low
		if i++; i+1 < len(pattern) && pattern[i] == '-' && pattern[i+1] != ']' {
			high = pattern[i+1]
			i += 2
		}
		in = in || low <= c && c <= high
	}
	return 0, false, false
}
