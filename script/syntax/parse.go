// parse.go: the door of the package.

package syntax

// Loader returns the text of a file that include_file, import_file or ParseFile names. An error means "not there".
type Loader func(name string) (string, error)

// Options is what Parse needs to know beside the text.
type Options struct {
	Dialect Dialect                     // Auto: DetectDialect
	Defines []string                    // NAME or NAME=VALUE, as #!define at the top of the file would do
	Load    Loader                      // nil: nothing can be included
	Env     func(string) (string, bool) // for #!defenv; nil: no variable is set
}

// ParseFile loads and parses a script.
func ParseFile(name string, o Options) (*File, error) { panic("todo") }

// Parse parses a script. On faults it returns an ErrorList, and the File as far as it was understood.
func Parse(name, text string, o Options) (*File, error) { panic("todo") }

// DetectDialect tells in which dialect text is written, and why in one line.
func DetectDialect(text string) (Dialect, string) { panic("todo") }

// ParsePV parses one pseudo-variable, which must be all of text.
func ParsePV(text string) (*PV, error) { panic("todo") }

// ParseFormat cuts a string at the variables in it.
func ParseFormat(text string, d Dialect) ([]FormatPart, error) { panic("todo") }

func isWordByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
func isWordToken(string) bool { return true }
