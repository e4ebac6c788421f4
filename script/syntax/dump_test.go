// dump_test.go: what the tests share: parsing that must succeed, and trees as text with every grouping visible.

package syntax

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

// files is a Loader over texts in memory.
type files map[string]string

func (f files) load(name string) (string, error) {
	text, ok := f[name]
	if !ok {
		return "", &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return text, nil
}

func mustParse(t *testing.T, text string, o Options) *File {
	t.Helper()
	f, err := Parse("test.cfg", text, o)
	if err != nil {
		t.Fatalf("Parse:\n%s\nscript:\n%s", detail(err), text)
	}
	return f
}

func detail(err error) string {
	var list ErrorList
	if errors.As(err, &list) {
		return list.Detail()
	}
	return fmt.Sprint(err)
}

// parseExpr parses an expression as the condition of an if.
func parseExpr(t *testing.T, text string, d Dialect) Expr {
	t.Helper()
	f := mustParse(t, "route {\n if ("+text+"\n) exit;\n}", Options{Dialect: d})
	return f.Routes[0].Body[0].(*If).Cond
}

// dump returns an expression with every operator in front and every grouping in parentheses.
func dump(e Expr) string {
	switch e := e.(type) {
	case *Binary:
		return "(" + e.Op.String() + " " + dump(e.X) + " " + dump(e.Y) + ")"
	case *Unary:
		return "(" + e.Op.String() + " " + dump(e.X) + ")"
	case *Core:
		return "core:" + e.String()
	case *IntLit:
		return fmt.Sprint(e.Value)
	case *Word:
		return "word:" + e.Name
	case *ProtoLit:
		return "proto:" + e.Name
	case *FamilyLit:
		return "af:" + e.String()
	case *IPLit:
		return "ip:" + e.String()
	case *NetLit:
		return "net:" + e.String()
	case *SocketLit:
		return "socket:" + e.String()
	case *SerAVP:
		return "avp:" + e.String()
	case *Select:
		return "select:" + e.String()
	case *Choose:
		return "(selval " + dump(e.If) + " " + dump(e.Then) + " " + dump(e.Else) + ")"
	case *ActionExpr:
		return "(do " + strings.TrimSpace(e.Body[0].String()) + ")"
	case *Call:
		args := make([]string, len(e.Args))
		for i, a := range e.Args {
			args[i] = dump(a)
		}
		return e.Name + "(" + strings.Join(args, " ") + ")"
	}
	return e.String()
}

// dumpParts returns the parts of a format, variables in <>.
func dumpParts(parts []FormatPart) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Value == nil {
			fmt.Fprintf(&b, "%q", p.Text)
			continue
		}
		if v, ok := p.Value.(*PV); ok && v.Inner != nil {
			fmt.Fprintf(&b, "<%s:%s>", v.Name, v.Inner.Text)
			continue
		}
		fmt.Fprintf(&b, "<%s>", p.Value)
	}
	return b.String()
}
