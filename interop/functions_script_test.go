// The script of all cases of functions: a route for each, in the place that it asks for.

package interop

import (
	"fmt"
	"strings"
)

// places are where the statements of a case may stand, and how what they gave comes out: the return code of the last
// function and the text to show, as fields of the reply or of the request that is relayed.
var places = map[string]func(c *functionCase) string{
	// In request_route, answered without state.
	"request": func(c *functionCase) string { return c.route("route", c.statements+c.seen()+"route(ANSWER);") },
	// In request_route; the request is relayed to the callee.
	"relay": func(c *functionCase) string {
		return c.route("route", c.statements+c.seen()+"route(SHOWN); route(RELAY);")
	},
	// The same, without state.
	"forward": func(c *functionCase) string {
		return c.route("route", c.statements+c.seen()+"route(SHOWN); route(FORWARD);")
	},
	// In request_route; whatever happens then is the statements' doing.
	"own": func(c *functionCase) string { return c.route("route", c.statements) },
	// At the top level: the case has routes of its own, and a route[CASE] to begin with.
	"top": func(c *functionCase) string { return strings.ReplaceAll(c.statements, "CASE", c.id) + "\n" },
	"branch": func(c *functionCase) string {
		return c.route("route", c.asking("t_on_branch")+"route(RELAY);") +
			c.route("branch_route", c.statements+c.seen()+"route(SHOWN);")
	},
	"onreply": func(c *functionCase) string {
		return c.route("route", c.asking("t_on_reply")+"route(RELAY);") +
			c.route("onreply_route", c.statements+c.seen()+"route(SHOWN);")
	},
	"failure": func(c *functionCase) string {
		return c.route("route", c.asking("t_on_failure")+"route(RELAY);") +
			c.route("failure_route", c.statements+c.seen()+"route(FAILED);")
	},
	"branch-failure": func(c *functionCase) string {
		return c.route("route", c.asking("t_on_branch_failure")+"t_on_failure(\"SHOW\"); route(RELAY);") +
			fmt.Sprintf("event_route[tm:branch-failure:%s] {\n%s%s}\n", c.id, c.statements, c.kept())
	},
	// Nowhere: whether a server takes the script at all is what is compared.
	"refused": func(*functionCase) string { return "" },
	// In the core's reply_route, onsend_route and event_route[tm:local-request], of which there is one each.
	"reply":         func(c *functionCase) string { return c.route("route", "route(RELAY);") },
	"onsend":        func(c *functionCase) string { return c.route("route", "t_on_reply(\"SHOW\"); route(RELAY);") },
	"local-request": func(c *functionCase) string { return c.route("route", "route(LOCAL);") },
}

func (c *functionCase) route(kind, body string) string {
	return fmt.Sprintf("%s[%s] { # %s\n%s\n}\n", kind, c.id, c.line, body)
}

func (c *functionCase) asking(function string) string {
	return fmt.Sprintf("%s(\"%s\"); ", function, c.id)
}

// seen keeps what the statements gave for what comes next in the same route.
func (c *functionCase) seen() string {
	return fmt.Sprintf("\n$var(rc) = $rc; pv_printf(\"$var(show)\", \"%s\"); ", c.show)
}

// kept keeps it for the routes that come later.
func (c *functionCase) kept() string {
	return fmt.Sprintf("\n$avp(rc) = $rc; pv_printf(\"$avp(show)\", \"%s\");\n", c.show)
}

// What all cases share. Texts to show are written as hexadecimal digits: they may hold ends of lines.
const sharedRoutes = `
route[ANSWER] {
	append_to_reply("X-Rc: $var(rc)\r\nX-Show: $(var(show){s.encode.hexa})\r\n");
	sl_send_reply("200", "OK");
	exit;
}
route[SHOWN] {
	append_hf("X-Rc: $var(rc)\r\nX-Show: $(var(show){s.encode.hexa})\r\n");
}
route[RELAY] {
	if ($du == $null) $du = "sip:CALLEE";
	if (!t_relay()) sl_reply_error();
	exit;
}
route[FORWARD] {
	if ($du == $null) $du = "sip:CALLEE";
	forward();
	exit;
}
route[FAILED] {
	append_to_reply("X-Rc: $var(rc)\r\nX-Show: $(var(show){s.encode.hexa})\r\n");
	t_reply("480", "Failed");
	exit;
}
route[LOCAL] {
	t_uac_send("OPTIONS", "sip:CALLEE", "", "", "From: <sip:us@us.test>;tag=1\r\nTo: <sip:callee@us.test>\r\nX-Case: $var(case)\r\n", "");
	sl_send_reply("200", "OK");
	exit;
}
onreply_route[SHOW] {
	append_hf("X-Rc: $avp(rc)\r\nX-Show: $(avp(show){s.encode.hexa})\r\n");
}
failure_route[SHOW] {
	append_to_reply("X-Rc: $avp(rc)\r\nX-Show: $(avp(show){s.encode.hexa})\r\n");
	t_reply("480", "Failed");
}
request_route {
	if ($ci =~ "^are-you-there") {
		sl_send_reply("200", "OK");
		exit;
	}
	if ($hdr(X-Harness) != $null) {
		t_check_trans();
		exit;
	}
	$var(case) = $(ci{s.select,0,@});
	route($var(case));
}
`

// baseModules are loaded always, in an order that suits their dependencies; the files of other modules load them.
var baseModules = []string{"tm", "sl", "tmx", "rr", "pv", "textops", "siputils", "xlog", "kex", "corex", "usrloc"}

// caseScript makes the script. Cases that one of the servers shall refuse are not in it.
func caseScript(files []*caseFile) string {
	var out strings.Builder
	out.WriteString("#!KAMAILIO\nserver_signature=no\ndebug=0\nlog_stderror=yes\n")
	loaded := map[string]bool{"core": true}
	load := func(module string) {
		if !loaded[module] {
			loaded[module] = true
			fmt.Fprintf(&out, "loadmodule \"%s.so\"\n", module)
		}
	}
	for _, module := range baseModules {
		load(module)
	}
	for _, module := range []string{"registrar", "maxfwd", "sanity", "textopsx", "cfgutils", "htable",
		"path", "uac", "sdpops", "ipops", "permissions", "pike", "avpops", "counters", "statistics", "rtimer", "acc"} {
		for _, file := range files {
			if file.module == module {
				load(module)
			}
		}
	}
	for _, file := range files {
		out.WriteString(file.top)
	}
	out.WriteString(sharedRoutes)
	single := map[string]*strings.Builder{"reply": {}, "onsend": {}, "local-request": {}}
	for _, file := range files {
		for _, c := range file.cases {
			if c.place == "refused" {
				continue
			}
			out.WriteString(places[c.place](c))
			if s := single[c.place]; s != nil {
				end := c.seen() + "route(SHOWN);"
				if c.place == "onsend" {
					end = "\n$avp(rc) = $rc;" // here pv_printf may not stand: the statements set $avp(show) themselves
				}
				fmt.Fprintf(s, "\tcase \"%s\": # %s\n%s%s\n\tbreak;\n", c.id, c.line, c.statements, end)
			}
		}
	}
	for place, title := range map[string]string{"reply": "reply_route", "onsend": "onsend_route", "local-request": "event_route[tm:local-request]"} {
		if cases := single[place].String(); cases != "" {
			subject := "$(ci{s.select,0,@})"
			if place == "local-request" {
				subject = "$hdr(X-Case)"
			}
			fmt.Fprintf(&out, "%s {\n\tswitch (%s) {\n%s\t}\n\treturn 1;\n}\n", title, subject, cases)
		}
	}
	return out.String()
}
