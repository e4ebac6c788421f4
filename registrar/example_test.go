package registrar_test

import (
	"fmt"
	"strings"
	"time"

	"viaduct/location"
	"viaduct/registrar"
	"viaduct/sip"
	"viaduct/wire"
)

func Example() {
	const text = "REGISTER sip:biloxi.test SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKnashds7\r\n" +
		"From: <sip:bob@biloxi.test>;tag=a73kszlfl\r\n" +
		"To: <sip:bob@biloxi.test>\r\n" +
		"Call-ID: 1j9FpLxk3uxtm8tn@biloxi.test\r\n" +
		"CSeq: 1 REGISTER\r\n" +
		"Contact: <sip:bob@127.0.0.1:5070>;q=0.7\r\n\r\n"
	m, err := sip.Parse(text)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := registrar.New(registrar.DefaultConfig(), location.New())
	now := time.Unix(0, 0)
	result := r.Save(m, wire.Flow{Transport: wire.UDP}, now, registrar.SaveOptions{})
	fmt.Println(result.Status, result.Changed)
	fmt.Println(strings.TrimSpace(result.Fields))

	targets, found := r.Lookup("sip:bob@biloxi.test", "INVITE", now)
	fmt.Println(found == registrar.Found, targets[0].URI, targets[0].Q)
	// Output:
	// 200 inserted
	// Contact: <sip:bob@127.0.0.1:5070>;q=0.7;expires=3600
	// true sip:bob@127.0.0.1:5070 700
}
