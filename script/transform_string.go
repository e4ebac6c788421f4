// transform_string.go: {s.…}: length, parts, trimming, replacing.

package script

import (
	"fmt"
	"strings"
	"time"

	"viaduct/script/syntax"
)

func stringTransformers() map[string]transformer {
	table := map[string]transformer{
		"len": onText(func(s string) Value { return IntValue(int64(len(s))) }),
		"int": onText(func(s string) Value {
			n, ok := parseInt(s)
			if !ok {
				return Value{}
			}
			return IntValue(n)
		}),
		"tolower":         onText(func(s string) Value { return StringValue(strings.ToLower(s)) }),
		"toupper":         onText(func(s string) Value { return StringValue(strings.ToUpper(s)) }),
		"trim":            onText(func(s string) Value { return StringValue(strings.Trim(s, whiteSpace)) }),
		"ltrim":           onText(func(s string) Value { return StringValue(strings.TrimLeft(s, whiteSpace)) }),
		"rtrim":           onText(func(s string) Value { return StringValue(strings.TrimRight(s, whiteSpace)) }),
		"rmws":            onText(func(s string) Value { return StringValue(removeAny(s, whiteSpace)) }),
		"rm":              withTextParam(func(s, chars string) Value { return StringValue(removeAny(s, unescapeC(chars))) }),
		"numeric":         onText(func(s string) Value { return StringValue(keepDigits(s)) }),
		"unquote":         onText(func(s string) Value { return StringValue(unwrap(s, `"`, `"`, `'`, `'`)) }),
		"unbracket":       onText(func(s string) Value { return StringValue(unwrap(s, "()", "[]", "{}", "<>")) }),
		"count":           withTextParam(func(s, c string) Value { return IntValue(int64(strings.Count(s, firstByte(c)))) }),
		"prefixes":        prefixesTransformer(""),
		"prefixes.quoted": prefixesTransformer("'"),
		"substr":          {1, 2, bindSubstr},
		"select":          {1, 2, bindSelectPart},
		"strip":           cutTransformer(func(s string, n int) string { return s[n:] }),
		"striptail":       cutTransformer(func(s string, n int) string { return s[:len(s)-n] }),
		"stripto": withTextParam(func(s, to string) Value {
			at := strings.Index(s, firstByte(to))
			if at < 0 {
				return StringValue("")
			}
			return StringValue(s[at:])
		}),
		"replace": {2, 2, bindReplace},
		"ftime":   {1, 1, bindFormatTime},
		"before": withTextParam(func(s, c string) Value {
			before, _, _ := strings.Cut(s, firstByte(c))
			return StringValue(before)
		}),
		"after": withTextParam(func(s, c string) Value {
			_, after, _ := strings.Cut(s, firstByte(c))
			return StringValue(after)
		}),
		"rbefore": withTextParam(func(s, c string) Value { return StringValue(s[:max(strings.LastIndex(s, firstByte(c)), 0)]) }),
		"rafter": withTextParam(func(s, c string) Value {
			at := strings.LastIndex(s, firstByte(c))
			return StringValue(s[at+1:])
		}),
	}
	for name, t := range codeTransformers() {
		table[name] = t
	}
	return table
}

const whiteSpace = " \t\r\n"

// firstByte gives the first character: the only one that counts here.
func firstByte(s string) string {
	if s == "" {
		return ","
	}
	return s[:1]
}

func removeAny(s, chars string) string {
	if !strings.ContainsAny(s, chars) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(chars, s[i]) < 0 {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// unescapeC turns \n \r \t \\ into the character.
func unescapeC(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\\`, `\`).Replace(s)
}

func keepDigits(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if '0' <= s[i] && s[i] <= '9' {
			out = append(out, s[i])
		}
	}
	return string(out)
}

// unwrap takes one pair of marks off; a pair is two characters, or one that
// stands at both ends.
func unwrap(s string, pairs ...string) string {
	if len(s) < 2 {
		return s
	}
	for _, pair := range pairs {
		if s[0] == pair[0] && s[len(s)-1] == pair[len(pair)-1] {
			return s[1 : len(s)-1]
		}
	}
	return s
}

func prefixesTransformer(quote string) transformer {
	return transformer{0, 1, func(b *transformBinding) (step, error) {
		limit, err := b.number(0, 0)
		return func(c *Context, v Value) Value {
			if v.Kind == Null {
				return v
			}
			s, longest := v.AsString(), limit(c)
			if longest <= 0 || longest > len(s) {
				longest = len(s)
			}
			var out strings.Builder
			for i := 1; i <= longest && out.Len() < maxMessageLength; i++ {
				if i > 1 {
					out.WriteByte(',')
				}
				out.WriteString(quote + s[:i] + quote)
			}
			return StringValue(out.String())
		}, err
	}}
}

// bindSubstr binds {s.substr,offset,length}: an offset below 0 counts from the
// end, a length of 0 or none goes to the end, one out of range gives no value.
func bindSubstr(b *transformBinding) (step, error) {
	offset, err := b.number(0, 0)
	if err != nil {
		return nil, err
	}
	length, err := b.number(1, 0)
	return func(c *Context, v Value) Value {
		if v.Kind == Null {
			return v
		}
		s, i, n := v.AsString(), offset(c), length(c)
		if i < 0 {
			i += len(s)
		}
		if n < 0 || i < 0 || i > len(s) || i == len(s) && offset(c) >= 0 {
			return Value{}
		}
		s = s[i:]
		if n > 0 && n < len(s) {
			s = s[:n]
		}
		return StringValue(s)
	}, err
}

// bindSelectPart binds {s.select,index,separator}: one of the parts, counted
// from 0, below 0 from the last; "" when there are not so many.
func bindSelectPart(b *transformBinding) (step, error) {
	index, err := b.number(0, 0)
	if err != nil {
		return nil, err
	}
	_, separator, _ := strings.Cut(b.node.Raw, ",") // may itself be a comma
	switch {
	case separator == "":
		separator = ","
	case len(separator) > 1 && separator[0] == '\\':
		if separator = unescapeC(separator); len(separator) != 1 {
			return nil, fmt.Errorf(`the separator may be one character, or \n \r \t \\`)
		}
	}
	mark := separator[0]
	return func(c *Context, v Value) Value {
		if v.Kind == Null {
			return v
		}
		return StringValue(selectPart(v.AsString(), index(c), mark))
	}, nil
}

func selectPart(s string, index int, mark byte) string {
	for index < 0 {
		at := strings.LastIndexByte(s, mark)
		switch {
		case index == -1:
			return s[at+1:]
		case at < 0:
			return ""
		}
		s = s[:at]
		index++
	}
	for {
		at := strings.IndexByte(s, mark)
		switch {
		case index == 0 && at < 0:
			return s
		case index == 0:
			return s[:at]
		case at < 0:
			return ""
		}
		s = s[at+1:]
		index--
	}
}

// cutTransformer makes strip and striptail: as many characters, all when
// there are no more.
func cutTransformer(cut func(string, int) string) transformer {
	return transformer{1, 1, func(b *transformBinding) (step, error) {
		count, err := b.number(0, 0)
		return func(c *Context, v Value) Value {
			if v.Kind == Null {
				return v
			}
			s := v.AsString()
			return StringValue(cut(s, min(max(count(c), 0), len(s))))
		}, err
	}}
}

func bindReplace(b *transformBinding) (step, error) {
	old, err := b.text(0, "")
	if err != nil {
		return nil, err
	}
	replacement, err := b.text(1, "")
	return func(c *Context, v Value) Value {
		s, what, with := v.AsString(), old(c), replacement(c)
		if v.Kind == Null || what == "" {
			return v
		}
		if strings.Count(s, what)*len(with) > maxText {
			return Value{}
		}
		return StringValue(strings.ReplaceAll(s, what, with))
	}, err
}

// bindFormatTime binds {s.ftime,format}: seconds since 1970 as strftime
// writes them in local time. The format may hold commas.
func bindFormatTime(b *transformBinding) (step, error) {
	parts, err := syntax.ParseFormat(b.node.Raw, syntax.Kamailio)
	if err != nil {
		return nil, err
	}
	format, err := b.compiler.bindFormat(parts)
	return func(c *Context, v Value) Value {
		if v.Kind == Null {
			return v
		}
		return StringValue(strftime(time.Unix(v.AsInt(), 0), format(c)))
	}, err
}

// valueTransformers are {val.n0} and {val.ne}: what stands for no value.
func valueTransformers() map[string]transformer {
	instead := func(of Value) transformer {
		return transformer{0, 0, func(*transformBinding) (step, error) {
			return func(_ *Context, v Value) Value {
				if v.Kind == Null {
					return of
				}
				return v
			}, nil
		}}
	}
	return map[string]transformer{"n0": instead(IntValue(0)), "ne": instead(StringValue(""))}
}

// numberTransformers are {num.…}, of later versions.
func numberTransformers() map[string]transformer {
	return map[string]transformer{
		"fdigit": onText(func(s string) Value { return textOrNull(s[:min(len(s), 1)]) }),
		"ldigit": onText(func(s string) Value { return textOrNull(s[max(len(s)-1, 0):]) }),
	}
}
