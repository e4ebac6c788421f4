// Mutants: INVITEs that are broken, made from a sound one by rules for lines, for values and for the whole. The same ones
// in the same order each time.

package soak

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

type mutant struct{ name, text string }

// mutants gives all of them, each text once, and no sound one.
func mutants() (all []mutant) {
	seen := map[string]bool{sound(): true}
	add := func(name, text string) {
		if !seen[text] && len(text) <= mostBytes {
			seen[text] = true
			all = append(all, mutant{name, text})
		}
	}
	sessionText := session(body)
	whole := append([]grammar{line}, fields...)
	for at, g := range whole {
		value := g.value
		if g.name == lengthName {
			value = strconv.Itoa(len(sessionText))
		}
		put := func(what, text string) { add(g.title()+": "+what, message(at, text, sessionText)) }
		for _, wrong := range g.wrong {
			put(fmt.Sprintf("%q", wrong), g.before()+wrong+"\r\n")
		}
		for _, m := range lineMutations(g, value) {
			put(m.name, m.text)
		}
		for _, m := range valueMutations(value) {
			put(m.name, g.before()+m.text+"\r\n")
		}
	}
	for at, text := range body {
		put := func(what string, lines ...string) {
			changed := append(append(append([]string{}, body[:at]...), lines...), body[at+1:]...)
			add("SDP "+text[:1]+": "+what, message(-1, "", session(changed)))
		}
		put("dropped")
		put("doubled", text, text)
		put("type only", text[:1])
		for _, m := range valueMutations(text) {
			put(m.name, m.text)
		}
	}
	for end := range len(sound()) {
		add(fmt.Sprintf("cut at byte %d", end), sound()[:end])
	}
	return all
}

// mostBytes is what a datagram takes, with room for addresses that are longer.
const mostBytes = 60_000

// sound is the INVITE that all others are made from.
func sound() string { return message(-1, "", session(body)) }

func session(lines []string) string { return strings.Join(lines, "\r\n") + "\r\n" }

// message writes an INVITE with another text in place of line number at; 0 is the start line.
func message(at int, instead, session string) string {
	var b strings.Builder
	for i, g := range append([]grammar{line}, fields...) {
		switch {
		case i == at:
			b.WriteString(instead)
		case g.name == lengthName:
			fmt.Fprintf(&b, "%s%d\r\n", g.before(), len(session))
		default:
			b.WriteString(g.before() + g.value + "\r\n")
		}
	}
	return b.String() + "\r\n" + session
}

func (g grammar) title() string {
	if g.name == "" {
		return "start line"
	}
	return g.name
}

// before is what stands before the value.
func (g grammar) before() string {
	if g.name == "" {
		return ""
	}
	return g.name + ": "
}

// lineMutations change what is around the value.
func lineMutations(g grammar, value string) []mutant {
	whole := g.before() + value
	all := []mutant{
		{"dropped", ""}, {"doubled", whole + "\r\n" + whole + "\r\n"}, {"five times", strings.Repeat(whole+"\r\n", 5)},
		{"an empty line before", "\r\n" + whole + "\r\n"}, {"no end", whole}, {"LF alone", whole + "\n"}, {"CR alone", whole + "\r"},
		{"two CR", whole + "\r\r\n"}, {"LF CR", whole + "\n\r"}, {"folded before", " " + whole + "\r\n"}, {"a fold without text", whole + "\r\n \r\n"},
		{"NUL at the end", whole + "\x00\r\n"}, {"1,100 times", strings.Repeat(whole+"\r\n", 1100)},
	}
	if g.name != "" {
		n := g.name
		all = append(all, []mutant{
			{"no value", n + ":\r\n"}, {"no colon", n + " " + value + "\r\n"}, {"two colons", n + ":: " + value + "\r\n"}, {"name alone", n + "\r\n"},
			{"no name", ": " + value + "\r\n"}, {"name cut", n[:len(n)/2] + ": " + value + "\r\n"}, {"a space in the name", n[:2] + " " + n[2:] + ": " + value + "\r\n"},
			{"NUL in the name", n[:2] + "\x00" + n[2:] + ": " + value + "\r\n"}, {"non-ASCII name", "\xc3\xa9" + n + ": " + value + "\r\n"}, {"quoted name", "\"" + n + "\": " + value + "\r\n"},
			{"folded in the name", n[:2] + "\r\n " + n[2:] + ": " + value + "\r\n"}, {"folded before the colon", n + "\r\n : " + value + "\r\n"},
			{"folded many times", n + ":" + strings.Repeat("\r\n\t", 2000) + value + "\r\n"}, {"an equals sign for the colon", n + "= " + value + "\r\n"},
			{"another value behind", n + ": " + value + ", " + value + "\r\n"}, {"many values", n + ": " + strings.Repeat(value+", ", 300) + value + "\r\n"},
			{"a huge name", strings.Repeat(n, 3000) + ": " + value + "\r\n"}, {"white space only", n + ":" + strings.Repeat(" \t", 5000) + "\r\n"},
		}...)
	}
	return all
}

var (
	separators = regexp.MustCompile(`[;,:=<>@"/ .()\[\]?-]`)
	numbers    = regexp.MustCompile(`[0-9]+`)
)

// valueMutations change a value by rules that need not know what it is.
func valueMutations(value string) (all []mutant) {
	add := func(text, what string, details ...any) {
		all = append(all, mutant{fmt.Sprintf(what, details...), text})
	}
	for end := range len(value) {
		add(value[:end], "cut at %d", end)
	}
	for _, place := range separators.FindAllStringIndex(value, -1) {
		before, found, behind := value[:place[0]], value[place[0]:place[1]], value[place[1]:]
		for _, instead := range []string{"", found + found, ";", ",", "=", "<", ">", "\"", "\x00", "\r\n " + found, "\r\n" + found} {
			add(before+instead+behind, "%q at %d is %q", found, place[0], instead)
		}
	}
	for _, place := range numbers.FindAllStringIndex(value, -1) {
		for _, instead := range []string{"", "-1", "+1", "0", "4294967296", "18446744073709551617", strings.Repeat("9", 400), "1e9", "0x10", "\xd9\xa3"} {
			add(value[:place[0]]+instead+value[place[1]:], "number at %d is %.30q", place[0], instead)
		}
	}
	for _, at := range []int{0, len(value) / 2, len(value)} {
		for _, piece := range []string{"\x00", "\x01", "\x0b", "\x1b[2J", "\x7f", "\x80", "\xff", "\xc3\xa9", "\xc0\x80", "\xed\xa0\x80", "\xef\xbb\xbf", "\"", "\\", "\"\\\"", "\r", "\n", "\r\r\n", "\r\n\t", "%00", "%s%n", "${x}", "()", "<", ">"} {
			add(value[:at]+piece+value[at:], "%q put in at %d", piece, at)
		}
	}
	add(strings.ToUpper(value), "upper case")
	add(strings.Repeat("a", 1000), "a token of 1,000")
	add(strings.Repeat("a", 30000), "a token of 30,000")
	add(value+strings.Repeat("a", 30000), "a huge token behind")
	add(value+strings.Repeat(";a", 5000), "5,000 parameters")
	add(value+strings.Repeat(";a=\"\\\"\"", 3000), "3,000 quoted parameters")
	add(strings.Repeat("<", 5000)+value+strings.Repeat(">", 5000), "5,000 angles")
	add(strings.Repeat("(", 5000)+value+strings.Repeat(")", 5000), "5,000 comments")
	add("\""+strings.Repeat("\\", 9999)+value, "9,999 backslashes")
	add(strings.Repeat("\"", 9999)+value, "9,999 quotes")
	add(strings.Repeat(",", 9999)+value, "9,999 commas")
	add(strings.Repeat("%41", 9999), "9,999 escapes")
	add(strings.Repeat("[", 5000)+value, "5,000 brackets")
	return all
}
