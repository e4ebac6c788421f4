// Share: what of a script runs, module by module.
package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"viaduct/script"
)

// share counts the calls that a script makes of one module.
type share struct {
	module     string
	calls, run int
}

// printShare says for `check --report` how much of a script runs: the calls of
// its functions and the uses of its variables that do what they say.
func printShare(to io.Writer, name string, r *script.Report) {
	shares := sharesOf(r)
	calls, run := 0, 0
	for _, s := range shares {
		calls, run = calls+s.calls, run+s.run
	}
	uses, known := 0, 0
	for _, v := range r.Variables {
		uses += v.Uses
		if v.Implemented {
			known += v.Uses
		}
	}
	fmt.Fprintf(to, "%s: %s of it runs: %d of %s, %d of %s\n\n", name, percent(run+known, calls+uses),
		run, count(calls, "call"), known, count(uses, "use")+" of variables")

	table := tabwriter.NewWriter(to, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "module\tcalls\trun\t\n")
	for _, s := range shares {
		fmt.Fprintf(table, "%s\t%d\t%d\t%s\n", s.module, s.calls, s.run, remark(r, s.module))
	}
	table.Flush()
	printLacking(to, r)
}

// sharesOf counts by module, in the order of the script, its own words first.
func sharesOf(r *script.Report) []share {
	shares := []share{{module: "core"}}
	for _, m := range r.Modules {
		shares = append(shares, share{module: m.Name})
	}
	for _, f := range r.Functions {
		i := slices.IndexFunc(shares, func(s share) bool { return s.module == f.Module })
		if i < 0 {
			i, shares = len(shares), append(shares, share{module: f.Module})
		}
		shares[i].calls += f.Calls
		if f.Implemented {
			shares[i].run += f.Calls
		}
	}
	return shares
}

// remark says what else there is to know of a module.
func remark(r *script.Report, module string) string {
	for _, m := range r.Modules {
		switch {
		case m.Name != module:
		case m.Stub:
			return "loaded, but nothing of it is there"
		case len(m.Ignored) > 0:
			return "parameters without effect: " + strings.Join(m.Ignored, " ")
		}
	}
	return ""
}

// printLacking lists what does not run, with its first place.
func printLacking(to io.Writer, r *script.Report) {
	var lines []string
	for _, f := range r.Functions {
		if !f.Implemented {
			lines = append(lines, fmt.Sprintf("%s: %s() of %s gives -1%s", f.First, f.Name, f.Module, times(f.Calls)))
		}
	}
	for _, v := range r.Variables {
		if !v.Implemented {
			lines = append(lines, fmt.Sprintf("%s: $%s of %s has no value%s", v.First, v.Name, v.Module, times(v.Uses)))
		}
	}
	for _, m := range r.Missing {
		lines = append(lines, fmt.Sprintf("%s: route %s is called, but does not exist", m.Pos, m.Name))
	}
	if len(lines) > 0 {
		fmt.Fprintf(to, "\nWhat does not run:\n  %s\n", strings.Join(lines, "\n  "))
	}
}

func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(", here and %s more", count(n-1, "time"))
}

// percent rounds down: 100 % is said of all alone.
func percent(part, whole int) string {
	if whole == 0 {
		return "100 %"
	}
	return fmt.Sprintf("%d %%", 100*part/whole)
}
