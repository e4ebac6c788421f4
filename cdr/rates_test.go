package cdr

import (
	"strings"
	"testing"
)

const rateTable = `# what calls cost
prefix,per_minute,increments,fee,currency
49,0.019,60/1,0,EUR
4915,0.0925,1/1,0.05,EUR
+1,0.01,6/6,0,USD
*,0,1/1,0.5,EUR
,0.25,60/60,0.10,EUR
`

func readTable(t *testing.T) *Rates {
	t.Helper()
	rates, err := ReadRates(strings.NewReader(rateTable))
	if err != nil {
		t.Fatal(err)
	}
	return rates
}

func TestPrice(t *testing.T) {
	rates := readTable(t)
	for _, test := range []struct {
		dialled string
		state   State
		length  Milliseconds
		want    Price
	}{
		{"sip:4930123@gw.test", Ended, 1, Price{"0.0190", "EUR", "49", 60}},          // the first increment
		{"sip:4930123@gw.test", Ended, 60_000, Price{"0.0190", "EUR", "49", 60}},     // exactly
		{"sip:4930123@gw.test", Ended, 60_001, Price{"0.0193", "EUR", "49", 61}},     // 0.0193166…
		{"sip:4930123@gw.test", Ended, 0, Price{"0.0190", "EUR", "49", 60}},          // answered is answered
		{"sip:4915123@gw.test", Ended, 30_000, Price{"0.0963", "EUR", "4915", 30}},   // 0.09625: a half, away from zero
		{"sip:4915123@gw.test", Ended, 12_345, Price{"0.0700", "EUR", "4915", 13}},   // 0.0700416…
		{"sip:4915@gw.test", Ended, 1_000, Price{"0.0515", "EUR", "4915", 1}},        // the whole number is the prefix
		{"sip:491@gw.test", Ended, 1_000, Price{"0.0190", "EUR", "49", 60}},          // shorter than the longest prefix
		{"sip:+4930123@gw.test", Ended, 1_000, Price{"0.0190", "EUR", "49", 60}},     // "+" does not count
		{"sip:+49-30.(123)@gw.test", Ended, 1_000, Price{"0.0190", "EUR", "49", 60}}, // nor do separators
		{"tel:+1-201-555-0123", Ended, 6_001, Price{"0.0020", "USD", "1", 12}},
		{"sip:*43@gw.test", Ended, 5_000, Price{"0.5000", "EUR", "*", 5}},
		{"sip:bob@gw.test", Ended, 61_000, Price{"0.6000", "EUR", "", 120}},
		{"sip:%34%39@gw.test", Ended, 61_000, Price{"0.0193", "EUR", "49", 61}}, // escaped digits
		{"sip:gw.test", Ended, 61_000, Price{"0.6000", "EUR", "", 120}},
		{"sip:4930123@gw.test", Refused, 0, Price{"0.0000", "EUR", "49", 0}},
		{"sip:4915123@gw.test", Cancelled, 0, Price{"0.0000", "EUR", "4915", 0}}, // no fee without an answer
	} {
		got := rates.Price(&Record{Dialled: test.dialled, State: test.state, Duration: test.length})
		if got == nil || *got != test.want {
			t.Errorf("%s, %v, %v: got %+v, want %+v", test.dialled, test.state, test.length, got, test.want)
		}
	}
}

func TestNoPrice(t *testing.T) {
	onlyGermany, err := ReadRates(strings.NewReader("prefix,per_minute,increments,fee,currency\n49,1,1/1,0,EUR\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []Record{
		{Dialled: "sip:4930@gw.test", State: Answered, Duration: Unknown},
		{Dialled: "sip:4930@gw.test", State: Ended, Duration: Unknown},
		{Dialled: "sip:44@gw.test", State: Ended, Duration: 1000},
		{Dialled: "sip:bob@gw.test", State: Ended, Duration: 1000},
		{Dialled: "", State: Partial, Duration: Unknown},
	} {
		if p := onlyGermany.Price(&r); p != nil {
			t.Errorf("%+v costs %+v", r, p)
		}
	}
}

func TestRatesSayWhatIsWrong(t *testing.T) {
	const header = "prefix,per_minute,increments,fee,currency\n"
	for _, test := range []struct{ text, want string }{
		{"", "line 1, column 1: expected the header line prefix,per_minute,increments,fee,currency"},
		{"prefix,price\n", `line 1, column 8: expected one of the columns prefix, per_minute, increments, fee, currency, not "price"`},
		{"prefix,prefix\n", `line 1, column 8: expected each column once, "prefix" stands there twice`},
		{"prefix,per_minute,increments,fee\n", "line 1, column 30: expected a column currency too"},
		{header + "49,0.01,60/1,0\n", "line 2, column 14: expected 5 fields in this line, not 4"},
		{header + "49,0.01,60/1,0,EUR,x\n", "line 2, column 16: expected 5 fields in this line, not 6"},
		{header + "49,0,01,60/1,0,EUR\n", "line 2, column 14: expected 5 fields in this line, not 6"},
		{header + "4a,0.01,60/1,0,EUR\n", `line 2, column 1: expected a prefix of digits, * and #, not "4a"`},
		{header + "+,0.01,60/1,0,EUR\n", `line 2, column 1: expected a prefix of digits, * and #, not "+"`},
		{header + "49,-0.01,60/1,0,EUR\n", `line 2, column 4: expected a price like 0.019, not "-0.01"`},
		{header + "49,1e9,60/1,0,EUR\n", `line 2, column 4: expected a price like 0.019, not "1e9"`},
		{header + "49,1/3,60/1,0,EUR\n", `line 2, column 4: expected a price like 0.019, not "1/3"`},
		{header + "49,.5,60/1,0,EUR\n", `line 2, column 4: expected a price like 0.019, not ".5"`},
		{header + "49,0.1234567890123456789,60/1,0,EUR\n", `line 2, column 4: expected a price like 0.019, not "0.1234567890123456789"`},
		{header + "49,0.01,60,0,EUR\n", `line 2, column 9: expected increments in seconds like 60/1 or 1/1, not "60"`},
		{header + "49,0.01,60/0,0,EUR\n", `line 2, column 9: expected increments in seconds like 60/1 or 1/1, not "60/0"`},
		{header + "49,0.01,60/1,,EUR\n", `line 2, column 14: expected a fee like 0.05, or 0, not ""`},
		{header + "49,0.01,60/1,0,eur\n", `line 2, column 16: expected a currency like EUR, not "eur"`},
		{header + "49,0.01,60/1,0,EUR\n# again\n+49,0.02,60/1,0,EUR\n", `line 4, column 1: expected each prefix once, "49" stands in line 2 too`},
		{header + "\"49,0.01,60/1,0,EUR\n", `line 2, column 21: expected a closing quote, and a comma or the end of the line behind it; a quote inside is written ""`},
		{header + "4\"9,0.01,60/1,0,EUR\n", "line 2, column 2: expected a field without quotes inside, or in quotes with those inside doubled"},
	} {
		_, err := ReadRates(strings.NewReader(test.text))
		if err == nil || err.Error() != test.want {
			t.Errorf("%q:\ngot  %v\nwant %s", test.text, err, test.want)
		}
	}
}

func TestRatesFromASpreadsheet(t *testing.T) {
	rates, err := ReadRates(strings.NewReader("\ufeffCurrency,Prefix,Fee,Per_Minute,Increments\r\n\"EUR\", 49 ,0,\"0.019\",60/1\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if rate := rates.Find("4930"); rate == nil || rate.First != 60 || rate.PerMinute.RatString() != "19/1000" {
		t.Errorf("%+v", rate)
	}
}
