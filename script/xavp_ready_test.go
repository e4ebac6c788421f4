package script

import "testing"

// A value given to two messages is changed by one of them, and not in the other.
func TestReadyXAVPs(t *testing.T) {
	first := NewXAVP("dst", Field{"uri", StringValue("sip:a")}, Field{"grp", IntValue(1)})
	second := NewXAVP("dst", Field{"uri", StringValue("sip:b")})
	one, other := Context{AVPs: new(AVPs)}, Context{AVPs: new(AVPs)}
	for _, c := range []*Context{&one, &other} {
		c.AVPs.PushXAVPs([]*XAVP{second})
		c.AVPs.PushXAVPs([]*XAVP{first, second})
	}
	uri, err := CompileVariable("$xavp(dst=>uri)")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := CompileVariable("$xavp(dst[0])")
	if err != nil {
		t.Fatal(err)
	}
	uri.Assign(&one, StringValue("sip:c"))
	if got := one.AVPs.XAVPField("dst", "uri").Text + uri.Eval(&other).Text + other.AVPs.XAVPField("dst", "grp").String(); got != "sip:csip:a1" {
		t.Error(got)
	}
	if !one.AVPs.PopXAVP("dst") || one.AVPs.XAVPField("dst", "uri").Text != "sip:b" {
		t.Error("the second does not follow the first")
	}
	whole.Assign(&one, IntValue(5))
	if whole.Eval(&one).Int != 5 || other.AVPs.PopXAVP("none") || !other.AVPs.PopXAVP("dst") || other.AVPs.XAVPField("dst", "uri").Text != "sip:b" {
		t.Error("setting one changes the other")
	}
	for range 2 {
		one.AVPs.PopXAVP("dst")
	}
	var none *AVPs
	if one.AVPs.PopXAVP("dst") || none.PopXAVP("dst") || one.AVPs.XAVPField("dst", "uri") != none.XAVPField("dst", "uri") {
		t.Error("what is empty holds something")
	}
}
