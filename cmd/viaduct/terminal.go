// Whether somebody looks: colours and a prompt.
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
	return os.Getenv("NO_COLOR") == "" && isTerminal(to)
}

// hasTerminal tells whether the process belongs to a terminal that is open.
func hasTerminal() bool {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	terminal.Close()
	return true
}

// isTerminal tells whether a stream is a terminal, or something like it.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
