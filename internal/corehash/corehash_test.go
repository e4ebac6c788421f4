package corehash

import "testing"

// What Kamailio 5.6.3 gives (dispatcher.hash).
func TestSum(t *testing.T) {
	for _, test := range []struct {
		texts []string
		want  uint32
	}{
		{[]string{"abc"}, 7167810},
		{[]string{"abcdefgh"}, 3610933276},
		{[]string{"bob", "example.test"}, 1671489006},
		{[]string{"alice", "example.test:5070"}, 232446201},
		{[]string{"c1@example.test"}, 1227062895},
		{[]string{"ABC"}, 4814211},
		{[]string{""}, 0},
	} {
		if got := Sum(test.texts...); got != test.want {
			t.Errorf("%q: %d, want %d", test.texts, got, test.want)
		}
	}
}
