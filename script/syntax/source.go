// source.go: the texts that the lexer reads one inside the other: files, what they include, values of macros.

package syntax

import "strings"

// Bounds of what a script may make the lexer do. They are far above any script written by people.
const (
	maxIncludeDepth = 10
	maxIncludes     = 1000
	maxScriptBytes  = 16 << 20 // of all files together
	maxTokens       = 1 << 18
	maxMacroDepth   = 100
	maxExpansions   = 1 << 16
	maxConditions   = 512
	maxStringBytes  = 1 << 16
)

// frame is one text that is being read.
type frame struct {
	file      string // name of the file
	text      string
	off       int
	line      int // from 1
	lineStart int // offset of the first byte of the line

	macro   string // name of the macro whose value text is; "": text is a file
	at, end Pos    // where the macro was used
}

func newFileFrame(file, text string) *frame { return &frame{file: file, text: text, line: 1} }

// pos is the place of the next byte: for a macro's value, where the macro was used.
func (f *frame) pos() Pos {
	if f.macro != "" {
		return f.at
	}
	return Pos{File: f.file, Line: f.line, Col: f.off - f.lineStart + 1}
}

// endPos is the place after the last byte read.
func (f *frame) endPos() Pos {
	if f.macro != "" {
		return f.end
	}
	return f.pos()
}

// rest is the text still to read.
func (f *frame) rest() string { return f.text[f.off:] }

func (f *frame) done() bool { return f.off >= len(f.text) }

// advance reads n bytes.
func (f *frame) advance(n int) {
	for _, c := range []byte(f.text[f.off : f.off+n]) {
		f.off++
		if c == '\n' {
			f.line++
			f.lineStart = f.off
		}
	}
}

// advanceTo reads up to an offset.
func (f *frame) advanceTo(off int) { f.advance(off - f.off) }

// toLineEnd reads the rest of the line and returns it without the line end.
func (f *frame) toLineEnd() string {
	line := f.rest()
	if n := strings.IndexByte(line, '\n'); n >= 0 {
		line = line[:n]
	}
	f.advance(len(line))
	return strings.TrimSuffix(line, "\r")
}

// logicalLine reads the rest of the line and those that a backslash at the line end joins to it.
func (f *frame) logicalLine() string {
	var joined strings.Builder
	for {
		line := f.toLineEnd()
		if !strings.HasSuffix(line, `\`) || f.done() {
			joined.WriteString(line)
			return joined.String()
		}
		joined.WriteString(strings.TrimSuffix(line, `\`))
		f.advance(1)
	}
}

func (f *frame) skipBlanks() {
	for !f.done() && isBlank(f.text[f.off]) {
		f.off++
	}
}

// sourceLine returns a line of a text, from 1; "" when there is no such line or it is too long to show.
func sourceLine(text string, line int) string {
	for ; line > 1; line-- {
		n := strings.IndexByte(text, '\n')
		if n < 0 {
			return ""
		}
		text = text[n+1:]
	}
	if n := strings.IndexByte(text, '\n'); n >= 0 {
		text = text[:n]
	}
	if len(text) > 500 {
		return ""
	}
	return strings.TrimSuffix(text, "\r")
}
