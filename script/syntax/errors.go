// errors.go: what is wrong, where, and what to do about it.

package syntax

import "strings"

// Error is one fault of a script.
type Error struct {
	Pos        Pos
	Msg        string
	Hint       string // a remedy, or ""
	SourceLine string // the line at Pos, or ""
}

// Error returns "file:line:col: message".
func (e *Error) Error() string { return e.Pos.String() + ": " + e.Msg }

// Detail returns Error, the source line with a caret under the column, and a "hint:" line where there is a hint.
func (e *Error) Detail() string {
	var b strings.Builder
	b.WriteString(e.Error())
	if e.SourceLine != "" {
		b.WriteString("\n    ")
		b.WriteString(e.SourceLine)
		b.WriteString("\n    ")
		for i := 0; i < e.Pos.Col-1 && i < len(e.SourceLine); i++ {
			if e.SourceLine[i] == '\t' {
				b.WriteByte('\t') // as wide as in the line above
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteByte('^')
	}
	if e.Hint != "" {
		b.WriteString("\nhint: ")
		b.WriteString(e.Hint)
	}
	return b.String()
}

// ErrorList is the faults of one script in the order they were found; Parse returns it. The first is the most precise.
type ErrorList []*Error

// Error returns one line a fault.
func (l ErrorList) Error() string {
	lines := make([]string, len(l))
	for i, e := range l {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Detail returns the details of all faults, an empty line between.
func (l ErrorList) Detail() string {
	details := make([]string, len(l))
	for i, e := range l {
		details[i] = e.Detail()
	}
	return strings.Join(details, "\n\n")
}

// Unwrap lets errors.As find the first *Error.
func (l ErrorList) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}
