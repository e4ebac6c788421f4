// Check: a script read and bound without serving it.
package server

import "viaduct/script"

// Check compiles the script of a configuration and reports what it has, uses
// and lacks. An error is a syntax.ErrorList, or says that the file cannot be
// read.
func Check(config Config) (*script.Report, error) {
	s, err := New(config)
	if err != nil {
		return nil, err
	}
	s.output.close()
	return s.program.Load().Report(), nil
}
