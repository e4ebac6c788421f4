// Copying and removing AVPs, and asking whether there are any.
package avpops

import (
	"fmt"
	"strconv"
	"strings"

	"viaduct/module"
	"viaduct/script"
)

// bindDelete binds avp_delete("$avp(a)"): the newest value goes, with /g all;
// avp_delete("s"), "i" or "a": all AVPs with names, with numbers, or both.
func bindDelete(args []script.Arg) (script.Action, error) {
	text, err := written(args, 0)
	if err != nil {
		return nil, err
	}
	if kind, letters, _ := strings.Cut(strings.ToLower(text), "/"); kind == "s" || kind == "i" || kind == "a" {
		_, err := parseFlags(letters, "g")
		return func(c *script.Context) int { return module.Bool(deleteAll(c, kind)) }, err
	}
	avps, f, err := oneAVP(text, "g")
	if err != nil {
		return nil, err
	}
	if f.all {
		return func(c *script.Context) int { return module.Bool(avps.RemoveAll(c)) }, nil
	}
	return func(c *script.Context) int { return module.Bool(avps.RemoveNewest(c)) }, nil
}

// oneAVP reads "$avp(a)/flags".
func oneAVP(text, allowed string) (*script.AVPRef, flags, error) {
	variables, letters, err := cutVariables(text)
	if err != nil {
		return nil, flags{}, err
	}
	if len(variables) != 1 {
		return nil, flags{}, fmt.Errorf("expected one AVP, not %q", text)
	}
	f, err := parseFlags(letters, allowed)
	if err != nil {
		return nil, f, err
	}
	avps, err := script.CompileAVP(variables[0])
	return avps, f, err
}

// isOurs tells an AVP of a module, whose name no script can spell.
func isOurs(name string) bool { return strings.IndexByte(name, 0) >= 0 }

func deleteAll(c *script.Context, kind string) (removed bool) {
	for _, one := range c.AVPs.List() {
		if !isOurs(one.Name) && (kind == "a" || one.Numeric == (kind == "i")) {
			c.AVPs.RemoveNamed(one.Name, one.Numeric)
			removed = true
		}
	}
	return removed
}

// bindCopy binds avp_copy("$avp(from)", "$avp(to)/flags"): the newest value,
// with g all of them, which then stand in the opposite order; with d the old
// ones go, n and s make numbers and texts of them.
func bindCopy(args []script.Arg) (script.Action, error) {
	text, err := written(args, 0)
	if err != nil {
		return nil, err
	}
	from, _, err := oneAVP(text, "")
	if err != nil {
		return nil, err
	}
	if text, err = written(args, 1); err != nil {
		return nil, err
	}
	to, f, err := oneAVP(text, "gdns")
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		values := (&source{avps: from}).values(c, f.all)
		for i, v := range values {
			var ok bool
			if values[i], ok = f.convert(v); !ok {
				return -1
			}
		}
		if f.remove {
			remove(c, from, f.all)
		}
		for _, v := range values {
			to.Add(c, v)
		}
		return module.Bool(len(values) > 0)
	}, nil
}

// remove takes the newest value away, or all.
func remove(c *script.Context, avps *script.AVPRef, all bool) {
	if all {
		avps.RemoveAll(c)
	} else {
		avps.RemoveNewest(c)
	}
}

// convert makes a number or a text of a value, as the flags say.
func (f *flags) convert(v script.Value) (script.Value, bool) {
	switch {
	case f.number && v.Kind == script.String:
		n, err := strconv.ParseInt(v.Text, 10, 64)
		return script.IntValue(n), err == nil
	case f.text && v.Kind == script.Int:
		return script.StringValue(v.String()), true
	}
	return v, true
}

// bindIsSet binds is_avp_set("$avp(a)/flags"): there is a value, and the newest
// is a text (s), a number (n), empty or 0 (e).
func bindIsSet(args []script.Arg) (script.Action, error) {
	text, err := written(args, 0)
	if err != nil {
		return nil, err
	}
	variables, letters, err := cutVariables(text)
	if err != nil {
		return nil, err
	}
	if len(variables) != 1 {
		return nil, fmt.Errorf("expected one variable, not %q", text)
	}
	f, err := parseFlags(letters, "esn")
	if err != nil {
		return nil, err
	}
	of, err := compileSource(variables[0])
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		values := of.values(c, false)
		return module.Bool(len(values) > 0 && f.fit(values[0]))
	}, nil
}

func (f *flags) fit(v script.Value) bool {
	switch {
	case f.text && v.Kind != script.String, f.number && v.Kind != script.Int:
		return false
	case f.empty:
		return v == script.StringValue("") || v == script.IntValue(0)
	}
	return true
}

// bindPrint binds avp_print(): a line of the log for each value.
func bindPrint(log script.Logger) func([]script.Arg) (script.Action, error) {
	return func([]script.Arg) (script.Action, error) {
		return func(c *script.Context) int {
			if log == nil {
				return 1
			}
			var b strings.Builder
			for _, one := range c.AVPs.List() {
				if isOurs(one.Name) {
					continue
				}
				kind := "s"
				if one.Numeric {
					kind = "i"
				}
				fmt.Fprintf(&b, "$avp(%s:%s) = %s\n", kind, one.Name, one.Value)
			}
			log.Log(script.LevelInfo, b.String())
			return 1
		}, nil
	}
}

// bindPrintf binds avp_printf("$avp(a)", "text with $variables").
func bindPrintf(args []script.Arg) (script.Action, error) {
	target, err := module.Target(args, 0)
	if err != nil {
		return nil, err
	}
	return func(c *script.Context) int {
		text := script.AppendArg(nil, c, args[1])
		return module.Bool(target.Assign(c, script.StringValue(string(text))) == nil)
	}, nil
}
