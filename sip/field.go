// Header fields: which are known by number, their names and compact forms.
package sip

// FieldKind numbers the header fields that the server looks at (RFC 3261
// section 20). FieldOther is any other; it is found by name.
type FieldKind uint8

const (
	FieldOther FieldKind = iota
	FieldVia
	FieldFrom
	FieldTo
	FieldCallID
	FieldCSeq
	FieldMaxForwards
	FieldContact
	FieldRoute
	FieldRecordRoute
	FieldContentLength
	FieldContentType
	FieldExpires
	FieldMinExpires
	FieldAuthorization
	FieldProxyAuthorization
	FieldWWWAuthenticate
	FieldProxyAuthenticate
	FieldRequire
	FieldProxyRequire
	FieldSupported
	FieldUnsupported
	FieldAllow
	FieldEvent
	FieldUserAgent
	FieldServer
	FieldPath
	FieldAccept
	FieldDate
	FieldTimestamp
	FieldSubject
	FieldReferTo
	FieldReferredBy
	FieldContentEncoding
	FieldRetryAfter
	FieldPAssertedIdentity
	FieldPPreferredIdentity
	FieldPrivacy
	FieldDiversion
	FieldAllowEvents
	FieldSessionExpires
	fieldKinds // how many there are
)

// fieldNames gives each kind its name as RFC 3261 (or the RFC that added it)
// writes it, and its compact form or 0.
var fieldNames = [fieldKinds]struct {
	name    string
	compact byte
}{
	FieldVia:                {"Via", 'v'},
	FieldFrom:               {"From", 'f'},
	FieldTo:                 {"To", 't'},
	FieldCallID:             {"Call-ID", 'i'},
	FieldCSeq:               {"CSeq", 0},
	FieldMaxForwards:        {"Max-Forwards", 0},
	FieldContact:            {"Contact", 'm'},
	FieldRoute:              {"Route", 0},
	FieldRecordRoute:        {"Record-Route", 0},
	FieldContentLength:      {"Content-Length", 'l'},
	FieldContentType:        {"Content-Type", 'c'},
	FieldExpires:            {"Expires", 0},
	FieldMinExpires:         {"Min-Expires", 0},
	FieldAuthorization:      {"Authorization", 0},
	FieldProxyAuthorization: {"Proxy-Authorization", 0},
	FieldWWWAuthenticate:    {"WWW-Authenticate", 0},
	FieldProxyAuthenticate:  {"Proxy-Authenticate", 0},
	FieldRequire:            {"Require", 0},
	FieldProxyRequire:       {"Proxy-Require", 0},
	FieldSupported:          {"Supported", 'k'},
	FieldUnsupported:        {"Unsupported", 0},
	FieldAllow:              {"Allow", 0},
	FieldEvent:              {"Event", 'o'},
	FieldUserAgent:          {"User-Agent", 0},
	FieldServer:             {"Server", 0},
	FieldPath:               {"Path", 0},
	FieldAccept:             {"Accept", 0},
	FieldDate:               {"Date", 0},
	FieldTimestamp:          {"Timestamp", 0},
	FieldSubject:            {"Subject", 's'},
	FieldReferTo:            {"Refer-To", 'r'},
	FieldReferredBy:         {"Referred-By", 'b'},
	FieldContentEncoding:    {"Content-Encoding", 'e'},
	FieldRetryAfter:         {"Retry-After", 0},
	FieldPAssertedIdentity:  {"P-Asserted-Identity", 0},
	FieldPPreferredIdentity: {"P-Preferred-Identity", 0},
	FieldPrivacy:            {"Privacy", 0},
	FieldDiversion:          {"Diversion", 0},
	FieldAllowEvents:        {"Allow-Events", 'u'},
	FieldSessionExpires:     {"Session-Expires", 'x'},
}

// longestName bounds the names worth looking up.
const longestName = len("P-Preferred-Identity")

// kindsByLength lists the kinds whose name has a given length, so that a
// lookup compares with two or three names at most; kindsByCompact maps a
// lower-case compact form.
var kindsByLength, kindsByCompact = func() (byLength [longestName + 1][]FieldKind, byCompact [256]FieldKind) {
	for kind := FieldVia; kind < fieldKinds; kind++ {
		entry := fieldNames[kind]
		byLength[len(entry.name)] = append(byLength[len(entry.name)], kind)
		if entry.compact != 0 {
			byCompact[entry.compact] = kind
		}
	}
	return
}()

// String gives the name of the field in its long form, "" for FieldOther.
func (k FieldKind) String() string { return fieldNames[k].name }

// KindOf finds the kind of a header field name in any case, long or compact
// (RFC 3261 section 7.3.3).
func KindOf(name string) FieldKind {
	if len(name) == 1 {
		return kindsByCompact[lower(name[0])]
	}
	if len(name) > longestName {
		return FieldOther
	}
	for _, kind := range kindsByLength[len(name)] {
		if equalFold(name, fieldNames[kind].name) {
			return kind
		}
	}
	return FieldOther
}

// isList tells whether the values of a field may be joined by commas.
// Fields that carry HTTP-like credentials or free text may not (section 7.3.1).
func (k FieldKind) isList() bool {
	switch k {
	case FieldVia, FieldContact, FieldRoute, FieldRecordRoute, FieldPath,
		FieldRequire, FieldProxyRequire, FieldSupported, FieldUnsupported,
		FieldAllow, FieldAccept, FieldContentEncoding, FieldAllowEvents,
		FieldPAssertedIdentity, FieldPPreferredIdentity, FieldDiversion:
		return true
	}
	return false
}
