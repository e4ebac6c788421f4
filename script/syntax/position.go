// position.go: places in source files.

package syntax

import "strconv"

// Pos is a place in a source file. Text that a #!define brought in has the place where the macro was used; text of an
// included file has its place in that file. The zero Pos means "nowhere" (a node made by hand).
type Pos struct {
	File string // as given to Parse or to the include directive's loader
	Line int    // from 1
	Col  int    // in bytes, from 1
}

// IsValid tells whether p is a place at all.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String returns "file:line:col", without the parts that are not known.
func (p Pos) String() string {
	if !p.IsValid() {
		if p.File == "" {
			return "-"
		}
		return p.File
	}
	at := strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col)
	if p.File == "" {
		return at
	}
	return p.File + ":" + at
}

// Position lets every node that embeds its Pos satisfy Node.
func (p Pos) Position() Pos { return p }
