// Cases of functions: the files of interop/functions, one for each module of the script language.
//
//	%top                      lines for the top level of the script, to %end
//	%request NAME             a request; CASE, CALLER, SERVER and CALLEE stand for what they name, to %end
//	%untested NAME: reason    a function of the module that has no case
//	subject [attributes] what :: statements :: what to show
//	    ! why viaduct differs
//
// The subject is the function, variable or transformation that the case is about. Attributes say where the statements
// stand (see places), which requests are sent (with=invite+cancel) what the callee answers (answer=180,486), and that
// nothing comes of it at all (silent).

package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const casesFolder = "functions"

// functionCase is one line of a file: statements that both servers run for the same request.
type functionCase struct {
	id         string // c1, c2, …: in Call-IDs and in names of routes
	module     string
	subject    string
	what       string
	place      string   // where the statements stand: a key of places
	requests   []string // names of those sent, each after the answer to the one before
	answers    []string // the callee's, to each request
	statements string
	show       string // a text with pseudo-variables
	reason     string // why viaduct differs; "": it must not
	silent     bool   // neither server is to say anything
	line       string // file:line
}

func (c *functionCase) String() string { return fmt.Sprintf("%s: %s %s", c.line, c.subject, c.what) }

// caseFile is one file.
type caseFile struct {
	module   string
	top      string
	requests map[string]string
	untested map[string]string // function → reason
	cases    []*functionCase
}

// readCases reads all files of the folder.
func readCases(t *testing.T) []*caseFile {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(casesFolder, "*.cases"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases in %s (%v)", casesFolder, err)
	}
	var files []*caseFile
	requests, count := map[string]string{}, 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parseCases(path, string(text))
		if err != nil {
			t.Fatal(err)
		}
		for name, request := range file.requests {
			if requests[name] != "" {
				t.Fatalf("%s: a second request %q", path, name)
			}
			requests[name] = request
		}
		for _, c := range file.cases {
			count++
			c.id = fmt.Sprintf("c%d", count)
		}
		files = append(files, file)
	}
	for _, file := range files {
		file.requests = requests
		for _, c := range file.cases {
			for _, name := range c.requests {
				if requests[name] == "" {
					t.Fatalf("%s: there is no request %q", c.line, name)
				}
			}
		}
	}
	return files
}

// caseLine is "subject [attributes] what".
var caseLine = regexp.MustCompile(`^(\S+)(?: \[([^\]]*)\])?(?: (.*))?$`)

func parseCases(path, text string) (*caseFile, error) {
	file := &caseFile{
		module:   strings.TrimSuffix(filepath.Base(path), ".cases"),
		requests: map[string]string{},
		untested: map[string]string{},
	}
	var block *strings.Builder // a %top or %request that is open
	var name string            // of the request; "" for %top
	names := map[string]bool{}
	for number, line := range strings.Split(text, "\n") {
		at := fmt.Sprintf("%s:%d", path, number+1)
		directive, argument, _ := strings.Cut(line, " ")
		switch {
		case block != nil && line == "%end":
			if name == "" {
				file.top += block.String()
			} else {
				file.requests[name] = block.String()
			}
			block = nil
		case block != nil:
			block.WriteString(line + "\n")
		case line == "" || line[0] == '#':
		case directive == "%top" || directive == "%request" && argument != "":
			block, name = new(strings.Builder), argument
		case directive == "%untested":
			function, reason, _ := strings.Cut(argument, ": ")
			if reason == "" {
				return nil, fmt.Errorf("%s: want %%untested FUNCTION: reason", at)
			}
			file.untested[function] = reason
		case strings.HasPrefix(line, "    ! ") && len(file.cases) > 0:
			file.cases[len(file.cases)-1].reason = line[6:]
		default:
			c, err := parseCase(line)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", at, err)
			}
			c.module, c.line = file.module, at
			head, _, _ := strings.Cut(line, " :: ")
			if names[head] {
				return nil, fmt.Errorf("%s: %s %s is there twice", at, c.subject, c.what)
			}
			names[head] = true
			file.cases = append(file.cases, c)
		}
	}
	if block != nil {
		return nil, fmt.Errorf("%s: %%end is missing", path)
	}
	for _, c := range file.cases {
		if !strings.Contains(c.statements+c.show+file.top, c.subject) {
			return nil, fmt.Errorf("%s: the subject %q is neither in the case nor in %%top", c.line, c.subject)
		}
	}
	return file, nil
}

func parseCase(line string) (*functionCase, error) {
	parts := strings.Split(line, " :: ")
	head := caseLine.FindStringSubmatch(parts[0])
	if len(parts) < 2 || len(parts) > 3 || head == nil {
		return nil, fmt.Errorf("want subject [attributes] what :: statements :: what to show")
	}
	c := &functionCase{subject: head[1], what: head[3], place: "request", requests: []string{"invite"}, statements: parts[1]}
	if len(parts) == 3 {
		c.show = parts[2]
	}
	if !strings.HasSuffix(c.statements, ";") && !strings.HasSuffix(c.statements, "}") {
		c.statements += ";"
	}
	for attribute := range strings.FieldsSeq(head[2]) {
		key, value, valued := strings.Cut(attribute, "=")
		switch {
		case valued && key == "with":
			c.requests = strings.Split(value, "+")
		case valued && key == "answer":
			c.answers = strings.Split(value, ",")
		case attribute == "silent":
			c.silent = true
		case !valued && places[key] != nil:
			c.place = key
		default:
			return nil, fmt.Errorf("what does %q mean?", attribute)
		}
	}
	if c.answers == nil {
		c.answers = []string{"200"}
		if strings.Contains(c.place, "failure") {
			c.answers = []string{"486"}
		}
	}
	return c, nil
}

func TestCasesAreRead(t *testing.T) {
	file, err := parseCases("x/textops.cases", `# note
%top
modparam("a", "b", 1)
%end
%untested search: no reason
is_method [relay with=options answer=180,486] one :: is_method("A||B"); $var(x) = 1 | 2; :: $var(x)
    ! why
`)
	if err != nil {
		t.Fatal(err)
	}
	c := file.cases[0]
	if file.module != "textops" || file.top != "modparam(\"a\", \"b\", 1)\n" || file.untested["search"] == "" ||
		c.subject != "is_method" || c.what != "one" || c.place != "relay" || c.requests[0] != "options" ||
		!slices.Equal(c.answers, []string{"180", "486"}) || c.show != "$var(x)" || c.reason != "why" {
		t.Errorf("read %+v, %+v", file, c)
	}
	for _, bad := range []string{"x", "x :: y", "x [nowhere] :: x", "%top\n", "%untested x", "a :: a :: a :: a", "a :: a\na :: a", "a :: b"} {
		if _, err := parseCases("x.cases", bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}
