// Whether to use colours.
package main

import (
	"io"
	"os"
)

// useColor follows --color; auto means a terminal, and NO_COLOR not set
// (https://no-color.org).
func useColor(flag string, to io.Writer) bool {
	switch flag {
	case "always":
		return true
	case "never":
		return false
	}
	file, ok := to.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
