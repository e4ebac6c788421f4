// Package script compiles a script of SER, OpenSER or Kamailio to closures
// and runs its routes on messages. The language as text is package
// script/syntax; what its words do with the network is up to modules.
//
// A server hands over the modules that can be loaded and gets a Program:
//
//	file, err := syntax.ParseFile("proxy.cfg", syntax.Options{Load: load})
//	program, err := script.Compile(file, script.Options{Modules: modules, Log: log, Myself: isOurs})
//	route := program.Find(syntax.RequestRoute, "")
//
// and for each message makes a Context and runs a route on it:
//
//	c := &script.Context{Message: m, URI: m.RequestURI, Flow: flow}
//	result := route.Run(c)
//
// Everything is bound when the script is compiled: routes by pointer, $var by
// place, flags as masks, regular expressions once, functions through
// Module.Functions. While messages pass nothing is looked up by name and
// nothing is allocated, unless the script makes text.
//
// A module is a set of words:
//
//	greet := script.Function{Name: "greet", MinArgs: 1, MaxArgs: 1,
//		Bind: func(args []script.Arg) (script.Action, error) {
//			return func(c *script.Context) int {
//				fmt.Println("hello", args[0].Eval(c))
//				return 1
//			}, nil
//		}}
//	module := &script.Module{Name: "manners", Functions: []script.Function{greet}}
//
// The rules are Kamailio's. testdata/oracle holds what Kamailio 5.6.3 itself
// answered to some four hundred questions; the tests hold the engine to that.
// Where the three languages differ (what 0, break and drop do), the dialect of
// the file decides; statement.go says how.
package script
