// Package lab plays experiments: a question, proxies and phones on loopback
// addresses, the steps that they take, and the ladder that must come of it.
//
//	one, err := lab.Find("call-setup")
//	result, err := lab.Play(ctx, one, lab.Options{})
//	os.Stdout.Write(result.AppendPrintout(nil, false))
//
// An experiment is a text file, a scenario (docs/scenarios.md). Those that come
// with viaduct repeat the paper of 2007 and go on from there. Everything runs
// in this process, on real sockets: a server.Server for each proxy, a
// phone.Phone for each phone.
package lab
