// The script and version commands.
package main

import (
	"fmt"
	"io"
	"runtime/debug"

	"viaduct/server"
)

type scriptCommand struct {
	Default defaultScriptCommand `cmd:"" help:"Print the built-in script, to read or to change."`
}

type defaultScriptCommand struct{}

func (defaultScriptCommand) Run(s streams) error {
	_, err := io.WriteString(s.out, server.BuiltinScript)
	return err
}

type versionCommand struct{}

func (versionCommand) Run(s streams) error {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				version += " " + setting.Value
			}
		}
	}
	_, err := fmt.Fprintf(s.out, "viaduct %s\n", version)
	return err
}
