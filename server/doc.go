// Package server joins the floors: it opens the listeners that a script asks
// for, runs the script's routes on each message, and carries out what they
// decide.
//
//	s, err := server.New(server.Config{Script: "kamailio.cfg"})
//	err = s.Run(ctx)
//
// A message's way through this package is in routes.go.
package server
