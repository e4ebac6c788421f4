package script

import (
	"fmt"
	"testing"
)

func TestCompileAVP(t *testing.T) {
	c := new(Context)
	for i, text := range []string{"$avp(a)", "$avp(s:a)", "$avp(i:5)", "$avp(5)"} {
		r, err := CompileAVP(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		r.Add(c, IntValue(int64(i)))
	}
	numeric, _ := CompileAVP("$avp(i:5)")
	named, _ := CompileAVP("$avp(a)")
	if got := fmt.Sprint(c.AVPs.List()); got != "[{5 false 3} {5 true 2} {a false 1} {a false 0}]" {
		t.Error(got)
	}
	if got := fmt.Sprint(named.All(c), numeric.All(c)); got != "[1 0] [2]" {
		t.Error(got)
	}
	if !named.RemoveNewest(c) || !named.RemoveNewest(c) || named.RemoveNewest(c) || named.RemoveAll(c) || !numeric.RemoveAll(c) {
		t.Error("removing")
	}
	if got := fmt.Sprint(c.AVPs.List()); got != "[{5 false 3}]" {
		t.Error(got)
	}
	c.AVPs.RemoveNamed("5", false)
	if empty := new(Context); len(c.AVPs.List())+len(empty.AVPs.List())+len(named.All(empty)) != 0 || named.RemoveNewest(empty) {
		t.Error("not empty")
	}
	for _, text := range []string{"", "a", "$avp", "$var(a)", "$(avp(a)[0])", "$(avp(a){s.len})", "$avp(a)x", "$avp($nope)"} {
		if _, err := CompileAVP(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
