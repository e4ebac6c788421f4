// Routes: ds_select_routes chooses from several sets, one behind the other.
package dispatcher

import (
	"strconv"
	"strings"

	"viaduct/module"
	"viaduct/script"
)

// bindRoutes binds ds_select_routes("1=4;2=8", mode[, limit]).
func (w *words) bindRoutes(args []script.Arg) (script.Action, error) {
	limitOf := module.NumberOf(func(*script.Context) (int, bool) { return 0, true })
	if len(args) > 2 {
		var err error
		if limitOf, err = module.Number(args, 2); err != nil {
			return nil, err
		}
	}
	rules, err := rulesOf(args[0])
	if err != nil {
		return nil, err
	}
	mode := module.Text(args[1])
	return func(c *script.Context) int {
		where, known := modeOf(mode(c))
		limit, ok := limitOf(c)
		wanted := rules(c)
		if !known || !ok || len(wanted) == 0 || !w.mayOverwrite(c, where) {
			return -1
		}
		var space [16]*destination
		s, records, found := selection{into: where, limit: limit}, space[:0], false
		for _, r := range wanted {
			if s.isFull(records) {
				break
			}
			chosen := false
			records, chosen = w.add(c, &s, records, r.set, r.algorithm)
			found = found || chosen
		}
		if !found {
			return -1
		}
		w.keep(c, records, s.loads)
		return 1
	}, nil
}

// rule is "set=algorithm".
type rule struct{ set, algorithm int }

// rulesOf reads an argument; what does not depend on the message is read once.
// Unsound rules are none.
func rulesOf(a script.Arg) (func(*script.Context) []rule, error) {
	v, fixed := a.Constant()
	if !fixed {
		return func(c *script.Context) []rule { return parseRules(a.Eval(c).AsString()) }, nil
	}
	rules := parseRules(v.AsString())
	if rules == nil {
		return nil, &script.ArgError{Msg: "expected sets and algorithms", Hint: `as in ds_select_routes("1=4;2=8", "d")`}
	}
	return func(*script.Context) []rule { return rules }, nil
}

// parseRules reads "1=4;2=8"; without an algorithm it is 0.
func parseRules(text string) (rules []rule) {
	for one := range strings.SplitSeq(strings.TrimSuffix(text, ";"), ";") {
		first, second, both := strings.Cut(one, "=")
		r, err := rule{}, error(nil)
		if r.set, err = strconv.Atoi(first); err == nil && both {
			r.algorithm, err = strconv.Atoi(second)
		}
		if err != nil {
			return nil
		}
		rules = append(rules, r)
	}
	return rules
}

func modeOf(text string) (into, bool) {
	if text != "" {
		switch text[0] {
		case '0', 'd', 'D':
			return toDestination, true
		case '1', 'r', 'R':
			return toRequestURI, true
		case '2', 'x', 'X':
			return toRecords, true
		}
	}
	return 0, false
}
