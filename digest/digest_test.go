package digest

import (
	"errors"
	"strings"
	"testing"
)

func TestParseChallenge(t *testing.T) {
	for _, test := range []struct {
		value string
		want  Challenge
		err   error
	}{
		{`Digest realm="atlanta.test", nonce="n"`, Challenge{Realm: "atlanta.test", Nonce: "n"}, nil},
		{`digest  REALM="a, b", Nonce="x=y" , qop="auth,auth-int",opaque="",stale=TRUE, algorithm=sha-256, domain="sip:a"`,
			Challenge{Realm: "a, b", Nonce: "x=y", QOP: Auth | AuthInt, hasOpaque: true, Stale: true, Algorithm: SHA256, named: true}, nil},
		{`Digest realm="a \"b\"", nonce="n", algorithm="MD5-sess", qop=auth-int`, Challenge{Realm: `a \"b\"`, Nonce: "n", Algorithm: MD5Session, named: true, QOP: AuthInt}, nil},
		{`Digest realm="", nonce="n", qop="new, auth"`, Challenge{Nonce: "n", QOP: Auth}, nil},
		{`Digest realm="r", nonce="n", algorithm=SHA-512-256-sess`, Challenge{Realm: "r", Nonce: "n", Algorithm: SHA512256Session, named: true}, nil},
		{"Digest realm=\"r\",\r\n nonce=\"n\"", Challenge{Realm: "r", Nonce: "n"}, nil},
		{`Basic realm="r"`, Challenge{}, ErrScheme},
		{``, Challenge{}, ErrScheme},
		{`Digest`, Challenge{}, ErrChallenge},
		{`Digest realm="r"`, Challenge{Realm: "r"}, ErrChallenge},
		{`Digest nonce="n"`, Challenge{Nonce: "n"}, ErrChallenge},
		{`Digest realm`, Challenge{}, ErrChallenge},
		{`Digest realm="r", nonce="n", algorithm=SHA3`, Challenge{Realm: "r", Nonce: "n"}, ErrAlgorithm},
		{`Digest realm="r", nonce="n", qop="other"`, Challenge{Realm: "r", Nonce: "n"}, ErrQOP},
	} {
		if got, err := ParseChallenge(test.value); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s:\ngot  %+v, %v\nwant %+v, %v", test.value, got, err, test.want, test.err)
		}
	}
}

// The examples of RFC 2617 section 3.5 and RFC 7616 section 3.9, and answers of
// Kamailio 5.6.3 to challenges.
func TestAnswer(t *testing.T) {
	mufasa := User{Name: "Mufasa", Password: "Circle of Life"}
	index := Request{Method: "GET", URI: "/dir/index.html"}
	user := User{Name: "user", Password: "pass"}
	invite := Request{Method: "INVITE", URI: "sip:bob@127.0.0.42"}
	for _, test := range []struct {
		name      string
		challenge string
		user      User
		request   Request
		cnonce    string
		want      string
	}{
		{"RFC 2617", `Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`,
			User{Name: "Mufasa", Password: "Circle Of Life"}, index, "0a4f113b", `response="6629fae49393a05397450978507c4ef1"`},
		{"RFC 7616, MD5", `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
			mufasa, index, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", `response="8ca523f5e9506fed4657c9700eebdbec"`},
		{"RFC 7616, SHA-256", `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
			mufasa, index, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", `response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"`},
		{"Kamailio, without qop", `Digest realm="r1", nonce="n1"`, user, invite, "c",
			`Digest username="user", realm="r1", nonce="n1", uri="sip:bob@127.0.0.42", response="9ed6938c3efb9e10bb20aef78943dba1"`},
		{"Kamailio, with qop", `Digest realm="r1", nonce="n1", qop="auth", opaque="op", algorithm=MD5`, user, invite, "25606",
			`Digest username="user", realm="r1", nonce="n1", uri="sip:bob@127.0.0.42", opaque="op", qop=auth, nc=00000001, cnonce="25606", response="6604e0f62d933d0d8b350195f3cb5870", algorithm=MD5`},
		{"a hash in place of the password", `Digest realm="r1", nonce="n1"`, User{Name: "user", HA1: strings.ToUpper(MD5.Hash("user", "r1", "pass"))}, invite, "c",
			`response="9ed6938c3efb9e10bb20aef78943dba1"`},
		{"auth-int", `Digest realm="r", nonce="n", qop="auth-int"`, user, Request{"INFO", "sip:x.test", "body"}, "c",
			`response="` + MD5.Hash(MD5.Hash("user", "r", "pass"), "n", "00000001", "c", "auth-int", MD5.Hash("INFO", "sip:x.test", MD5.Hash("body"))) + `"`},
		{"a session", `Digest realm="r", nonce="n", algorithm=MD5-sess`, user, invite, "c",
			`cnonce="c", response="` + MD5.Hash(MD5.Hash(MD5.Hash("user", "r", "pass"), "n", "c"), "n", MD5.Hash("INVITE", invite.URI)) + `", algorithm=MD5-sess`},
		{"quotes in a name", `Digest realm="r", nonce="n"`, User{Name: `a"b\`}, invite, "c", `username="a\"b\\"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := ParseChallenge(test.challenge)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := c.Answer(test.user, test.request, test.cnonce, 1)
			if err != nil || !strings.Contains(answer, test.want) {
				t.Errorf("got  %s, %v\nwant %s", answer, err, test.want)
			}
		})
	}
}

func TestAnswerRefusesAHashOfAnotherAlgorithm(t *testing.T) {
	c, _ := ParseChallenge(`Digest realm="r", nonce="n", algorithm=SHA-256`)
	if _, err := c.Answer(User{Name: "u", HA1: MD5.Hash("x")}, Request{}, "c", 1); !errors.Is(err, ErrAlgorithm) {
		t.Error(err)
	}
}

func FuzzParseChallenge(f *testing.F) {
	for _, seed := range []string{
		`Digest realm="a, b", nonce="x=y" , qop="auth,auth-int",opaque="",stale=TRUE, algorithm=sha-256`,
		`Digest realm="a \"b\"", nonce="n"`, `Basic x`, `Digest realm="`, "Digest\r\n realm=\"r\", nonce=n,,", `Digest =`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		c, err := ParseChallenge(value)
		if err != nil {
			return
		}
		answer, err := c.Answer(User{Name: "u", Password: "p"}, Request{Method: "INVITE", URI: "sip:x.test"}, "c", 1)
		if err != nil {
			t.Fatal(err)
		}
		// What stands in the answer is what stood in the challenge.
		if again, err := ParseChallenge(answer); err != nil || again.Realm != c.Realm || again.Nonce != c.Nonce || again.Opaque != c.Opaque {
			t.Errorf("%q becomes %q: %+v, %v", value, answer, again, err)
		}
	})
}
