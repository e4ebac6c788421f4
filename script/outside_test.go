package script

import "testing"

func TestCompileVariable(t *testing.T) {
	for _, text := range []string{"$avp(peer)", "$avp(i:707)", "$xavp(dst=>uri)", "$ru", "$du"} {
		v, err := CompileVariable(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		c := new(Context)
		if err := v.Assign(c, StringValue("sip:a@b.test")); err != nil || v.Eval(c).Text != "sip:a@b.test" {
			t.Errorf("%s: %v %v", text, v.Eval(c), err)
		}
	}
	for _, text := range []string{"", "peer", "$avp(a)$avp(b)", "$nope", "$rm", "$(avp(a){s.len})", "$avp"} {
		if _, err := CompileVariable(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
