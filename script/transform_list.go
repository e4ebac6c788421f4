// transform_list.go: {param.…} for lists of name=value, {line.…} for lines.

package script

import (
	"fmt"
	"strings"
)

// pair is one name=value of a list.
type pair struct{ name, value string }

func paramTransformers() map[string]transformer {
	byName := func(give func(value string, there bool) Value) transformer {
		return transformer{1, 3, func(b *transformBinding) (step, error) {
			name, err := b.text(0, "")
			if err != nil {
				return nil, err
			}
			mark, err := b.separator(1)
			return func(c *Context, v Value) Value {
				if v.AsString() == "" {
					return Value{}
				}
				want := name(c)
				for _, p := range splitPairs(v.AsString(), mark) {
					if strings.EqualFold(p.name, want) {
						return give(p.value, true)
					}
				}
				return give("", false)
			}, err
		}}
	}
	byIndex := func(part func(pair) string) transformer {
		return transformer{1, 3, func(b *transformBinding) (step, error) {
			index, err := b.number(0, 0)
			if err != nil {
				return nil, err
			}
			mark, err := b.separator(1)
			return func(c *Context, v Value) Value {
				if v.AsString() == "" {
					return Value{}
				}
				pairs, i := splitPairs(v.AsString(), mark), index(c)
				if i < 0 {
					i += len(pairs)
				}
				if i < 0 || i >= len(pairs) {
					return StringValue("")
				}
				return StringValue(part(pairs[i]))
			}, err
		}}
	}
	return map[string]transformer{
		"value": byName(func(value string, _ bool) Value { return StringValue(value) }),
		"in": byName(func(_ string, there bool) Value {
			if there {
				return IntValue(1)
			}
			return IntValue(0)
		}),
		"name":    byIndex(func(p pair) string { return p.name }),
		"valueat": byIndex(func(p pair) string { return p.value }),
		"count": {0, 2, func(b *transformBinding) (step, error) {
			mark, err := b.separator(0)
			return func(c *Context, v Value) Value {
				if v.AsString() == "" {
					return Value{}
				}
				return IntValue(int64(len(splitPairs(v.AsString(), mark))))
			}, err
		}},
	}
}

// separator reads the character between the members of a list, ";" when none
// is written; a comma leaves its parameter empty.
func (b *transformBinding) separator(index int) (byte, error) {
	if index >= len(b.node.Params) {
		return ';', nil
	}
	text := b.node.Params[index].Text
	switch {
	case text == "":
		return ',', nil
	case len(text) > 1:
		return 0, fmt.Errorf("the separator %q is more than one character", text)
	}
	return text[0], nil
}

// splitPairs reads "a=1;b="x;y";c". Quotes around a value are no part of it.
func splitPairs(s string, mark byte) (pairs []pair) {
	for s != "" {
		end, quoted := len(s), false
		for i := 0; i < len(s); i++ {
			if s[i] == '"' {
				quoted = !quoted
			}
			if s[i] == mark && !quoted {
				end = i
				break
			}
		}
		name, value, _ := strings.Cut(s[:end], "=")
		name, value = strings.Trim(name, whiteSpace), strings.Trim(value, whiteSpace)
		if name != "" {
			pairs = append(pairs, pair{name, unwrap(value, `"`)})
		}
		s = s[min(end+1, len(s)):]
	}
	return pairs
}

func lineTransformers() map[string]transformer {
	return map[string]transformer{
		"count": onText(func(s string) Value { return IntValue(int64(len(splitLines(s)))) }),
		"at": {1, 1, func(b *transformBinding) (step, error) {
			index, err := b.number(0, 0)
			return func(c *Context, v Value) Value {
				if v.AsString() == "" {
					return Value{}
				}
				lines, i := splitLines(v.AsString()), index(c)
				if i < 0 {
					i += len(lines)
				}
				if i < 0 || i >= len(lines) {
					return StringValue("")
				}
				return StringValue(lines[i])
			}, err
		}},
		"sw": {1, 1, func(b *transformBinding) (step, error) {
			start, err := b.text(0, "")
			return func(c *Context, v Value) Value {
				if v.AsString() == "" {
					return Value{}
				}
				want := start(c)
				for _, line := range splitLines(v.AsString()) {
					if strings.HasPrefix(line, want) {
						return StringValue(line)
					}
				}
				return StringValue("")
			}, err
		}},
	}
}

// splitLines gives the lines without their ends.
func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	return lines
}
