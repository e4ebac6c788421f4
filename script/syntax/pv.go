// pv.go: pseudo-variables as nodes.

package syntax

// PV is a pseudo-variable: $ru, $hdr(Event), $(avp(s:x)[1]{s.substr,0,3}).
type PV struct {
	Pos
	Text            string // as written
	Name            string // "ru", "hdr", "avp", "?", "C"
	Inner           *Inner // what stands in the parentheses after the name; nil: no parentheses
	Index           *Index // only inside $(...); nil: none
	Transformations []Transformation
}

// IsRetcode tells whether the variable is the value of the last call: $?, $rc or $retcode.
func (v *PV) IsRetcode() bool {
	return v.Inner == nil && (v.Name == "?" || v.Name == "rc" || v.Name == "retcode")
}

// IsNull tells whether the variable is $null.
func (v *PV) IsNull() bool { return v.Inner == nil && v.Name == "null" }

// Inner is the name inside a variable's parentheses.
//
//	$hdr(Event)          Text "Event"       Steps [{Text "Event"}]
//	$avp(s:x)            Type "s"           Steps [{Text "x"}]
//	$avp(i:5)            Type "i"           Steps [{Text "5"}]
//	$avp($var(x))        Steps[0].Parts holds the *PV
//	$xavp(a[0]=>b[*])    Steps [{Name "a", Index 0} {Name "b", Index all}]
//	$sht(t=>$si::x)      Steps [{Text "t"} {Parts: $si, "::x"}]
//	$var(x)              Steps [{Text "x"}]
type Inner struct {
	Text  string // all of it, as written
	Type  string // "s" or "i" of avp(s:x), avp(i:5), also of avp(s:$var(x)); else ""
	Steps []Step // the text cut at "=>"; at least one
}

// Static returns the text after a type prefix when it holds no variable.
func (in *Inner) Static() (string, bool) {
	text := in.Text
	if in.Type != "" {
		text = text[len(in.Type)+1:]
	}
	for _, s := range in.Steps {
		if _, ok := s.Static(); !ok {
			return "", false
		}
	}
	return text, true
}

// Step is one name of an Inner.
type Step struct {
	Text  string       // as written
	Parts []FormatPart // Text cut at variables; one literal part when there is none
	Name  string       // Text without a last [index]
	Index *Index       // a last [index] in Text; nil: none
}

// Static returns Text when it holds no variable.
func (s Step) Static() (string, bool) {
	for _, p := range s.Parts {
		if p.Value != nil {
			return "", false
		}
	}
	return s.Text, true
}

// Index is [2], [-1] (the last), [*] (all) or [$var(i)].
type Index struct {
	All bool
	N   int
	PV  *PV // nil: N counts
}

// Transformation is {class.name,param,param}.
type Transformation struct {
	Class  string // "s", "uri", "re", "param"
	Name   string // "substr", "host", "subst", "escape.common"
	Raw    string // all after the first comma: re.subst and a comma as delimiter of s.select need it
	Params []TransformationParam
}

// TransformationParam is one parameter: literal text, or text with variables.
type TransformationParam struct {
	Text  string
	Parts []FormatPart
}

// FormatPart is a piece of a string with variables: literal text, or a value to put in its place.
type FormatPart struct {
	Text  string // literal text, when Value is nil
	Value Expr   // *PV; in SER's dialect also *SerAVP and *Select
}
