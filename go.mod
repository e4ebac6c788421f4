module viaduct

go 1.26

require (
	github.com/alecthomas/kong v1.17.0
	github.com/miekg/dns v1.1.73
)

require (
	github.com/rogpeppe/go-internal v1.16.0
	golang.org/x/net v0.57.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/tools v0.48.0 // indirect
)
