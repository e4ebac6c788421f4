// token.go: the words of a script, before they become nodes.

package syntax

import "strconv"

type tokenKind uint8

const (
	tokenEnd     tokenKind = iota // end of the script
	tokenBad                      // text that the lexer has complained about already
	tokenWord                     // name, keyword, msg:len, uri:host
	tokenNumWord                  // 10wt: letters and digits that begin with a digit
	tokenNumber                   // also yes, no, on, off ...
	tokenString
	tokenPV     // $ru, $(hdr(X)[0])
	tokenSerAVP // $f.name, %name
	tokenSelect // @to.tag
	tokenIP     // 10.0.0.1, ::1
	tokenPunct  // operators and brackets, (int) and (str) included
)

// token is one word with its place. Text of a string has its escapes resolved.
type token struct {
	kind  tokenKind
	first bool // first of its line
	glued bool // no blank before it
	text  string
	value int64 // of a tokenNumber
	pos   Pos
	end   Pos    // of the byte after it
	macro string // name of the macro it came from, or ""
}

// describe names the token in an error.
func (t token) describe() string {
	switch t.kind {
	case tokenEnd:
		return "the end of the script"
	case tokenString:
		text := Quote(t.text)
		if len(text) > 40 {
			text = text[:36] + `..."`
		}
		return "the string " + text
	case tokenNumber:
		return "the number " + t.text
	}
	return strconv.Quote(t.text)
}

// reserved words are never taken for macros: they belong to the grammar.
func isReserved(word string) bool {
	switch word {
	case "if", "else", "while", "switch", "case", "default", "return", "exit", "drop", "break",
		"and", "or", "not", "eq", "ne", "ieq", "ine", "mod", "strlen", "strempty", "defined", "selval",
		"method", "uri", "status", "from_uri", "to_uri", "src_ip", "src_port", "dst_ip", "dst_port", "proto", "af", "myself",
		"yes", "true", "on", "enable", "no", "false", "off", "disable",
		"loadmodule", "loadmodulex", "modparam", "modparamx", "include_file", "import_file":
		return true
	}
	_, ok := routeWord(word)
	return ok
}

// routeWord returns the kind of route that a word opens.
func routeWord(word string) (kind RouteKind, ok bool) {
	switch word {
	case "route", "request_route":
		return RequestRoute, true
	case "onreply_route", "reply_route":
		return ReplyRoute, true
	case "failure_route":
		return FailureRoute, true
	case "branch_route":
		return BranchRoute, true
	case "onsend_route":
		return OnsendRoute, true
	case "event_route":
		return EventRoute, true
	case "error_route":
		return ErrorRoute, true
	case "local_route":
		return LocalRoute, true
	case "startup_route":
		return StartupRoute, true
	case "timer_route":
		return TimerRoute, true
	}
	return 0, false
}

// boolWord returns the number that a word such as "yes" stands for.
func boolWord(word string) (value int64, ok bool) {
	switch word {
	case "yes", "true", "on", "enable":
		return 1, true
	case "no", "false", "off", "disable":
		return 0, true
	}
	return 0, false
}

// protoWord returns the name of a transport written in all lower or all upper case.
func protoWord(word string) (name string, ok bool) {
	switch word {
	case "udp", "UDP":
		return "udp", true
	case "tcp", "TCP":
		return "tcp", true
	case "tls", "TLS":
		return "tls", true
	case "sctp", "SCTP":
		return "sctp", true
	case "ws", "WS":
		return "ws", true
	case "wss", "WSS":
		return "wss", true
	}
	return "", false
}

func isDigit(c byte) bool    { return '0' <= c && c <= '9' }
func isLetter(c byte) bool   { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }
func isWordByte(c byte) bool { return isLetter(c) || isDigit(c) }
func isBlank(c byte) bool {
	return c == ' ' || c == '\t' || c == '\r' || c == '\b' || c == '\f' || c == '\v'
}
func isHexDigit(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
func isOctDigit(c byte) bool { return '0' <= c && c <= '7' }

// wordEnd returns the offset after the letters and digits that begin at off.
func wordEnd(text string, off int) int {
	for off < len(text) && isWordByte(text[off]) {
		off++
	}
	return off
}
