// Package syntax is the script language of SER, OpenSER and Kamailio as text: it turns files into a tree of nodes and
// says precisely what is wrong with them. It knows no module, no message and no file system.
//
// # A first script
//
// Parse takes a name for positions and a text:
//
//	file, err := syntax.Parse("proxy.cfg", `
//		listen=udp:127.0.0.1:5060
//		loadmodule "sl.so"
//		request_route {
//			sl_send_reply("404", "Not here");
//		}`, syntax.Options{})
//
// A File holds what the script declares, each kind in a list of its own and in the order of the source: Listens,
// LoadModules, ModParams, Routes and so on. A Route has a Kind, a Name and a Body of statements:
//
//	main := file.Route(syntax.RequestRoute, "")
//	call := main.Body[0].(*syntax.CallStmt).Call
//	fmt.Println(call.Pos, call.Name, call.Args[0]) // proxy.cfg:5:4 sl_send_reply "404"
//
// # Faults
//
// On faults Parse returns an ErrorList: what it could understand is in the File still. Error is for logs, Detail for
// people:
//
//	var faults syntax.ErrorList
//	if errors.As(err, &faults) {
//		fmt.Println(faults.Detail())
//	}
//
//	proxy.cfg:1:12: listen: MY_IP_ADDR is a placeholder for an address
//	    listen=udp:MY_IP_ADDR:5060
//	               ^
//	hint: give MY_IP_ADDR a value: --define MY_IP_ADDR=... or #!define MY_IP_ADDR ...
//
// # Dialects
//
// The three languages share one grammar. Where they differ, a Dialect decides: in SER & means && and "$f.name" is an
// attribute; in SER and OpenSER !$rU=="x" negates the comparison, in Kamailio the variable; Kamailio has no !~ and no
// max_len. DetectDialect finds out which one a script is written in, and File.Reason tells why. Options.Dialect
// overrides it. What break and drop do, and which values are true, is the compiler's business: the nodes keep what it
// needs, as Break.Target.
//
// # Preprocessor
//
// #!define and #!ifdef, include_file and import_file, #!subst and their kin work while the text is read, so a false
// #!ifdef may hold anything. Options.Defines are macros given from outside, which win over those of the script;
// Options.Load reads included files, beside the including file first; Options.Env is for #!defenv:
//
//	syntax.ParseFile("proxy.cfg", syntax.Options{
//		Load:    func(name string) (string, error) { b, err := os.ReadFile(name); return string(b), err },
//		Defines: []string{"WITH_NAT", "MY_IP_ADDR=127.0.0.1"},
//	})
//
// A token that came out of a macro has the position where the macro was used. No version macros (KAMAILIO_5) are set:
// whoever wants them gives them as Defines.
//
// # Expressions and variables
//
// Binary carries Kamailio's precedence. A comparison with a core value on its left, as method == "INVITE", binds
// tighter than any prefix, so !method=="INVITE" is Unary{OpNot, Binary{...}}. Adjacent strings are one StringLit.
//
// A pseudo-variable is a PV with its parts taken apart:
//
//	v, _ := syntax.ParsePV("$(avp(s:x)[1]{s.substr,0,3})")
//	// v.Name "avp", v.Inner.Type "s", v.Inner.Steps[0].Text "x", v.Index.N 1, v.Transformations[0].Name "substr"
//
// Whether the variables inside a string count depends on who gets the string. Who wants them calls ParseFormat:
//
//	parts, _ := syntax.ParseFormat("$rm from $si\n", syntax.Kamailio) // $rm, " from ", $si, "\n"
//
// # Printing
//
// Format prints a File, and String any node, as source. Parsing the print gives the same tree.
package syntax
