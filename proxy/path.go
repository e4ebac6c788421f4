// Path: our address for requests to a client that registers through us
// (RFC 3327 section 5.2).
package proxy

import (
	"viaduct/sip"
	"viaduct/wire"
)

// Path asks for a value of Path in a REGISTER.
type Path struct {
	User   string // "" for none
	Params string // behind ;lr
	Double bool   // one value for each side of us, marked r2=on
}

// addPaths puts our values on top of those that are there, the latest first:
// the registrar shall come here first. Of two values the one that it reaches
// stands before the one that the client reaches.
func (p *Proxy) addPaths(edits *sip.Edits, r *Request, out wire.Flow) {
	at := r.Message.HeadEnd
	if f := r.Message.First(sip.FieldPath); f != nil {
		at = int(f.Start)
	}
	fields := ""
	for _, path := range r.Paths {
		mine := p.pathField(&path, out)
		if path.Double {
			mine += p.pathField(&path, r.Flow)
		}
		fields = mine + fields
	}
	edits.Insert(at, fields)
}

func (p *Proxy) pathField(path *Path, flow wire.Flow) string {
	host := p.sentBy(flow)
	if path.User != "" {
		host = path.User + "@" + host
	}
	if flow.Transport != wire.UDP {
		host += ";transport=" + lowerNames[flow.Transport]
	}
	field := "Path: <sip:" + host + ";lr" + path.Params
	if path.Double {
		field += ";r2=on"
	}
	return field + ">\r\n"
}
