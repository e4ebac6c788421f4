// Package permissions holds the words of a script that ask who may do what, by
// lists in files: calls and registrations by rules (permissions.allow,
// permissions.deny), peers by their addresses.
//
//	rules.go         a file of rules, and what fits them
//	routing.go       allow_routing, allow_register, allow_uri
//	address_file.go  a file of addresses
//	addresses.go     the addresses of a file, ready to be asked
//	address.go       allow_address and its kin
//
// The files are read with the script, and again with each reload of it.
package permissions

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"viaduct/script"
)

// New gives the module. Files that are no full paths are looked for in
// directory, that of the script.
func New(directory string, log script.Logger) *script.Module {
	p := &permissions{
		directory: directory, log: log, files: map[string]rules{}, addresses: new(addresses),
		allowFile: "permissions.allow", denyFile: "permissions.deny",
		allowSuffix: ".allow", denySuffix: ".deny", allBranches: true,
	}
	return &script.Module{
		Name:      "permissions",
		Functions: append(p.routingFunctions(), p.addressFunctions()...),
		Params: []script.Param{
			{Name: "default_allow_file", Set: script.SetString(&p.allowFile)},
			{Name: "default_deny_file", Set: script.SetString(&p.denyFile)},
			{Name: "allow_suffix", Set: script.SetString(&p.allowSuffix)},
			{Name: "deny_suffix", Set: script.SetString(&p.denySuffix)},
			{Name: "check_all_branches", Set: script.SetBool(&p.allBranches)},
			{Name: "address_file", Set: script.SetString(&p.addressFile)},
			{Name: "peer_tag_avp", Set: p.setTag},
		},
		Start: p.start,
	}
}

// permissions are the module as one script has it.
type permissions struct {
	directory string
	log       script.Logger

	allowFile, denyFile     string
	allowSuffix, denySuffix string
	allBranches             bool
	files                   map[string]rules // that were read, by path

	addressFile string
	addresses   *addresses
	tag         script.Assignable // takes the tag of the peer that was found; nil: nobody does
}

func (p *permissions) setTag(v script.Value) (err error) {
	p.tag, err = script.CompileVariable(v.AsString())
	return err
}

// start reads the addresses.
func (p *permissions) start() error {
	if p.addressFile == "" {
		return nil
	}
	path := p.path(p.addressFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	p.addresses, err = parseAddresses(path, string(text))
	return err
}

func (p *permissions) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(p.directory, name)
}

// rules reads a file of rules. One that is not there holds none.
func (p *permissions) rules(name string) (rules, error) {
	path := p.path(name)
	if known, ok := p.files[path]; ok {
		return known, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if p.log != nil {
			p.log.Log(script.LevelInfo, fmt.Sprintf("permissions: there is no file %s, so it has no rules\n", path))
		}
	} else if err != nil {
		return nil, err
	}
	read, err := parseRules(path, string(text))
	if err == nil {
		p.files[path] = read
	}
	return read, err
}
