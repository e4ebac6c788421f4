// Characters and small scans that every parser of the package shares
// (RFC 3261 section 25.1).
package sip

import "strings"

// lower maps an ASCII capital to its small letter and nothing else.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// equalFold compares ASCII text without regard to case.
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

const (
	classToken = 1 << iota // token characters
	classHost              // host names and IPv4 addresses
	classSpace             // SP HTAB CR LF: white space once lines are found
	classValue             // of a parameter's value outside quotes
	classURI               // what may stand in a URI, escapes and UTF-8 included
)

// class says what a byte may be part of.
var class = func() (table [256]uint8) {
	for c := range 256 {
		alphanumeric := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if alphanumeric {
			table[c] |= classToken | classHost
		}
	}
	for _, c := range "-.!%*_+`'~" {
		table[c] |= classToken
	}
	// "_" is outside the grammar of hosts but names with it are in use.
	for _, c := range "-._" {
		table[c] |= classHost
	}
	for c := '!'; c <= 0xff; c++ {
		if c != 0x7f && !strings.ContainsRune(`"<>`, c) {
			table[c] |= classURI
			if c != ',' && c != ';' {
				table[c] |= classValue
			}
		}
	}
	for _, c := range " \t\r\n" {
		table[c] |= classSpace
	}
	return
}()

// IsToken tells whether s is a token of the grammar: not empty, no separators.
func IsToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if class[s[i]]&classToken == 0 {
			return false
		}
	}
	return s != ""
}

func isSpace(c byte) bool { return class[c]&classSpace != 0 }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// skipSpace gives the first place at or after i that is not white space.
func skipSpace(s string, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

// trim cuts white space, folds included, from both ends.
func trim(s string) string {
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// skipToken gives the end of the token that starts at i.
func skipToken(s string, i int) int {
	for i < len(s) && class[s[i]]&classToken != 0 {
		i++
	}
	return i
}

// skipQuoted gives the place behind a quoted string that starts at i, or -1
// when its end is missing. A backslash hides the character behind it.
func skipQuoted(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return -1
}

// parseUint reads decimal digits that fill s, up to limit.
func parseUint(s string, limit uint64) (uint64, bool) {
	if s == "" || len(s) > 19 {
		return 0, false
	}
	var n uint64
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, false
		}
		n = n*10 + uint64(s[i]-'0')
	}
	return n, n <= limit
}
