// Price: what one call costs.
package cdr

import (
	"math/big"

	"viaduct/sip"
)

// Decimals are the decimals of an amount.
const Decimals = 4

// Price is what a call costs.
type Price struct {
	Amount   string `json:"amount"` // "0.0190", rounded once to Decimals, halves away from zero
	Currency string `json:"currency"`
	Prefix   string `json:"prefix"`  // of the rate
	Seconds  int64  `json:"seconds"` // that are charged
}

// Price gives the price of a call by the number dialled. A call that was not
// answered costs nothing. It is nil when there is no price to tell: no rate is
// for the number, or the length is not known.
func (rates *Rates) Price(r *Record) *Price {
	rate := rates.Find(numberOf(r.Dialled))
	if rate == nil || r.Duration == Unknown || r.Dialled == "" {
		return nil
	}
	p := &Price{Currency: rate.Currency, Prefix: rate.Prefix}
	amount := new(big.Rat)
	if r.State == Ended {
		p.Seconds = rate.Seconds(r.Duration)
		amount = rate.Amount(p.Seconds)
	}
	p.Amount = amount.FloatString(Decimals)
	return p
}

// Seconds gives the seconds that are charged for a length: it is rounded up to
// the second, then to the increments.
func (rate *Rate) Seconds(length Milliseconds) int64 {
	seconds := (int64(length) + 999) / 1000
	if seconds <= rate.First {
		return rate.First
	}
	steps := (seconds - rate.First + rate.Step - 1) / rate.Step
	return rate.First + steps*rate.Step
}

// Amount gives the exact price of seconds that are charged.
func (rate *Rate) Amount(seconds int64) *big.Rat {
	amount := new(big.Rat).Mul(rate.PerMinute, big.NewRat(seconds, 60))
	return amount.Add(amount, rate.Fee)
}

// numberOf gives the user part of a URI, the number of a tel URI.
func numberOf(uri string) string {
	u, err := sip.ParseURI(uri)
	if err != nil {
		return ""
	}
	return sip.Unescape(u.User)
}
