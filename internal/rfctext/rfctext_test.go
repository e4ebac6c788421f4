package rfctext

import "testing"

const sample = "Table of Contents\n   8.1 Things ... 3\n8 First Things\n\n   A phrase\nSomebody   Standards Track   [Page 3]\n\f\nRFC 9999    Title    June 2002\n\n   goes on.\n\n8.1 More\n\n   Other words.\n"

func TestSections(t *testing.T) {
	sections := Sections(sample)
	if got := sections["8"]; got != "8 First Things  A phrase   goes on.  " {
		t.Errorf("section 8 is %q", got)
	}
	for _, test := range []struct {
		section, phrase string
		want            bool
	}{
		{"8", "other WORDS", true}, // below it
		{"8.1", "other words", true},
		{"8.1", "a phrase", false},
		{"8", "things ...", false}, // the table of contents
		{"9", "words", false},
	} {
		if got := Holds(sections, test.section, test.phrase); got != test.want {
			t.Errorf("%s holds %q: %v", test.section, test.phrase, got)
		}
	}
}
