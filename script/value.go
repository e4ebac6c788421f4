// Value: what an expression of a script yields.

package script

import "strconv"

// ValueKind tells the three kinds of values apart.
type ValueKind uint8

const (
	Null ValueKind = iota // $null: no value
	Int
	String
)

// Value is a number, a text or nothing.
type Value struct {
	Kind ValueKind
	Int  int64
	Text string
}

// IntValue and StringValue make values.
func IntValue(n int64) Value     { return Value{Kind: Int, Int: n} }
func StringValue(s string) Value { return Value{Kind: String, Text: s} }

// String gives the value as text: digits of a number, "<null>" for nothing,
// as Kamailio prints it in a format string.
func (v Value) String() string {
	switch v.Kind {
	case Int:
		return strconv.FormatInt(v.Int, 10)
	case String:
		return v.Text
	}
	return "<null>"
}

// AsString gives the value as text for use in an expression: nothing is "".
func (v Value) AsString() string {
	if v.Kind == Null {
		return ""
	}
	return v.String()
}

// AsInt gives the value as a number: text that is no number is 0, "0x1f" is
// hexadecimal as in Kamailio.
func (v Value) AsInt() int64 {
	if v.Kind != String {
		return v.Int
	}
	if n, ok := parseInt(v.Text); ok {
		return n
	}
	if len(v.Text) > 2 && v.Text[0] == '0' && v.Text[1]|0x20 == 'x' {
		n, _ := strconv.ParseInt(v.Text[2:], 16, 64)
		return n
	}
	return 0
}

// parseInt reads decimal digits with a sign before them, and nothing else.
func parseInt(text string) (int64, bool) {
	digits := text
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	if digits == "" || len(digits) > 18 {
		return 0, false
	}
	var n int64
	for i := 0; i < len(digits); i++ {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(digits[i]-'0')
	}
	if text[0] == '-' {
		n = -n
	}
	return n, true
}
