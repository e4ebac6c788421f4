// Equality of URIs (RFC 3261 section 19.1.4, RFC 3966 section 5).
package sip

import "strings"

// maxCompared bounds the parameters or headers that are compared in any order;
// of URIs with more, these must be the same to the letter.
const maxCompared = 64

// Equal compares two URIs by the rules of section 19.1.4: user and password
// with case, all else without, escapes counting as what they stand for unless
// that is a reserved character. A parameter in only one URI does not matter,
// unless it is user, ttl, method, maddr or transport. Numbers of tel URIs are
// compared without visual separators.
func (u *URI) Equal(v *URI) bool {
	switch {
	case !equalFold(u.Scheme, v.Scheme):
		return false
	case u.IsSIP():
		return u.HasUser == v.HasUser &&
			escapedEqual(u.User, v.User, false) && escapedEqual(u.Password, v.Password, false) &&
			hostsAgree(u.Host, v.Host) && u.Port == v.Port &&
			paramsAgree(u.Params, v.Params, false) && headersAgree(u.Headers, v.Headers)
	case u.Is("tel"):
		return numbersAgree(u.User, v.User) && paramsAgree(u.Params, v.Params, true)
	}
	return u.Opaque == v.Opaque
}

// paramsAgree tells whether the parameters in both a and b have the same
// value, and those that must be in both, or all, are.
func paramsAgree(a, b string, all bool) bool {
	if a == b {
		return true
	}
	if strings.Count(a, ";") > maxCompared || strings.Count(b, ";") > maxCompared {
		return false
	}
	for name, value := range Params(a) {
		other, there := Param(b, name)
		if there && !escapedEqual(value, other, true) || !there && (all || mustBeInBoth(name)) {
			return false
		}
	}
	for name := range Params(b) {
		if _, there := Param(a, name); !there && (all || mustBeInBoth(name)) {
			return false
		}
	}
	return true
}

func mustBeInBoth(name string) bool {
	for _, must := range [...]string{"transport", "user", "method", "maddr", "ttl"} {
		if equalFold(name, must) {
			return true
		}
	}
	return false
}

// headersAgree compares "a=b&c=d" in any order.
func headersAgree(a, b string) bool {
	if a == b {
		return true
	}
	if strings.Count(a, "&") != strings.Count(b, "&") || strings.Count(a, "&") > maxCompared {
		return false
	}
	right := strings.Split(b, "&")
	for left := range strings.SplitSeq(a, "&") {
		found := false
		for i := 0; i < len(right) && !found; i++ {
			if found = escapedEqual(left, right[i], true); found {
				right = append(right[:i], right[i+1:]...)
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// numbersAgree compares telephone numbers digit by digit.
func numbersAgree(a, b string) bool {
	i, j := 0, 0
	for {
		for i < len(a) && isVisualSeparator(a[i]) {
			i++
		}
		for j < len(b) && isVisualSeparator(b[j]) {
			j++
		}
		if i == len(a) || j == len(b) {
			return i == len(a) && j == len(b)
		}
		if lower(a[i]) != lower(b[j]) {
			return false
		}
		i, j = i+1, j+1
	}
}

// escapedEqual compares text in which %HH stands for a byte, with case or
// without (fold).
func escapedEqual(a, b string, fold bool) bool {
	if a == b {
		return true
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		var c, d int
		c, i = nextUnit(a, i)
		d, j = nextUnit(b, j)
		if c != d && (!fold || c > 0xff || d > 0xff || lower(byte(c)) != lower(byte(d))) {
			return false
		}
	}
	return i == len(a) && j == len(b)
}

// nextUnit reads a character or an escape. An escaped reserved character is
// not what it would be without the escape and so is told from it by a bit
// above the byte.
func nextUnit(s string, i int) (unit, next int) {
	if s[i] == '%' && i+2 < len(s) {
		high, low := hexDigit(s[i+1]), hexDigit(s[i+2])
		if high >= 0 && low >= 0 {
			unit = high<<4 | low
			if strings.IndexByte(";/?:@&=+$,", byte(unit)) >= 0 {
				unit |= 0x100
			}
			return unit, i + 3
		}
	}
	return int(s[i]), i + 1
}
