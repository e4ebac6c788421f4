// ifexp.go: the small expressions of #!ifexp and #!defexp, over numbers, strings and macros.

package syntax

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ifexpValue is a number or a string.
type ifexpValue struct {
	isText bool
	str    string
	num    float64
}

func (v ifexpValue) truth() bool {
	if v.isText {
		return v.str != ""
	}
	return v.num != 0
}

// number reads a string as a number when it is one.
func (v ifexpValue) number() (float64, bool) {
	if !v.isText {
		return v.num, true
	}
	n, err := strconv.ParseFloat(v.str, 64)
	return n, err == nil
}

// text is the value as #!defexp stores it: numbers without fraction.
func (v ifexpValue) text() string {
	if v.isText {
		return v.str
	}
	return strconv.FormatInt(int64(v.num), 10)
}

func numberValue(n float64) ifexpValue { return ifexpValue{num: n} }

func boolValue(b bool) ifexpValue {
	if b {
		return ifexpValue{num: 1}
	}
	return ifexpValue{}
}

// evaluate computes an expression. A macro without value is 1, a name that is no macro is 0. Two values that both read
// as numbers are compared as numbers; + joins text when its left side is no number.
func evaluate(expression string, macros map[string]macro) (ifexpValue, error) {
	e := evaluator{rest: expression, macros: macros}
	value, err := e.binary(0)
	if err != nil {
		return ifexpValue{}, err
	}
	if e.skipBlanks(); e.rest != "" {
		return ifexpValue{}, fmt.Errorf("unexpected %q", e.rest)
	}
	return value, nil
}

type evaluator struct {
	rest   string
	macros map[string]macro
	depth  int
}

// ifexpOperators in levels, weakest first; on one level longer ones first.
var ifexpOperators = [...][]string{
	{"||"}, {"&&"}, {"^"}, {"|"}, {"&"}, {"==", "!=", "<=", ">=", "<", ">"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"},
}

func (e *evaluator) skipBlanks() { e.rest = strings.TrimLeft(e.rest, " \t\r") }

// operator reads an operator of a level.
func (e *evaluator) operator(level int) string {
	e.skipBlanks()
	for _, op := range ifexpOperators[level] {
		if !strings.HasPrefix(e.rest, op) {
			continue
		}
		longer := e.rest[:min(2, len(e.rest))]
		if longer != op && (longer == "||" || longer == "&&" || longer == "<<" || longer == ">>") {
			continue // the beginning of an operator of another level
		}
		e.rest = e.rest[len(op):]
		return op
	}
	return ""
}

func (e *evaluator) binary(level int) (ifexpValue, error) {
	if level == len(ifexpOperators) {
		return e.unary()
	}
	left, err := e.binary(level + 1)
	for err == nil {
		op := e.operator(level)
		if op == "" {
			break
		}
		var right ifexpValue
		if right, err = e.binary(level + 1); err == nil {
			left, err = apply(op, left, right)
		}
	}
	return left, err
}

func (e *evaluator) unary() (ifexpValue, error) {
	e.skipBlanks()
	if e.depth++; e.depth > maxNesting {
		return ifexpValue{}, errors.New("nested too deeply")
	}
	defer func() { e.depth-- }()
	switch {
	case e.rest == "":
		return ifexpValue{}, errors.New("a value is missing")
	case e.rest[0] == '!' || e.rest[0] == '-':
		op := e.rest[0]
		e.rest = e.rest[1:]
		value, err := e.unary()
		if op == '!' {
			return boolValue(!value.truth()), err
		}
		n, _ := value.number()
		return numberValue(-n), err
	case e.rest[0] == '(':
		e.rest = e.rest[1:]
		value, err := e.binary(0)
		if err != nil {
			return value, err
		}
		if e.skipBlanks(); !strings.HasPrefix(e.rest, ")") {
			return value, errors.New(") is missing")
		}
		e.rest = e.rest[1:]
		return value, nil
	}
	return e.operand()
}

func (e *evaluator) operand() (ifexpValue, error) {
	if quote := e.rest[0]; quote == '"' || quote == '\'' {
		end := strings.IndexByte(e.rest[1:], quote)
		if end < 0 {
			return ifexpValue{}, errors.New("a string has no end")
		}
		value := ifexpValue{isText: true, str: e.rest[1 : end+1]}
		e.rest = e.rest[end+2:]
		return value, nil
	}
	n := 0
	for n < len(e.rest) && (isWordByte(e.rest[n]) || isDigit(e.rest[0]) && e.rest[n] == '.') {
		n++
	}
	if n == 0 {
		return ifexpValue{}, fmt.Errorf("unexpected %q", e.rest)
	}
	word := e.rest[:n]
	e.rest = e.rest[n:]
	if isDigit(word[0]) {
		num, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return ifexpValue{}, fmt.Errorf("%q is no number", word)
		}
		return numberValue(num), nil
	}
	m, defined := e.macros[word]
	switch {
	case !defined:
		return ifexpValue{}, nil
	case m.value == "":
		return numberValue(1), nil
	}
	return ifexpValue{isText: true, str: unquote(m.value)}, nil
}

func apply(op string, left, right ifexpValue) (ifexpValue, error) {
	a, leftNumber := left.number()
	b, rightNumber := right.number()
	switch op {
	case "||":
		return boolValue(left.truth() || right.truth()), nil
	case "&&":
		return boolValue(left.truth() && right.truth()), nil
	case "==", "!=", "<=", ">=", "<", ">":
		order := strings.Compare(left.text(), right.text())
		if leftNumber && rightNumber {
			order = compareNumbers(a, b)
		}
		return boolValue(holds(op, order)), nil
	case "+":
		if !leftNumber {
			return ifexpValue{isText: true, str: left.str + right.text()}, nil
		}
		return numberValue(a + b), nil
	case "-":
		return numberValue(a - b), nil
	case "*":
		return numberValue(a * b), nil
	case "/", "%":
		if b == 0 {
			return ifexpValue{}, errors.New("division by zero")
		}
		if op == "%" {
			return numberValue(math.Mod(a, b)), nil
		}
		return numberValue(a / b), nil
	}
	return numberValue(float64(bits(op, int64(a), int64(b)))), nil
}

func compareNumbers(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func holds(op string, order int) bool {
	switch op {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<=":
		return order <= 0
	case ">=":
		return order >= 0
	case "<":
		return order < 0
	}
	return order > 0
}

func bits(op string, a, b int64) int64 {
	switch op {
	case "&":
		return a & b
	case "|":
		return a | b
	case "^":
		return a ^ b
	case "<<":
		return a << uint64(b&63)
	}
	return a >> uint64(b&63)
}
