package syntax

import (
	"fmt"
	"strings"
	"testing"
)

// dumpPV returns the parts of a variable.
func dumpPV(v *PV) string {
	text := v.Name
	if v.Inner != nil {
		if v.Inner.Type != "" {
			text += " type:" + v.Inner.Type
		}
		for _, s := range v.Inner.Steps {
			text += fmt.Sprintf(" step:%s", dumpParts(s.Parts))
			if s.Index != nil {
				text += fmt.Sprintf("=%s%s", s.Name, s.Index)
			}
		}
	}
	if v.Index != nil {
		text += " index:" + v.Index.String()
	}
	for _, tr := range v.Transformations {
		text += " {" + tr.Class + " " + tr.Name
		for _, p := range tr.Params {
			text += " " + dumpParts(p.Parts)
		}
		text += "}"
	}
	return text
}

func TestParsePV(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`$ru`, `ru`},
		{`$(ru)`, `ru`},
		{`$?`, `?`},
		{`$null`, `null`},
		{`$hdr(X-A)`, `hdr step:"X-A"`},
		{`$(hdr(X)[-1])`, `hdr step:"X" index:[-1]`},
		{`$(avp(x)[*])`, `avp step:"x" index:[*]`},
		{`$(avp(s:x)[$var(i)])`, `avp type:s step:"x" index:[$var(i)]`},
		{`$avp(i:5)`, `avp type:i step:"5"`},
		{`$avp($var(x))`, `avp step:<var:x>`},
		{`$avp(s:$var(x))`, `avp type:s step:<var:x>`},
		{`$xavp(a=>b)`, `xavp step:"a" step:"b"`},
		{`$xavp(a[0]=>b[*])`, `xavp step:"a[0]"=a[0] step:"b[*]"=b[*]`},
		{`$sht(t=>key)`, `sht step:"t" step:"key"`},
		{`$sht(ipban=>$si::$(fU{s.tolower}))`, `sht step:"ipban" step:<$si>"::"<$(fU{s.tolower})>`},
		{`$sel(cfg_get.group.name)`, `sel step:"cfg_get.group.name"`},
		{`$C(bg)`, `C step:"bg"`},
		{`$(ru{uri.user})`, `ru {uri user}`},
		{`$(ru{s.substr,0,3}{s.len})`, `ru {s substr "0" "3"} {s len}`},
		{`$(hdr(X)[1]{s.escape.common} {s.md5})`, `hdr step:"X" index:[1] {s escape.common} {s md5}`},
		{`$(var(x){s.select,1,$var(sep)})`, `var step:"x" {s select "1" <var:sep>}`},
		{`$(ru{re.subst,/^a{1,2}$/b/g})`, `ru {re subst "/^a{1,2}$/b/g"}`},
		{`$(hdr(a(b)c){s.len})`, `hdr step:"a(b)c" {s len}`},
	} {
		v, err := ParsePV(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := dumpPV(v); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.text, got, c.want)
		}
		if v.String() != c.text {
			t.Errorf("%s printed as %s", c.text, v)
		}
	}
	v, err := ParsePV(`$(ru{s.select,1,,})`)
	if err != nil || v.Transformations[0].Raw != "1,," {
		t.Errorf("comma as delimiter: %v, %v", v, err)
	}
	for _, text := range []string{"", "$", "ru", "$ru ", "$()", "$(ru", "$hdr(", "$hdr()", "$(hdr(X)[])", "$(hdr(X)[a])",
		"$(ru{len})", "$(ru{s.len)", "$(ru x)", "$$", "$5", "$(ru{.x})", "$" + strings.Repeat("(", 10000)} {
		if v, err := ParsePV(text); err == nil {
			t.Errorf("%q was taken as %s", shorten(text), dumpPV(v))
		}
	}
}

func TestPVKinds(t *testing.T) {
	for text, want := range map[string][2]bool{"$?": {true, false}, "$rc": {true, false}, "$retcode": {true, false},
		"$(rc)": {true, false}, "$null": {false, true}, "$rcx": {false, false}} {
		v, err := ParsePV(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]bool{v.IsRetcode(), v.IsNull()}; got != want {
			t.Errorf("%s: retcode, null = %v, want %v", text, got, want)
		}
	}
	for text, want := range map[string]string{"$avp(s:x)": "x", "$hdr(a=>b)": "a=>b", "$avp($var(x))": "-"} {
		v, err := ParsePV(text)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := v.Inner.Static()
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("%s: static name %q, want %q", text, got, want)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for _, c := range []struct {
		d          Dialect
		text, want string
	}{
		{Kamailio, ``, ``},
		{Kamailio, `no variable 100%`, `"no variable 100%"`},
		{Kamailio, `$rm from $fu (IP:$si:$sp)`, `<$rm>" from "<$fu>" (IP:"<$si>":"<$sp>")"`},
		{Kamailio, `a $$ b $$rm`, `"a $ b $rm"`},
		{Kamailio, `$mb{end}`, `<$mb>"{end}"`},
		{Kamailio, `$(mb{s.len}){end}`, `<$(mb{s.len})>"{end}"`},
		{Kamailio, `$C(bg)x$C(xx)`, `<C:bg>"x"<C:xx>`},
		{Kamailio, `$ru. $rd,`, `<$ru>". "<$rd>","`},
		{Kamailio, `%rm`, `"%rm"`},
		{OpenSER, `$CbxLoose Route$Cxx`, `<C:bx>"Loose Route"<C:xx>`},
		{OpenSER, `$mb{end}` + "\n" + `$Cbg[ End ]`, `<$mb>"{end}\n"<C:bg>"[ End ]"`},
		{OpenSER, `$C(bg)`, `<C:bg>`},
		{SER, `%Cbg[ Method %rm from %si ]%Cxx`, `<C:bg>"[ Method "<%rm>" from "<%si>" ]"<C:xx>`},
		{SER, `100%% %d $rm`, `"100% %d $rm"`},
		{SER, `%{X-H} %{X-H[1]} %@to.tag %$f.did %`, `<hdr:X-H>" "<hdr:X-H>" "<@to.tag>" "<$f.did>" %"`},
	} {
		parts, err := ParseFormat(c.text, c.d)
		if err != nil {
			t.Errorf("%s %q: %v", c.d, c.text, err)
			continue
		}
		if got := dumpParts(parts); got != c.want {
			t.Errorf("%s %q\n got %s\nwant %s", c.d, c.text, got, c.want)
		}
	}
	for _, text := range []string{"cost: 5$", "$ x", "$(ru", "$(ru{x})", "$5"} {
		if _, err := ParseFormat(text, Kamailio); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
