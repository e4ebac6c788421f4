// The page of the cases of functions: docs/compatibility.md, written with -update and held to what the servers do
// without.

package interop

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"viaduct/script/names"
)

const compatibilityPage = "../docs/compatibility.md"

const compatibilityPreface = `# The functions beside Kamailio

Every function that viaduct has of these modules, run by viaduct and by Kamailio 5.6.3 from the same script, for the same requests: return
codes, values, relayed messages and replies are compared line by line. The cases stand in ` + "`interop/functions`" + `; a line of a function
says how many there are. ` + "`make golden PACKAGES=./interop`" + ` writes this page, ` + "`make interop`" + ` holds viaduct to it.

What differs in every message is not repeated here: [quirks.md](quirks.md) has it (hops are always counted, phrases of our own,
order of fields).

`

// checkPage writes the page, or wants it to be what was found.
func checkPage(t *testing.T, files []*caseFile) {
	t.Helper()
	got := compatibility(t, files)
	if *update {
		if err := os.WriteFile(compatibilityPage, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(compatibilityPage)
	if err != nil || string(want) != got {
		t.Errorf("%s is not what the cases say (make golden PACKAGES=./interop writes it): %v\n%s", compatibilityPage, err, changes(string(want), got))
	}
}

// compatibility writes the page. A function that viaduct has and that has neither case nor reason is a fault.
func compatibility(t *testing.T, files []*caseFile) string {
	var summary, modules strings.Builder
	total, totalDiffering := 0, 0
	words := claimed()
	for _, file := range files {
		bySubject := map[string][]*functionCase{}
		subjects := []string{}
		differing := 0
		for _, c := range file.cases {
			if bySubject[c.subject] == nil {
				subjects = append(subjects, c.subject)
			}
			bySubject[c.subject] = append(bySubject[c.subject], c)
			if c.reason != "" {
				differing++
			}
		}
		for _, function := range words[file.module] {
			known := names.Find(file.module).Function(function)
			if bySubject[function] == nil && file.untested[function] == "" && known != nil && known.Era == names.Kamailio56 {
				t.Errorf("%s() of %s has neither a case nor a reason to have none", function, file.module)
			}
			if bySubject[function] != nil && file.untested[function] != "" {
				t.Errorf("%s() of %s has a case and a reason to have none", function, file.module)
			}
		}
		for function := range file.untested {
			if !slices.Contains(words[file.module], function) {
				t.Errorf("%s: there is no function %s", file.module, function)
			}
			subjects = append(subjects, function)
		}
		slices.Sort(subjects)
		fmt.Fprintf(&summary, "| [%s](#%s) | %d | %d |\n", file.module, file.module, len(file.cases), differing)
		total, totalDiffering = total+len(file.cases), totalDiffering+differing
		fmt.Fprintf(&modules, "\n## %s\n\n| | cases | |\n|---|---|---|\n", file.module)
		for _, subject := range subjects {
			if reason := file.untested[subject]; reason != "" {
				fmt.Fprintf(&modules, "| `%s` | none | %s |\n", subject, cell(reason))
				continue
			}
			fmt.Fprintf(&modules, "| `%s` | %d | %s |\n", strings.ReplaceAll(subject, "|", "\\|"), len(bySubject[subject]), verdictOf(bySubject[subject]))
		}
	}
	return compatibilityPreface + "| module | cases | differ |\n|---|---|---|\n" + summary.String() +
		fmt.Sprintf("| all | %d | %d |\n", total, totalDiffering) + modules.String()
}

// verdictOf is "same", or says which cases differ and why; cases with one reason stand together.
func verdictOf(cases []*functionCase) string {
	var reasons []string
	which := map[string][]string{}
	for _, c := range cases {
		if c.reason == "" {
			continue
		}
		if which[c.reason] == nil {
			reasons = append(reasons, c.reason)
		}
		if c.what != "" {
			which[c.reason] = append(which[c.reason], c.what)
		} else {
			which[c.reason] = append(which[c.reason], "plain")
		}
	}
	if reasons == nil {
		return "same"
	}
	var out []string
	for _, reason := range reasons {
		out = append(out, fmt.Sprintf("differs (%s): %s", strings.Join(which[reason], ", "), cell(reason)))
	}
	return strings.Join(out, "; ")
}

// cell makes text fit into a table of Markdown.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;", "*", "\\*", "_", "\\_").Replace(text)
}
