// The list file: a line "set uri [flags [priority [attributes]]]" for each
// destination.
package dispatcher

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"viaduct/sip"
)

// line is one line of the file.
type line struct {
	set      int
	uri      string
	parsed   sip.URI
	flags    flags
	priority int
	attributes
}

// parseList reads the text of a file. Empty lines, and what stands behind #, do
// not count. An error names the file and the line.
func parseList(path, text string) ([]line, error) {
	var lines []line
	number := 0
	for row := range strings.Lines(text) {
		number++
		words := strings.Fields(uncommented(row))
		if len(words) == 0 {
			continue
		}
		one, err := parseLine(words)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		lines = append(lines, one)
	}
	return lines, nil
}

// uncommented cuts off what begins with # at the start of a word; within a URI
// or an attribute it stands for itself.
func uncommented(row string) string {
	for at := 0; at < len(row); at++ {
		if row[at] == '#' && (at == 0 || row[at-1] == ' ' || row[at-1] == '\t') {
			return row[:at]
		}
	}
	return row
}

var (
	errNoURI = errors.New("expected a set and a SIP URI, as in: 1 sip:192.0.2.1:5060 0 0 duid=a")
	errMore  = errors.New("expected nothing more: attributes hold no spaces")
)

// parseLine reads the words of a line. Flags, or flags and priority, may be left
// out before attributes.
func parseLine(words []string) (one line, err error) {
	if one.set, err = strconv.Atoi(words[0]); err != nil || one.set < 0 {
		return one, fmt.Errorf("expected the number of a set, not %q", words[0])
	}
	if len(words) < 2 {
		return one, errNoURI
	}
	if err := one.setURI(words[1]); err != nil {
		return one, err
	}
	words = words[2:]
	if n, ok := number(words); ok {
		if n > int(allFlags) {
			return one, fmt.Errorf("expected flags that add up to %d at most, not %d", allFlags, n)
		}
		one.flags, words = flags(n), words[1:]
		if n, ok := number(words); ok {
			one.priority, words = n, words[1:]
		}
	}
	switch len(words) {
	case 0:
		return one, nil
	case 1:
		one.attributes, err = parseAttributes(words[0])
		return one, err
	}
	return one, fmt.Errorf("%q: %w", words[1], errMore)
}

// number reads the first word when it is one.
func number(words []string) (int, bool) {
	if len(words) == 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(words[0], 10, 32)
	return int(n), err == nil && n >= 0
}

// setURI reads a SIP URI; "sip:" may be missing before a host.
func (l *line) setURI(text string) (err error) {
	scheme, _, found := strings.Cut(text, ":")
	if !found || strings.ContainsAny(scheme, ".[") {
		text = "sip:" + text
	}
	l.uri = text
	if l.parsed, err = sip.ParseURI(text); err != nil {
		return fmt.Errorf("%q is no SIP URI: %w", text, err)
	}
	if !l.parsed.IsSIP() {
		return fmt.Errorf("%q is no SIP URI: expected sip: or sips:", text)
	}
	return nil
}
