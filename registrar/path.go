// Path: the hops between the client and us (RFC 3327).
package registrar

import (
	"strings"

	"viaduct/sip"
)

// readPath keeps Path for the bindings, and for the 200 when the client can read
// it there (section 5.3).
func (r *Registrar) readPath(m *sip.Message, request *request) *Result {
	var path string
	for value := range m.Values(sip.FieldPath) {
		text := sip.Unfold(value.Text)
		hop, err := sip.ParseNameAddr(text)
		if err != nil || !hop.InAngle || !isPrintable(text) {
			return refuse(400, "Bad Path")
		}
		if uri, err := sip.ParseURI(hop.URI); err != nil || !uri.IsSIP() {
			return refuse(400, "Bad Path URI")
		}
		if path != "" {
			path += ", "
		}
		path += text
		if len(path) > longestPath {
			return refuse(400, "Path Too Long")
		}
	}
	supported := false
	for tag := range m.Values(sip.FieldSupported) {
		supported = supported || strings.EqualFold(tag.Text, "path")
	}
	if r.config.PathMode == PathStrict && !supported {
		return &Result{Status: 420, Fields: "Unsupported: path\r\nPath: " + path + "\r\n"}
	}
	request.path = path
	request.tellsPath = supported && path != "" && r.config.PathMode != PathSilent
	return nil
}
